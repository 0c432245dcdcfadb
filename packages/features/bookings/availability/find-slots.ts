import type { Interval } from "@calsync/types";
import { Temporal } from "temporal-polyfill";
import { openHours, type ScheduleHours } from "./open-hours.ts";
import { mergeSpans, type Span, SpanWalker } from "./span.ts";

/** What an event type says about its slots. */
export interface SlotRules {
  durationMinutes: number;
  /** Distance between offered starts; null means the duration. */
  slotIntervalMinutes: number | null;
  bufferBeforeMinutes: number;
  bufferAfterMinutes: number;
  /** A slot starts at least so long after now. */
  minimumNoticeMinutes: number;
  /** The last bookable day, counted from today in the schedule's zone. */
  maximumDaysAhead: number;
  /** How many guests share one time. */
  seats: number;
}

/** An active booking of the host, as far as it matters to slots. */
export interface TakenTime {
  start: Date;
  end: Date;
  /** Start and end widened by the buffers under which it was made. */
  occupied: Interval;
  /** Seats that a guest of the asked event type could still take in it; 0 when it is not to be joined. */
  seatsLeft: number;
}

/** What free times are searched in. */
export interface SlotSearch {
  schedule: ScheduleHours;
  rules: SlotRules;
  /** Slots start in it. */
  range: Interval;
  now: Date;
  /** When the host is busy elsewhere; any order, may overlap. */
  busy: readonly Interval[];
  taken: readonly TakenTime[];
}

/** A time that can be booked. */
export interface Slot {
  start: Date;
  end: Date;
  seatsLeft: number;
}

const MINUTE_MS = 60_000;

/**
 * All bookable slots of a range, ascending. A slot lies inside the schedule's hours, and with its buffers it overlaps neither
 * a busy stretch nor what another booking occupies. An appointment with seats left is offered where it takes place, also
 * when the host has moved it out of the hours.
 */
export function findSlots(search: SlotSearch): Slot[] {
  const { rules } = search;
  const range = bookableRange(search);
  const durationMs = rules.durationMinutes * MINUTE_MS;
  const beforeMs = rules.bufferBeforeMinutes * MINUTE_MS;
  const afterMs = rules.bufferAfterMinutes * MINUTE_MS;
  const { open, starts } = openHours(
    search.schedule,
    range,
    rules.slotIntervalMinutes ?? rules.durationMinutes,
    durationMs,
  );
  const reach = { start: range.start - beforeMs, end: range.end + durationMs + afterMs };
  const hours = new SpanWalker(open);
  const blocked = new SpanWalker(blockedSpans(search, reach));
  const slots: Slot[] = [];
  for (const start of starts) {
    const end = start + durationMs;
    if (!hours.holds(start, end) || blocked.overlaps(start - beforeMs, end + afterMs)) continue;
    slots.push({ start: new Date(start), end: new Date(end), seatsLeft: rules.seats });
  }
  const joinable = search.taken.filter(
    ({ start, seatsLeft }) => seatsLeft > 0 && start.getTime() >= range.start && start.getTime() < range.end,
  );
  if (joinable.length === 0) return slots;
  for (const { start, end, seatsLeft } of joinable) slots.push({ start, end, seatsLeft });
  return slots.sort((a, b) => a.start.getTime() - b.start.getTime());
}

/** The asked range cut to what notice and the last bookable day allow. */
export function bookableRange({
  range,
  rules,
  schedule,
  now,
}: Pick<SlotSearch, "range" | "rules" | "schedule" | "now">): Span {
  const earliest = now.getTime() + rules.minimumNoticeMinutes * MINUTE_MS;
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(schedule.timeZone)
    .toPlainDate();
  const dayAfterLast = today
    .add({ days: rules.maximumDaysAhead + 1 })
    .toZonedDateTime({ timeZone: schedule.timeZone });
  return {
    start: Math.max(range.start.getTime(), earliest),
    end: Math.min(range.end.getTime(), dayAfterLast.epochMilliseconds),
  };
}

function blockedSpans({ busy, taken }: SlotSearch, reach: Span): Span[] {
  const spans: Span[] = [];
  const add = ({ start, end }: Interval) => {
    const span = { start: start.getTime(), end: end.getTime() };
    if (span.start < reach.end && span.end > reach.start) spans.push(span);
  };
  for (const interval of busy) add(interval);
  for (const { occupied } of taken) add(occupied);
  return mergeSpans(spans);
}
