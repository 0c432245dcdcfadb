import { cutAfter } from "@calsync/icalendar";
import { queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { BookingRow } from "../repositories/BookingRepository.ts";
import { cancelMany, lockOccurrences } from "../repositories/SeriesRepository.ts";
import { findManySeries } from "../repositories/SeriesStoreRepository.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { toEventTime } from "./event-time.ts";
import { seriesStore } from "./series-store.ts";
import type { Role } from "./viewer.ts";

/** Which occurrences of a series are meant: it and all later ones, or all that are still to come. */
export type SeriesScope = "following" | "all";

/**
 * Cancels occurrences of a series to come: one mail to each person, and one write to each calendar, whose recurring event ends
 * earlier, or goes when nothing of it is left. Those that are over, or were cancelled before, stay as they are.
 */
export async function cancelOccurrences(
  deps: BookingDependencies,
  tx: PrismaTransaction,
  current: BookingRow & { recurringGroup: string },
  { scope, reason, role, now }: { scope: SeriesScope; reason: string | null; role: Role; now: Date },
): Promise<void> {
  const seriesId = current.recurringGroup;
  const [series] = await findManySeries(tx, [seriesId], { lock: true });
  const all = await lockOccurrences(tx, seriesId);
  const from = scope === "all" ? "" : (current.originalStart ?? "");
  const leaving = all.filter(
    (one) =>
      (one.status === "ACCEPTED" || one.status === "PENDING") &&
      one.endTime > now &&
      (one.originalStart ?? "") >= from,
  );
  await cancelMany(
    tx,
    leaving.map(({ id }) => id),
    reason,
    now,
  );
  const [first] = leaving;
  const kept = all.filter((one) => (one.originalStart ?? "") < (first?.originalStart ?? ""));
  const last = kept.at(-1)?.originalStart;
  const set =
    last && series
      ? { recurrence: cutAfter({ time: toEventTime(series), recurrence: series.recurrence }, last) }
      : { active: false };
  await seriesStore.change(
    tx,
    [{ seriesId, set, changedAt: now.toISOString(), slots: [], leaving: [] }],
    now,
  );
  await queueBookingMails(
    tx,
    leaving.map((one) => ({
      bookingId: one.id,
      kind: "cancelled",
      sequence: one.sequence + 1,
      seriesId,
      actor: { by: role.role, name: role.role === "guest" ? role.guest.name : null, via: null },
    })),
    { now, ...(deps.settleMs ? { settleMs: deps.settleMs } : {}) },
  );
  await deps.sync.bookingsChanged(
    tx,
    leaving.map((one) => ({
      bookingId: one.id,
      hostId: one.hostId,
      reason: `cancelled-by-${role.role}`,
      before: { status: one.status },
      after: { status: "CANCELLED" },
      seriesIds: [seriesId],
    })),
  );
}
