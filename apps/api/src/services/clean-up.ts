import type { CalendarSync, SyncQueue } from "@calsync/calendar-sync";
import type { IcsService } from "@calsync/ics";
import type { Clock } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { deleteExpiredQuotas } from "../repositories/CallLimitRepository.ts";
import { cleanUpRepository } from "../repositories/CleanUpRepository.ts";

const DAY_MS = 24 * 3_600_000;
/** Failed work is shown this long, for a person to retry. */
const FAILED_WORK_DAYS = 30;
/** Mails that were sent, and notes of those that came in, are kept this long. */
const MAIL_DAYS = 90;
/** A file that was uploaded and not applied waits this long for its owner. */
const UNUSED_IMPORT_DAYS = 1;

/** What was deleted, by kind. */
export type CleanUpReport = Record<string, number>;

/** Deletes what is over its time, in batches. May run at any time and several times at once. */
export function createCleanUp(parts: {
  prisma: PrismaClient;
  queue: SyncQueue;
  sync: Pick<CalendarSync, "runs">;
  ics: Pick<IcsService, "imports" | "forgetMails">;
  now: Clock;
}) {
  const { prisma, queue, sync, ics, now } = parts;
  return async (): Promise<CleanUpReport> => {
    const at = now();
    const before = (days: number) => new Date(at.getTime() - days * DAY_MS);
    return {
      failedWork: await queue.cleanUp(before(FAILED_WORK_DAYS)),
      runs: await sync.runs.deleteBefore(before(FAILED_WORK_DAYS)),
      bookingMails: await untilDone(() => cleanUpRepository.bookingMails(prisma, before(MAIL_DAYS))),
      hostMails: await untilDone(() => cleanUpRepository.hostMails(prisma, before(MAIL_DAYS))),
      unusedImports: await ics.imports.forgetUnused(before(UNUSED_IMPORT_DAYS)),
      receivedMails: await ics.forgetMails(before(MAIL_DAYS)),
      expiredAccess: await cleanUpRepository.expiredAccess(prisma, at),
      callLimits: await deleteExpiredQuotas(prisma, before(0)),
    };
  };
}

async function untilDone(deleteBatch: () => Promise<number>): Promise<number> {
  for (let total = 0; ; ) {
    const count = await deleteBatch();
    total += count;
    if (count < cleanUpRepository.batchSize) return total;
  }
}
