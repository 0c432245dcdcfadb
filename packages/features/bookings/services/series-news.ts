import type { SeriesChange, SeriesStore } from "@calsync/calendar-sync";
import { type QueueMailsOptions, queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import { raiseNextOfSeries } from "../repositories/SeriesStoreRepository.ts";
import { seriesStore } from "./series-store.ts";

/**
 * The series of this repository as the sync engine sees them: when later dates of one have split off in a calendar, people are
 * told that its invitation ends earlier, as they are when that is done in the app. The mails of the dates themselves tell of the
 * new series. Two statements more, and those of the mails, for a page that cuts series.
 */
export function seriesThatTell(settleMs: QueueMailsOptions["settleMs"]): SeriesStore {
  return {
    load: seriesStore.load,
    async change(tx, changes, now) {
      await seriesStore.change(tx, changes, now);
      await tellOfCuts(tx, changes, { now, ...(settleMs ? { settleMs } : {}) });
    },
  };
}

async function tellOfCuts(
  tx: PrismaTransaction,
  changes: readonly SeriesChange[],
  options: QueueMailsOptions,
): Promise<void> {
  const cut = [...new Set(changes.flatMap(({ splitFrom }) => splitFrom ?? []))];
  const remaining = await raiseNextOfSeries(tx, cut, options.now);
  await queueBookingMails(
    tx,
    remaining.map((one) => ({
      ...one,
      kind: "changed" as const,
      actor: { by: "host" as const, name: null, via: null },
    })),
    options,
  );
}
