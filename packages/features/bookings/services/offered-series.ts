import { shiftSlots, slotsOf } from "@calsync/icalendar";
import type { EventTime } from "@calsync/types";
import { Temporal } from "temporal-polyfill";
import type { RecurrenceRule } from "../dto.ts";
import { calendarUnreadable, conflict, invalid } from "../errors.ts";
import type { BookableEventType } from "../repositories/EventTypeRepository.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { farAhead, findOffered, isOfferedWhenFree, type OfferQuery } from "./offered.ts";

/** @throws invalid when the event type is not recurring, or not so often */
export function ruleFor({ eventType: { recurrence } }: BookableEventType, count: number): RecurrenceRule {
  if (!recurrence) {
    throw invalid(
      "not_recurring",
      "This kind of appointment is booked one at a time.",
      "Leave `recurrence` out, or choose a recurring event type.",
    );
  }
  if (count > recurrence.maxCount) {
    throw invalid(
      "too_many_occurrences",
      `At most ${recurrence.maxCount} occurrences can be booked at once.`,
    );
  }
  return recurrence;
}

/** The first of `count` occurrences of an event type, and the lines that repeat it in its schedule's local time. */
export function seriesTime(
  { target, start }: { target: BookableEventType; start: Date },
  { frequency, interval }: RecurrenceRule,
  count: number,
): { time: EventTime; recurrence: string[] } {
  const { eventType, host, schedule } = target;
  const end = new Date(start.getTime() + eventType.durationMinutes * 60_000);
  return {
    time: {
      allDay: false,
      start: start.toISOString(),
      end: end.toISOString(),
      timeZone: schedule?.timeZone ?? host.timeZone,
    },
    recurrence: [`RRULE:FREQ=${frequency.toUpperCase()};INTERVAL=${interval};COUNT=${count}`],
  };
}

/** The starts of all `count` occurrences when the first is at a slot. The slots of one day share the expansion of the rule. */
export function startsOfSeries(target: BookableEventType, count: number): (slot: Date) => Date[] {
  const rule = ruleFor(target, count);
  const byDay = new Map<string, { time: EventTime; slots: string[] }>();
  return (start) => {
    const series = seriesTime({ target, start }, rule, count);
    const zone = series.time.allDay ? "UTC" : series.time.timeZone;
    const at = Temporal.Instant.fromEpochMilliseconds(start.getTime()).toZonedDateTimeISO(zone);
    const day = at.toPlainDate().toString();
    const known = byDay.get(day) ?? { time: series.time, slots: slotsOf(series).slots };
    byDay.set(day, known);
    return shiftSlots(known.slots, known.time, series.time).map((slot) => new Date(slot));
  };
}

/**
 * Whether all starts can be booked together. Only the first one has to lie within the days that are open for booking.
 * @param query.starts in order
 * @throws conflict `occurrences_taken` with the starts that are not free; invalid `slot_not_offered`; unavailable
 *   `calendar_unreadable`
 */
export async function requireAllOffered(
  { prisma, busy }: Pick<BookingDependencies, "prisma" | "busy">,
  query: Pick<OfferQuery, "target" | "now" | "moving"> & { starts: readonly Date[] },
): Promise<void> {
  const { starts, ...when } = query;
  const [first, last] = [starts[0], starts.at(-1)];
  if (!first || !last) return;
  const open = { ...when, target: farAhead(query.target) };
  const range = { start: first, end: new Date(last.getTime() + 1) };
  const { slots, schedule, closed } = await findOffered(prisma, busy, { ...open, range });
  if (closed) throw calendarUnreadable();
  const offered = new Set(slots.map(({ start }) => start.getTime()));
  const gone = starts.filter((start) => !offered.has(start.getTime()));
  if (gone.length > 0) {
    const never = new Set(
      gone.filter((start) => !isOfferedWhenFree({ ...open, target: { ...open.target, schedule }, start })),
    );
    throw occurrencesTaken(
      starts,
      new Map(gone.map((start) => [start, never.has(start) ? "is not offered" : "is taken"])),
    );
  }
  if (isOfferedWhenFree({ ...when, target: { ...when.target, schedule }, start: first })) return;
  throw invalid(
    "slot_not_offered",
    "The first time lies too far ahead.",
    "Ask GET /v1/slots for times that can be booked.",
  );
}

/** The refusal that names the starts that do not fit, and why. */
export function occurrencesTaken(starts: readonly Date[], gone: ReadonlyMap<Date, string>): Error {
  const listed = [...gone.keys()].map((start) => start.toISOString()).join(", ");
  return conflict(
    "occurrences_taken",
    `${gone.size} of ${starts.length} times cannot be booked: ${listed}.`,
    "Choose another start, or fewer occurrences.",
    undefined,
    [...gone].map(([start, why]) => ({
      path: `occurrences.${starts.indexOf(start)}`,
      message: `${start.toISOString()} ${why}`,
    })),
  );
}
