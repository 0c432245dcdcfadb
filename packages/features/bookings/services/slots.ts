import { groupByDay } from "../availability/group-by-day.ts";
import type { Slots, SlotsQuery } from "../dto.ts";
import { invalid, unknownBooking, unknownEventType } from "../errors.ts";
import { findByUid } from "../repositories/BookingRepository.ts";
import { findByAddress } from "../repositories/EventTypeRepository.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { findOffered, findOfferedTogether, movingOf, type OfferQuery } from "./offered.ts";
import { startsOfSeries } from "./offered-series.ts";
import { findSeriesMove, movingTogether } from "./reschedule-series.ts";
import { roleOf, type Viewer } from "./viewer.ts";

/** The longest stretch that one request may ask for: two months with a margin for weeks at both ends. */
const LONGEST_RANGE_DAYS = 75;
const DAY_MS = 86_400_000;

type SlotDependencies = Pick<BookingDependencies, "prisma" | "busy" | "now" | "guestTokens">;

/** The slots of an event type, by day in the asked zone. See `BookingService.getSlots`. */
export async function getSlots(
  deps: SlotDependencies,
  query: SlotsQuery,
  viewer: Viewer | null,
): Promise<Slots> {
  const { prisma, busy, now } = deps;
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
  const { moving, startsFrom } = await findMoving(deps, query, target.eventType.id, viewer);
  const offers = { target, range, now: now(), moving };
  const together = query.count === undefined ? startsFrom : startsOfSeries(target, query.count);
  const offer = together
    ? await findOfferedTogether(prisma, busy, offers, together)
    : await findOffered(prisma, busy, offers);
  // Staying where it is is no move.
  const slots = offer.slots.filter(({ start }) => start.getTime() !== moving?.start.getTime());
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
    closed: offer.closed,
    freshness: offer.freshness.map(({ name, lastPulledAt, source, ok }) => ({
      calendar: name,
      source,
      lastPulledAt: lastPulledAt?.toISOString() ?? null,
      ok,
    })),
  };
}

/**
 * The booking that its host or guest wants to move, so that times which overlap its own are offered, and how what moves along
 * would follow it.
 * @throws not-found unless it is a booking of this event type and the viewer's
 */
async function findMoving(
  deps: SlotDependencies,
  { rescheduleUid: uid, scope = "one" }: SlotsQuery,
  eventTypeId: number,
  viewer: Viewer | null,
): Promise<{ moving?: OfferQuery["moving"]; startsFrom?: (slot: Date) => Date[] }> {
  if (uid === undefined) return {};
  const { prisma, guestTokens } = deps;
  const booking = await findByUid(prisma, uid);
  const mayMove = booking && viewer && roleOf(booking, viewer, guestTokens) !== null;
  if (!mayMove || booking.eventTypeId !== eventTypeId) throw unknownBooking();
  const { recurringGroup } = booking;
  if (scope === "one" || recurringGroup === null) return { moving: movingOf(booking) };
  const move = await findSeriesMove(deps, { ...booking, recurringGroup }, scope);
  return { moving: movingTogether(booking, move), startsFrom: move.startsFrom };
}
