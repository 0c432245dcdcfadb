import type { PrismaClient } from "@calsync/prisma";
import type { Interval } from "@calsync/types";
import { openHours } from "../availability/open-hours.ts";
import { findFirstSchedule } from "../repositories/EventTypeRepository.ts";

const DAY_MINUTES = 24 * 60;

/**
 * The hours of a host's first schedule in a range, which event types without a schedule of their own are booked in; none for a host
 * without a schedule.
 * @param extra hours beside the schedule's
 */
export async function findHostHours(
  prisma: PrismaClient,
  hostId: number,
  range: Interval,
  extra: readonly Interval[] = [],
): Promise<{ timeZone: string; hours: Interval[] }> {
  const schedule = await findFirstSchedule(prisma, hostId);
  if (!schedule) return { timeZone: "UTC", hours: [] };
  const span = { start: range.start.getTime(), end: range.end.getTime() };
  const spans = extra.map(({ start, end }) => ({ start: start.getTime(), end: end.getTime() }));
  const { open } = openHours({ ...schedule, extra: spans }, span, DAY_MINUTES, 0);
  return {
    timeZone: schedule.timeZone,
    hours: open.map(({ start, end }) => ({ start: new Date(start), end: new Date(end) })),
  };
}
