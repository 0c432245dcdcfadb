import {
  type BookingAction,
  type BookingActionOutcome,
  type BookingStore,
  type EventSnapshot,
  type LocalItem,
  type ReasonCode,
  toSnapshot,
} from "@calsync/calendar-sync";
import { type BookingMail, type MailKind, queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { AttendeeResponse } from "@calsync/types";
import {
  findAppliedActions,
  findMany,
  findTaken,
  type StoredBooking,
  updateMany,
  writeAttendees,
} from "../repositories/BookingStoreRepository.ts";
import { applyAction, isActive } from "./apply-action.ts";
import { checkTimes } from "./check-times.ts";
import { toEventTime } from "./event-time.ts";
import { seriesThatTell } from "./series-news.ts";

/** How bookings behave when sync changes them. */
export interface BookingStoreOptions {
  /** How long mails about a change wait for further changes; see `queueBookingMails`. */
  settleMs?: Partial<Record<MailKind, number>>;
  /** Where the host of a booking sees it, for events that name it; none when left out. */
  hostLink?: (uid: string) => string;
}

/**
 * The bookings of this repository as the sync engine sees them. Both methods cost a fixed number of statements: loading one;
 * applying six (what was applied before, the bookings, their update, mails, jobs, webhooks that listen), one more each when
 * attendees change and when something is restored only where it is free, and two more when webhooks listen.
 */
export function createBookingStore({ settleMs, hostLink }: BookingStoreOptions = {}): BookingStore {
  return {
    async loadItems(tx, bookingIds, options = {}) {
      return (await findMany(tx, bookingIds, options)).map((row) => toItem(row, hostLink));
    },
    applyActions: (tx, actions, now) => applyActions(tx, actions, now, settleMs),
    checkTimes,
    series: seriesThatTell(settleMs),
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
  const taken = await findTaken(
    tx,
    actions.flatMap((one) => (one.kind === "restore" && one.ifFree ? [one.bookingId] : [])),
  );
  const told = new Map<number, Told>();
  const changed = new Set<number>();
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
    if (action.kind === "restore" && action.ifFree && taken.has(bookingId))
      return { ...unchanged, refusal: "time-taken" };
    const next = applyAction(booking, action, now);
    if (next === "booking-cancelled") return { ...unchanged, refusal: next };
    if (next === null) return unchanged;
    applied.add(actionId);
    changed.add(bookingId);
    const earlier = told.get(bookingId);
    const news = toldWith(earlier, action, booking, next);
    if (news) told.set(bookingId, news);
    // One page is one change to people, whatever it consists of; an answer is none.
    const sequence = news && !earlier ? booking.sequence + 1 : booking.sequence;
    bookings.set(bookingId, { ...next, sequence });
    return { actionId, bookingId, applied: true, before, after: snapshotOf(next) };
  });
  const after = [...changed].flatMap((id) => bookings.get(id) ?? []);
  const before = new Map(rows.map((row) => [row.id, row]));
  await updateMany(tx, after, freedSeats(before, after), now);
  await writeAttendees(tx, changedAttendees(before, after));
  await queueBookingMails(
    tx,
    after.flatMap((booking) => mailsOf(booking, told)),
    { now, ...(settleMs ? { settleMs } : {}) },
  );
  return outcomes;
}

/** How many seats of each booking are free again. */
function freedSeats(
  before: ReadonlyMap<number, StoredBooking>,
  after: readonly StoredBooking[],
): Map<number, number> {
  const held = (booking: StoredBooking | undefined) =>
    booking?.attendees.filter(({ seat }) => seat).length ?? 0;
  return new Map(after.map((booking) => [booking.id, held(before.get(booking.id)) - held(booking)]));
}

/** Attendees that are new or not what they were. */
function changedAttendees(before: ReadonlyMap<number, StoredBooking>, after: readonly StoredBooking[]) {
  return after.flatMap(({ id, timeZone, attendees }) => {
    const known = new Set(before.get(id)?.attendees);
    return attendees.filter((one) => !known.has(one)).map((one) => ({ ...one, bookingId: id, timeZone }));
  });
}

const MAIL_KINDS: Record<Exclude<BookingAction["kind"], "change-attendees">, MailKind> = {
  reschedule: "rescheduled",
  "change-details": "changed",
  cancel: "cancelled",
  restore: "restored",
};

/** Of two changes at once, the one that people must hear of first. */
const WEIGHT: readonly MailKind[] = ["changed", "rescheduled", "restored", "cancelled"];

/** What people are to be told of one booking's part of a page. */
interface Told {
  action: BookingAction;
  /** What everyone is told; null when only those who come or go are. */
  kind: MailKind | null;
  /** Addresses of those who were added and whom nobody else has invited, and of those who were taken off. */
  invited: readonly string[];
  uninvited: readonly string[];
  /** When the booking was before the page. */
  previousTime: { start: string; end: string };
}

function timeOf({ startTime, endTime }: StoredBooking): Told["previousTime"] {
  return { start: startTime.toISOString(), end: endTime.toISOString() };
}

/** What is to be told with this action too; undefined when nothing is, as of an answer. */
function toldWith(
  earlier: Told | undefined,
  action: BookingAction,
  before: StoredBooking,
  after: StoredBooking,
): Told | undefined {
  const told = earlier ?? {
    action,
    kind: null,
    invited: [],
    uninvited: [],
    previousTime: timeOf(before),
  };
  if (action.kind === "change-attendees") {
    const { added, removed } = action;
    if (added.length + removed.length === 0) return earlier;
    const invited = added.filter(({ invitedByCalendar }) => !invitedByCalendar);
    return { ...told, invited: invited.map(({ email }) => email), uninvited: removed };
  }
  const kind = kindOf(action, before, after);
  const outweighed = told.kind !== null && WEIGHT.indexOf(told.kind) > WEIGHT.indexOf(kind);
  return outweighed ? told : { ...told, action, kind };
}

/** Another zone for the same stretch is no move: nobody has to come at another time. */
function kindOf(
  { kind }: Exclude<BookingAction, { kind: "change-attendees" }>,
  before: StoredBooking,
  after: StoredBooking,
): MailKind {
  const stays =
    before.startTime.getTime() === after.startTime.getTime() &&
    before.endTime.getTime() === after.endTime.getTime() &&
    before.allDay === after.allDay;
  return kind === "reschedule" && stays ? "changed" : MAIL_KINDS[kind];
}

function mailsOf(booking: StoredBooking, told: ReadonlyMap<number, Told>): BookingMail[] {
  const news = told.get(booking.id);
  if (!news) return [];
  const { origin } = news.action;
  const mail = {
    bookingId: booking.id,
    sequence: booking.sequence,
    actor: {
      by: "host",
      name: null,
      via: origin && { calendarName: origin.calendarName, provider: origin.provider },
    },
  } as const;
  const mails: BookingMail[] = [
    news.kind === null
      ? // Guests are not told of each other.
        { ...mail, kind: "changed", guests: [] }
      : {
          ...mail,
          kind: news.kind,
          ...(news.kind === "rescheduled" ? { previousTime: news.previousTime } : {}),
          ...(news.action.seriesId ? { seriesId: news.action.seriesId } : {}),
        },
  ];
  if (news.invited.length > 0)
    mails.push({ ...mail, kind: "invited", guests: news.invited, tellsHost: false });
  if (news.uninvited.length > 0)
    mails.push({ ...mail, kind: "uninvited", guests: news.uninvited, tellsHost: false });
  return mails;
}

function toItem(booking: StoredBooking, hostLink: BookingStoreOptions["hostLink"]): LocalItem {
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
    cancelledFor: booking.cancelledFor as ReasonCode | null,
    about: {
      hostName: booking.hostName,
      link: hostLink?.(booking.uid) ?? null,
      guestEmail: booking.attendees.find(({ seat }) => seat)?.email.toLowerCase() ?? null,
    },
    series:
      booking.recurringGroup !== null && booking.originalStart !== null
        ? { id: booking.recurringGroup, originalStart: booking.originalStart }
        : null,
  };
}

function snapshotOf(booking: StoredBooking): EventSnapshot {
  return toSnapshot({
    time: toEventTime(booking),
    title: booking.title,
    description: booking.description,
    location: booking.location,
    attendees: booking.attendees
      .filter(({ expected }) => expected)
      .map(({ email, name, response, optional }) => ({
        email,
        name,
        response: response.toLowerCase().replace("_", "-") as AttendeeResponse,
        optional,
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
