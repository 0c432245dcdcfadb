import type { PrismaTransaction } from "@calsync/prisma";
import type { EventTime, InstantString } from "@calsync/types";
import type { TimeFacts } from "../engine/guards.ts";
import type { ReasonCode } from "../engine/reasons.ts";
import type { EventSnapshot, SnapshotAttendee, SnapshotField } from "../engine/snapshot.ts";
import type { TemplateSubject } from "../engine/template.ts";

/** A booking, or a host's own entry, as the engine sees it. */
export interface LocalItem {
  bookingId: number;
  uid: string;
  hostId: number;
  /** True while the appointment stands (accepted or pending). */
  active: boolean;
  snapshot: EventSnapshot;
  /**
   * When each field was last changed, on our side or by sync; missing means: not since it was made. `status` is set only
   * while the app itself made the last change of status: a booking that sync cancelled has none, and so may be
   * brought back when its event is.
   */
  changedAt: Partial<Record<SnapshotField | "status", InstantString>>;
  createdAt: InstantString;
  iCalUid: string;
  /** iTIP SEQUENCE. */
  sequence: number;
  /** The reason of the action that cancelled it, while it is cancelled and people have not had a hand in it. */
  cancelledFor?: ReasonCode | null;
  /** What templates of titles and descriptions may name beside the fields. */
  about?: TemplateSubject;
  /** The series that it is an occurrence of, and its place there: the start that the series' rule gives it. */
  series?: { id: string; originalStart: string } | null;
}

/** A recurring booking as the engine sees it: what its occurrences have in common. */
export interface LocalSeries {
  seriesId: string;
  hostId: number;
  /** False once the series as a whole was cancelled. */
  active: boolean;
  title: string;
  description: string;
  location: string;
  /** The first occurrence as the rule gives it; the local time of its zone is what repeats. */
  time: EventTime;
  /** RRULE, RDATE and EXDATE lines. */
  recurrence: string[];
  /** As LocalItem.changedAt; a changed rule counts as a changed time. */
  changedAt: LocalItem["changedAt"];
  createdAt: InstantString;
  iCalUid: string;
  sequence: number;
}

/** What sync asks of a series, beside the actions on its occurrences. */
export interface SeriesChange {
  seriesId: string;
  /** New values; a missing member stays. With `splitFrom`: where the new series differs from the one it comes from. */
  set: Partial<Pick<LocalSeries, "title" | "description" | "location" | "time" | "recurrence" | "active">>;
  /** When it was changed out there; null leaves the fields' times of change as they are. */
  changedAt: InstantString | null;
  /** Makes the series first, as a copy of this one, with a UID of its own. */
  splitFrom?: string;
  /** Places of occurrences in the series; those of another series move into it. */
  slots: readonly { bookingId: number; originalStart: string }[];
  /** Occurrences that stand alone from now on. */
  leaving: readonly number[];
}

/** The part of a booking store that knows recurring bookings. */
export interface SeriesStore {
  /** Loads series by id, with `lock` for the rest of the transaction; unknown ids are left out. One statement. */
  load(
    tx: PrismaTransaction,
    seriesIds: readonly string[],
    options?: { lock?: boolean },
  ): Promise<LocalSeries[]>;
  /** Carries changes out; doing the same twice changes nothing. A fixed number of statements. */
  change(tx: PrismaTransaction, changes: readonly SeriesChange[], now: Date): Promise<void>;
}

interface ActionBase {
  /** Names the effect for ever: applying the same id a second time changes nothing. */
  actionId: string;
  bookingId: number;
  reason: ReasonCode;
  /** When the change was made out there, by the provider's clock where it tells one; becomes the field's time of change. */
  changedAt: InstantString;
  /** Set when the series as a whole was changed: its people are told once for all of its occurrences. */
  seriesId?: string;
  /** The calendar that the change came from; null for what the host decided here (an answer to a question, an undo). */
  origin: { calendarSyncId: string; calendarName: string; provider: string } | null;
}

/** What sync asks of a booking. At most one action of each kind per booking and page. */
export type BookingAction =
  /** The host has chosen this time in their calendar: it may overlap other bookings and lie outside their hours. */
  | (ActionBase & { kind: "reschedule"; time: EventTime })
  | (ActionBase & { kind: "change-details"; title?: string; description?: string; location?: string })
  /**
   * `attendees` is everyone who is expected afterwards; the rest says what is different. Those who are new take no seat and
   * are invited; a seat of somebody who is taken off is free again, and they alone are told; answers are told to nobody.
   */
  | (ActionBase & {
      kind: "change-attendees";
      attendees: SnapshotAttendee[];
      added: SnapshotAttendee[];
      /** Addresses in lower case. */
      removed: string[];
      /** Those whose answer, or whose being optional, is new. */
      changed: SnapshotAttendee[];
    })
  | (ActionBase & { kind: "cancel"; cancellationReason: string })
  /** Brings a cancelled booking back, at `time` when given; with `ifFree`, only where no other booking has its time. */
  | (ActionBase & { kind: "restore"; time?: EventTime; ifFree?: true });

/** What became of one action in the store. */
export interface BookingActionOutcome {
  actionId: string;
  bookingId: number;
  /** False when the action id was applied before, or when the booking's state did not allow it. */
  applied: boolean;
  refusal?: "booking-gone" | "booking-cancelled" | "past-booking" | "time-taken" | "repeated";
  /** The booking around the action; of a repeated one, around its first time where the store remembers, else as it is. */
  before: EventSnapshot;
  after: EventSnapshot;
}

/**
 * Where bookings live. The bookings feature of this repository is one implementation; a product team hands in its own.
 * Both methods run inside the engine's transaction and cost a fixed number of statements, however many rows.
 */
export interface BookingStore {
  /** Left out by a store that has no recurring bookings. */
  series?: SeriesStore;
  /**
   * Loads bookings by id; unknown ids are left out. With `lock`, the rows stay locked until the transaction ends
   * (`FOR NO KEY UPDATE`, in order of id), so that what was planned on them still holds when it is applied.
   */
  loadItems(
    tx: PrismaTransaction,
    bookingIds: readonly number[],
    options?: { lock?: boolean },
  ): Promise<LocalItem[]>;
  /**
   * Applies the actions and causes what doing the same by hand causes (mails, webhooks) as jobs of the same
   * transaction. It must not push to calendars: the engine does.
   */
  applyActions(
    tx: PrismaTransaction,
    actions: readonly BookingAction[],
    now: Date,
  ): Promise<BookingActionOutcome[]>;
  /**
   * What is known of times that bookings are about to be moved to; called for pages that move bookings, at a fixed number of
   * statements. Bookings of the list count where they are going to be, those of `leaving` not at all. Bookings for which
   * nothing is to be told are left out. A store that knows no hours and no overlaps has no such method.
   */
  checkTimes?(
    tx: PrismaTransaction,
    moves: readonly { bookingId: number; time: EventTime }[],
    leaving: readonly number[],
  ): Promise<(TimeFacts & { bookingId: number })[]>;
}
