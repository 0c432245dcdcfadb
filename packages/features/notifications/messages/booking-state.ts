/** Why a mail about a booking is written. */
export type MailKind =
  | "booked"
  | "rescheduled"
  | "cancelled"
  | "restored"
  | "changed"
  /** The host has added the recipient to an appointment, or taken them off one that stands. */
  | "invited"
  | "uninvited";

/** Who made a change, and where. */
export interface MailActor {
  by: "host" | "guest" | "system";
  /** The guest's name, when a guest did it. */
  name: string | null;
  /** The calendar that the change was made in; null when it was made in the app. */
  via: { calendarName: string; provider: string } | null;
}

/** A change of a booking that people are to be told of. */
export interface BookingMail {
  bookingId: number;
  kind: MailKind;
  /** The booking's sequence with this change: with kind and recipient it makes each mail happen once. */
  sequence: number;
  actor: MailActor;
  /** Addresses of the guests whom it concerns; every guest who holds a seat when left out. */
  guests?: readonly string[];
  /** False when the host is not told. */
  tellsHost?: false;
  /**
   * Set when the series that the booking belongs to was changed as a whole: people get one mail for all of its mails of one
   * page or request. Webhooks are told of each booking all the same.
   */
  seriesId?: string;
  /** When the booking was before this move, as ISO instants; for webhooks. */
  previousTime?: { start: string; end: string };
  /** What the guest wants the host to know, and no other guest. */
  noteToHost?: string;
  /** Kept with the guests' mails, so that the request that caused them can be recognised when it comes again. */
  idempotencyKey?: string;
}

/** What one recipient knows of a booking, or is to know of it. Plain JSON: each mail that was sent keeps what it told. */
export interface BookingState {
  /** True while the recipient is expected. False too for a guest who gave up a seat in an appointment that stands. */
  active: boolean;
  /** ISO instants in UTC. */
  start: string;
  end: string;
  allDay: boolean;
  title: string;
  description: string;
  location: string;
  /** Names of the guests, for the host only; guests are not told of each other. */
  guests: string[];
  /** For a whole series: when its occurrences take place, `start/end`, in order. `start` and `end` are the first one's then. */
  occurrences?: string[];
}

/** What a mail says: one of the kinds, or to a host that the guests of a shared appointment are others now. */
export type Message = MailKind | "guests-changed" | "occurrences-cancelled";

/**
 * What to tell a recipient who knows `told`, so that they know `current`. A flurry of changes ends in one mail about where it
 * ended, whatever happened in between; null when it ended where it began.
 *
 * @param told what the last mail that was sent has told; null when there was none
 * @param changes the changes since, newest first; they count for bookings that came to be without a mail
 */
export function messageFor(
  told: BookingState | null,
  current: BookingState,
  changes: readonly MailKind[],
): Message | null {
  if (told === null) {
    if (!current.active) return goneMessage(changes);
    if (changes.includes("invited")) return "invited";
    if (changes.includes("booked")) return "booked";
    return changes.find((change) => change !== "cancelled" && change !== "uninvited") ?? "booked";
  }
  if (!current.active) return told.active ? goneMessage(changes) : null;
  if (!told.active) return changes.includes("invited") ? "invited" : "restored";
  if (told.occurrences && current.occurrences && told.occurrences.join() !== current.occurrences.join()) {
    const known = new Set(told.occurrences);
    return current.occurrences.every((one) => known.has(one)) ? "occurrences-cancelled" : "rescheduled";
  }
  if (told.start !== current.start || told.end !== current.end || told.allDay !== current.allDay) {
    return "rescheduled";
  }
  if (changedDetails(told, current).length > 0) return "changed";
  return told.guests.join("\n") === current.guests.join("\n") ? null : "guests-changed";
}

/** What to tell somebody who is not expected any more: that all of it is off, or that they need not come. */
function goneMessage(changes: readonly MailKind[]): Message {
  return changes.find((change) => change === "cancelled" || change === "uninvited") ?? "cancelled";
}

/** The details in which two states differ. */
export function changedDetails(
  told: BookingState,
  current: BookingState,
): ("title" | "location" | "description")[] {
  return (["title", "location", "description"] as const).filter((field) => told[field] !== current[field]);
}
