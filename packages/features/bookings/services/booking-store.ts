import {
  type BookingAction,
  type BookingActionOutcome,
  type BookingStore,
  type EventSnapshot,
  type LocalItem,
  toSnapshot,
} from "@calsync/calendar-sync";
import { type BookingMail, type MailKind, queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { AttendeeResponse, EventTime } from "@calsync/types";
import {
  findAppliedActions,
  findMany,
  type StoredBooking,
  updateMany,
} from "../repositories/BookingStoreRepository.ts";
import { checkTimes } from "./check-times.ts";
import { toEventTime, toInterval } from "./event-time.ts";

export interface BookingStoreOptions {
  /** How long mails about a change wait for further changes; see `queueBookingMails`. */
  settleMs?: Partial<Record<MailKind, number>>;
}

/**
 * The bookings of this repository as the sync engine sees them. Both methods cost a fixed number of statements: loading one;
 * applying six (what was applied before, the bookings, their update, mails, jobs, webhooks that listen), and
 * two more when some do.
 */
export function createBookingStore({ settleMs }: BookingStoreOptions = {}): BookingStore {
  return {
    async loadItems(tx, bookingIds, options = {}) {
      return (await findMany(tx, bookingIds, options)).map(toItem);
    },
    applyActions: (tx, actions, now) => applyActions(tx, actions, now, settleMs),
    checkTimes,
  };
}

async function applyActions(
  tx: PrismaTransaction,
  actions: readonly BookingAction[],
  now: Date,
  settleMs: BookingStoreOptions["settleMs"],
): Promise<BookingActionOutcome[]> {
  if (actions.length === 0) return [];
  const applied = await findAppliedActions(
    tx,
    actions.map(({ actionId }) => actionId),
  );
  const rows = await findMany(
    tx,
    actions.map(({ bookingId }) => bookingId),
    { lock: true },
  );
  const bookings = new Map(rows.map((row) => [row.id, row]));
  const told = new Map<number, Told>();
  const outcomes = actions.map((action): BookingActionOutcome => {
    const { actionId, bookingId } = action;
    const booking = bookings.get(bookingId);
    if (!booking) {
      return {
        actionId,
        bookingId,
        applied: false,
        refusal: "booking-gone",
        before: NOTHING,
        after: NOTHING,
      };
    }
    const before = snapshotOf(booking);
    const unchanged = { actionId, bookingId, applied: false, before, after: before };
    if (applied.has(actionId)) return { ...unchanged, refusal: "repeated" };
    // The past is left alone (invariant 10).
    if (booking.endTime <= now) return { ...unchanged, refusal: "past-booking" };
    const next = change(booking, action, now);
    if (next === "booking-cancelled") return { ...unchanged, refusal: next };
    if (next === null) return unchanged;
    applied.add(actionId);
    const earlier = told.get(bookingId);
    // One page is one change to people, whatever it consists of.
    const sequence = earlier ? booking.sequence : booking.sequence + 1;
    bookings.set(bookingId, { ...next, sequence });
    const previousTime = earlier?.previousTime ?? timeOf(booking);
    told.set(bookingId, weightier(earlier, { action, kind: MAIL_KINDS[action.kind], previousTime }));
    return { actionId, bookingId, applied: true, before, after: snapshotOf(next) };
  });
  const changed = [...told.keys()].flatMap((id) => bookings.get(id) ?? []);
  await updateMany(tx, changed, now);
  await queueBookingMails(
    tx,
    changed.flatMap((booking) => mailOf(booking, told)),
    { now, ...(settleMs ? { settleMs } : {}) },
  );
  return outcomes;
}

const MAIL_KINDS: Record<BookingAction["kind"], MailKind> = {
  reschedule: "rescheduled",
  "change-details": "changed",
  cancel: "cancelled",
  restore: "restored",
};

/** Of two changes at once, the one that people must hear of first. */
const WEIGHT: readonly MailKind[] = ["changed", "rescheduled", "restored", "cancelled"];

interface Told {
  action: BookingAction;
  kind: MailKind;
  /** When the booking was before the page. */
  previousTime: { start: string; end: string };
}

function timeOf({ startTime, endTime }: StoredBooking): Told["previousTime"] {
  return { start: startTime.toISOString(), end: endTime.toISOString() };
}

function weightier(earlier: Told | undefined, later: Told): Told {
  return earlier && WEIGHT.indexOf(earlier.kind) > WEIGHT.indexOf(later.kind) ? earlier : later;
}

function mailOf(booking: StoredBooking, told: ReadonlyMap<number, Told>): BookingMail[] {
  const change = told.get(booking.id);
  if (!change) return [];
  const { origin } = change.action;
  return [
    {
      bookingId: booking.id,
      kind: change.kind,
      sequence: booking.sequence,
      actor: {
        by: "host",
        name: null,
        via: origin && { calendarName: origin.calendarName, provider: origin.provider },
      },
      ...(change.kind === "rescheduled" ? { previousTime: change.previousTime } : {}),
    },
  ];
}

/** The booking after an action; null when there is nothing to do, or why its state does not allow the action. */
function change(
  booking: StoredBooking,
  action: BookingAction,
  now: Date,
): StoredBooking | "booking-cancelled" | null {
  const active = isActive(booking);
  switch (action.kind) {
    case "reschedule":
      return active ? moved(booking, action.time, action.changedAt) : "booking-cancelled";
    case "change-details":
      return active ? edited(booking, action) : "booking-cancelled";
    case "cancel":
      if (!active) return "booking-cancelled";
      return {
        ...booking,
        status: "CANCELLED",
        cancelledAt: now,
        cancellationReason: action.cancellationReason,
        fieldChangedAt: withStatus(booking, action),
      };
    case "restore": {
      // It stands already: what is left of the wish is the time.
      if (active) return action.time ? moved(booking, action.time, action.changedAt) : null;
      const restored: StoredBooking = {
        ...booking,
        status: "ACCEPTED",
        cancelledAt: null,
        cancellationReason: null,
        // Others may have taken the time meanwhile. The host wants it all the same, and is shown the overlap.
        hostPlaced: true,
        fieldChangedAt: withoutStatus(booking),
      };
      return action.time ? moved(restored, action.time, action.changedAt) : restored;
    }
  }
}

function moved(booking: StoredBooking, time: EventTime, changedAt: string): StoredBooking {
  const { start, end, timeZone } = toInterval(time, booking.timeZone);
  return {
    ...booking,
    startTime: start,
    endTime: end,
    timeZone,
    allDay: time.allDay,
    hostPlaced: true,
    fieldChangedAt: { ...booking.fieldChangedAt, time: changedAt },
  };
}

function edited(
  booking: StoredBooking,
  action: Extract<BookingAction, { kind: "change-details" }>,
): StoredBooking {
  const next = { ...booking, fieldChangedAt: { ...booking.fieldChangedAt } };
  for (const field of ["title", "description", "location"] as const) {
    const value = action[field];
    if (value === undefined) continue;
    next[field] = value;
    next.fieldChangedAt[field] = action.changedAt;
  }
  return next;
}

/** What the host decided here stands against what their calendar says later. */
function withStatus(booking: StoredBooking, { origin, changedAt }: BookingAction): Record<string, string> {
  return origin ? withoutStatus(booking) : { ...booking.fieldChangedAt, status: changedAt };
}

/** `status` tells when the app itself last changed it; a change by sync takes that back. */
function withoutStatus({ fieldChangedAt }: StoredBooking): Record<string, string> {
  const { status: _status, ...others } = fieldChangedAt;
  return others;
}

function toItem(booking: StoredBooking): LocalItem {
  return {
    bookingId: booking.id,
    uid: booking.uid,
    hostId: booking.hostId,
    active: isActive(booking),
    snapshot: snapshotOf(booking),
    changedAt: booking.fieldChangedAt,
    createdAt: booking.createdAt.toISOString(),
    iCalUid: booking.iCalUid,
    sequence: booking.sequence,
  };
}

function isActive({ status }: StoredBooking): boolean {
  return status === "ACCEPTED" || status === "PENDING";
}

function snapshotOf(booking: StoredBooking): EventSnapshot {
  return toSnapshot({
    time: toEventTime(booking),
    title: booking.title,
    description: booking.description,
    location: booking.location,
    attendees: booking.attendees.map(({ email, name, response }) => ({
      email,
      name,
      response: response.toLowerCase().replace("_", "-") as AttendeeResponse,
      optional: false,
    })),
  });
}

/** Stands for a booking that does not exist. */
const NOTHING: EventSnapshot = {
  time: {
    allDay: false,
    start: "1970-01-01T00:00:00.000Z",
    end: "1970-01-01T00:00:00.000Z",
    timeZone: "UTC",
  },
  title: "",
  description: "",
  location: "",
  attendees: [],
};
