import { enqueueMany } from "@calsync/jobs";
import type { CalendarService, ExternalChange } from "@calsync/types";
import type { MissingEvent } from "../repositories/ExternalEventRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { readEvent } from "./event-ref.ts";
import { followUpJobs } from "./follow-ups.ts";
import type { Lease } from "./Lease.ts";
import { mirrorWindow } from "./mirror-window.ts";

/** A listing that has left out so many events which are all there is not believed about the others either. */
const TOO_MANY_LEFT_OUT = 10;

/**
 * Events that are not ours and that a full listing has left out. Until each was read directly its time stays busy: a provider's
 * short answer opens no slots (invariant 6, ADR 0032).
 */
export class MissingEvents {
  readonly #deps: EngineDependencies;
  constructor(deps: EngineDependencies) {
    this.#deps = deps;
  }

  /**
   * Reads one batch of them, the soonest first, and applies what the reads say.
   * @returns whether there may be more
   */
  async confirm(lease: Lease, service: CalendarService): Promise<boolean> {
    const { prisma, events, applier, settings, now, log } = this.#deps;
    const { row } = lease;
    const missing = await events.findMissing(prisma, row.id, settings.pushBatchSize);
    if (missing.length === 0) return false;
    const changes: ExternalChange[] = [];
    for (const one of missing) {
      lease.check();
      changes.push(await read(service, row.externalCalendarId, one));
    }
    const there = changes.filter((one) => one.type === "upsert" && one.event.status !== "cancelled").length;
    const shortAnswer = there === missing.length && there >= TOO_MANY_LEFT_OUT;
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      const at = now();
      const applied = await applier.apply(tx, row, changes, mirrorWindow(settings, at), at);
      await events.clearMissing(
        tx,
        row.id,
        shortAnswer ? null : missing.map(({ externalEventId }) => externalEventId),
      );
      await enqueueMany(tx, followUpJobs(applied));
    });
    if (shortAnswer)
      log.warn({ calendarSyncId: row.id, provider: row.provider, there }, "a full listing was incomplete");
    return !shortAnswer && missing.length === settings.pushBatchSize;
  }
}

async function read(
  service: Pick<CalendarService, "getEvent">,
  calendarId: string,
  { externalEventId: eventId, seriesId, originalStart }: MissingEvent,
): Promise<ExternalChange> {
  const instance = seriesId !== null && originalStart !== "" ? { seriesId, originalStart } : null;
  const found = await readEvent(service, { calendarId, eventId, ...instance });
  if (found) return found;
  return {
    type: "delete",
    eventId,
    seriesId: instance?.seriesId ?? null,
    originalStart: instance?.originalStart ?? null,
    version: null,
  };
}
