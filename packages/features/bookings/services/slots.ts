import type { PrismaClient } from "@calsync/prisma";
import { groupByDay } from "../availability/group-by-day.ts";
import type { Slots, SlotsQuery } from "../dto.ts";
import { invalid, unknownEventType } from "../errors.ts";
import { findByAddress } from "../repositories/EventTypeRepository.ts";
import { type BusyLookup, findOffered } from "./offered.ts";

/** The longest stretch that one request may ask for: two months with a margin for weeks at both ends. */
const LONGEST_RANGE_DAYS = 75;
const DAY_MS = 86_400_000;

/** The slots of an event type, by day in the asked zone. */
export async function getSlots(
  { prisma, busy, now }: { prisma: PrismaClient; busy: BusyLookup; now: () => Date },
  query: SlotsQuery,
): Promise<Slots> {
  const range = { start: new Date(query.from), end: new Date(query.to) };
  const lengthMs = range.end.getTime() - range.start.getTime();
  if (lengthMs <= 0) throw invalid("bad_range", "The end of the range must lie after its start.");
  if (lengthMs > LONGEST_RANGE_DAYS * DAY_MS) {
    throw invalid(
      "range_too_long",
      `A range may have at most ${LONGEST_RANGE_DAYS} days.`,
      "Ask month by month.",
    );
  }
  const target = await findByAddress(prisma, query.username, query.eventType);
  if (!target) throw unknownEventType();
  const { slots, freshness } = await findOffered(prisma, busy, { target, range, now: now() });
  return {
    timeZone: query.timeZone,
    days: groupByDay(slots, query.timeZone).map(({ date, slots: ofDay }) => ({
      date,
      slots: ofDay.map(({ start, end, seatsLeft }) => ({
        start: start.toISOString(),
        end: end.toISOString(),
        seatsLeft,
      })),
    })),
    freshness: freshness.map(({ name, lastPulledAt, ok }) => ({
      calendar: name,
      lastPulledAt: lastPulledAt?.toISOString() ?? null,
      ok,
    })),
  };
}
