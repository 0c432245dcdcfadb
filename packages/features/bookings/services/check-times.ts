import type { BookingStore } from "@calsync/calendar-sync";
import { openHours } from "../availability/open-hours.ts";
import { findTimeFacts, type TimeFactsRow } from "../repositories/TimeFactsRepository.ts";

type CheckTimes = NonNullable<BookingStore["checkTimes"]>;

/**
 * What is known of times that bookings are about to be moved to: whether they lie in the host's hours, and what else stands
 * there. Bookings that move at the same time count where they are going to be. One statement.
 */
export const checkTimes: CheckTimes = async (tx, moves, leaving) => {
  const rows = await findTimeFacts(tx, moves, leaving);
  const moving = new Set(rows.map(({ bookingId }) => bookingId));
  return rows.map((row) => {
    const standing = row.overlaps.filter(({ id }) => !moving.has(id)).map(({ uid }) => uid);
    const arriving = rows
      .filter((other) => other !== row && other.start < row.end && other.end > row.start)
      .map(({ uid }) => uid);
    return {
      bookingId: row.bookingId,
      outsideHours: isOutsideHours(row),
      busy: row.busy,
      overlaps: [...standing, ...arriving],
    };
  });
};

/** A host without hours has none to be outside of. */
function isOutsideHours({ schedule, start, end, extra }: TimeFactsRow): boolean {
  if (!schedule) return false;
  const span = { start: start.getTime(), end: end.getTime() };
  const { open } = openHours(
    {
      timeZone: schedule.timeZone,
      weekly: schedule.availability.filter(({ date }) => date === null),
      overrides: schedule.availability.flatMap(({ date, startMinute, endMinute }) =>
        date ? [{ date: date.slice(0, 10), startMinute, endMinute }] : [],
      ),
      extra: extra.map((hours) => ({ start: Date.parse(hours.start), end: Date.parse(hours.end) })),
    },
    span,
    24 * 60,
    0,
  );
  return !open.some((stretch) => stretch.start <= span.start && stretch.end >= span.end);
}
