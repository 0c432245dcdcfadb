import { RetryLater } from "@calsync/jobs";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { Lease, LeaseLostError } from "./Lease.ts";
import type { Mirror } from "./Mirror.ts";
import { mirrorWindow } from "./mirror-window.ts";

/**
 * Expands the external series of one calendar as far as the window now reaches. No call is made: the rules are known.
 * @throws RetryLater when another worker has the calendar
 */
export async function extendMirror(
  deps: EngineDependencies & { mirror: Mirror },
  calendarSyncId: string,
): Promise<void> {
  const { prisma, calendars, settings, now, mirror, random } = deps;
  const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings, now);
  if ("refused" in lease) {
    if (lease.refused !== "busy") return;
    throw new RetryLater({ afterMs: 5_000 + random() * 5_000, reason: "Another worker has this calendar." });
  }
  try {
    const window = mirrorWindow(settings, now());
    await inTransaction(prisma, async (tx) => {
      await mirror.extend(tx, lease.row, window);
      const { cursor, fullPullRunning } = lease.row;
      if (
        !(await calendars.commitProgress(tx, calendarSyncId, lease.owner, {
          cursor,
          fullPullRunning,
          mirroredUntil: window.end,
        }))
      ) {
        throw new LeaseLostError();
      }
    });
  } finally {
    await lease[Symbol.asyncDispose]();
  }
}
