/** In what servers differ. */
export interface CaldavHabits {
  /** Whether it knows `sync-collection` (RFC 6578); without it, clients compare tags. */
  syncCollection: boolean;
  /** What it does with a token that it does not know: the RFC's refusal, a bare status, or a list of everything. */
  unknownToken: "valid-sync-token" | 409 | 418 | 500 | "everything";
  /** Changes in one answer; what is more comes after a 507. */
  pageSize: number;
  /** Whether a listing tells of what was made and removed since its token (RFC 6578 §3.5.2). */
  tellsShortLived: boolean;
  /** Whether a PUT is answered with the new ETag. */
  etagOnPut: boolean;
  /** Whether it gives back what it holds of what was written to it (RFC 8144 §2), when it is asked to. */
  returnsText: boolean;
  /** Whether the inbox calls itself a calendar; by the book it is none (RFC 6638 §2.2). */
  inboxIsCalendar: boolean;
  /** Whether the collection itself stands among its changes, as iCloud's does. */
  listsItself: boolean;
  /** Whether PUTs with attendees make it send invitations (RFC 6638), unless they are told not to. */
  schedules: boolean;
  /** What it says when one of the objects that are asked for together is not there: that of this one alone (RFC 4791 §7.9), or of all. */
  missingObject: "of-one" | "of-all";
  /** What it answers to a question for busy times (RFC 4791 §7.10); null where it has no such report. */
  freeBusy: { type: string; text: string } | null;
  /** Whether its answers declare SabreDAV's own namespace, as those of all that is built on it do. */
  isSabre: boolean;
  /** Whether a UID is taken once in the whole account, not once in a calendar, and by what word a second one is refused. */
  uidPerAccount: "no-uid-conflict" | "unique-scheduling-object-resource" | null;
  /** The zone that its calendars name (RFC 4791 §5.2.2); null where they name none. */
  timeZone: string | null;
  /** The precondition by which it refuses every object that is written; null where it refuses none. */
  refuses: string | null;
}

/** A server by the book. */
export const USUAL_HABITS: CaldavHabits = {
  syncCollection: true,
  unknownToken: "valid-sync-token",
  pageSize: 10_000,
  tellsShortLived: true,
  etagOnPut: true,
  returnsText: false,
  inboxIsCalendar: false,
  listsItself: false,
  schedules: false,
  missingObject: "of-one",
  freeBusy: null,
  isSabre: false,
  uidPerAccount: null,
  timeZone: null,
  refuses: null,
};
