import { RetryLater } from "@calsync/jobs";
import { backoffMs } from "@calsync/lib";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { failureOf } from "./failure.ts";
import { type Lease, LeaseLostError } from "./Lease.ts";

const POLL_AFTER_RETRY_MS = 60_000;

/**
 * A pull or a push has failed as a whole: writes the error down where people see it, sets when to try next, and gives the
 * lease back.
 * @throws RetryLater when trying again may help, with the pause that the provider asked for or a growing one
 */
export async function endWithFailure(
  { prisma, calendars, settings, now, log, random, tellHosts }: EngineDependencies,
  lease: Lease,
  what: "pull" | "push" | "recheck",
  error: unknown,
): Promise<void> {
  // Whoever has taken the calendar over writes its state from now on.
  if (error instanceof LeaseLostError) return;
  const { id: calendarSyncId, userId, provider, name: calendarName, errorCount } = lease.row;
  const { backoffBaseMs: baseMs, backoffCeilingMs: ceilingMs } = settings;
  const { code, message, final, retryAfterMs } = failureOf(error);
  const pauseMs = retryAfterMs ?? backoffMs({ attempt: errorCount + 1, baseMs, ceilingMs, random });
  const lost = code === "CALENDAR_NOT_FOUND";
  const at = now();
  log.warn({ calendarSyncId, provider, code, pauseMs, err: error }, `${what} failed`);
  lease.endsWith();
  await inTransaction(prisma, async (tx) => {
    const lostNow = await calendars.recordFailure(tx, calendarSyncId, lease.owner, {
      code,
      message,
      at,
      // The job itself comes back after the pause; the poll is the net under it, and must not come at the same moment.
      nextPollAt: new Date(
        at.getTime() + (final ? ceilingMs * (lost ? 4 : 1) : pauseMs + POLL_AFTER_RETRY_MS),
      ),
      final,
      lost,
    });
    if (!lostNow) return;
    const key = `calendar:${calendarSyncId}:${at.toISOString()}`;
    await tellHosts(tx, [{ kind: "calendar-deleted", userId, key, provider, calendarName }]);
  });
  if (!final)
    throw new RetryLater({ afterMs: pauseMs, reason: `The ${what} failed: ${code}.`, cause: error });
}
