import { describeSlots, shiftSlots, timeAt } from "@calsync/icalendar";
import type { EventTime } from "@calsync/types";
import type { BookingRow } from "../repositories/BookingRepository.ts";
import type { StoredSeries } from "../repositories/SeriesStoreRepository.ts";
import type { SeriesScope } from "./cancel-series.ts";
import { toEventTime } from "./event-time.ts";

/** A move of several occurrences of a series: who moves, and where to for a given new start of the one that was chosen. */
export interface SeriesMove {
  /** Occurrences that take other times; in order, the chosen one among them. */
  moving: BookingRow[];
  /** All occurrences from the first one that moves on, those that stay and cancelled ones too: their places move along. */
  scoped: BookingRow[];
  /** Occurrences before the first one that moves; where there are any, the series is cut in two. */
  before: BookingRow[];
  /** The new starts of `moving`, in their order. */
  startsFrom(newStart: Date): Date[];
  /** The rule of the later part, and the places of `scoped` in it. */
  ruleFrom(newStart: Date): { time: EventTime; recurrence: string[]; slots: string[] };
}

/**
 * What a move of an occurrence together with others of its series means. They move by as much as the chosen one's place in the
 * rule does, on the wall clock of the series' zone. One that was given a time of its own keeps it; what is over stays.
 * @param all the occurrences of the series in order of their places
 */
export function planSeriesMove(
  series: StoredSeries,
  all: readonly BookingRow[],
  chosen: BookingRow,
  scope: SeriesScope,
  now: Date,
): SeriesMove {
  const ruled = toEventTime(series);
  const slotOf = (one: BookingRow) => one.originalStart ?? one.startTime.toISOString();
  const own = slotOf(chosen);
  const coming = all.filter(
    (one) =>
      isStanding(one) && one.endTime > now && (scope === "all" || slotOf(one) >= own || one.id === chosen.id),
  );
  const first = coming.map(slotOf).sort()[0] ?? own;
  const scoped = all.filter((one) => slotOf(one) >= first);
  const atPlace = (one: BookingRow) => toEventTime(one).start === timeAt(ruled, slotOf(one)).start;
  const moving = coming.filter((one) => one.id === chosen.id || atPlace(one));
  const lengthMs = chosen.endTime.getTime() - chosen.startTime.getTime();
  const timed = (start: Date): EventTime => ({
    allDay: false,
    start: start.toISOString(),
    end: new Date(start.getTime() + lengthMs).toISOString(),
    timeZone: series.timeZone,
  });
  const shifted = (ones: readonly BookingRow[], newStart: Date) =>
    shiftSlots(ones.map(slotOf), timeAt(ruled, own), timed(newStart));
  return {
    moving,
    scoped,
    before: all.filter((one) => slotOf(one) < first),
    startsFrom: (newStart) => shifted(moving, newStart).map((slot) => new Date(slot)),
    ruleFrom(newStart) {
      const slots = shifted(scoped, newStart);
      const time = timeAt(timed(newStart), slots[0] ?? newStart.toISOString());
      return { time, slots, recurrence: describeSlots(time, slots, series.recurrence) };
    },
  };
}

function isStanding({ status }: BookingRow): boolean {
  return status === "ACCEPTED" || status === "PENDING";
}
