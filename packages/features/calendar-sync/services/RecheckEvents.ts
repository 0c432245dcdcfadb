import { enqueueMany, RetryLater, type RunAgain } from "@calsync/jobs";
import type { CalendarService, ExternalChange } from "@calsync/types";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import type { ReferenceRow } from "../repositories/rows.ts";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { endWithFailure } from "./end-with-failure.ts";
import { readNow } from "./event-ref.ts";
import { followUpJobs } from "./follow-ups.ts";
import { Lease } from "./Lease.ts";
import { MissingEvents } from "./MissingEvents.ts";
import type { Recheck } from "./MovedEvents.ts";

/** The pause between two batches of events that a full listing has left out. */
const MISSING_PAUSE_MS = 60_000;

/**
 * Works off references whose event is to be read directly: one whose deletion is not certain yet, one that was found in
 * another calendar than before, one whose marker has turned up elsewhere (ADR 0010). What the read says is applied as a
 * pull would apply it. After them, a batch of the events that a full listing has left out.
 */
export class RecheckEvents {
  readonly #deps: EngineDependencies;
  readonly #missing: MissingEvents;
  constructor(deps: EngineDependencies) {
    this.#deps = deps;
    this.#missing = new MissingEvents(deps);
  }

  /**
   * @returns when to run again, for references that are not due yet
   * @throws RetryLater when another worker has the calendar or when the account as a whole fails
   */
  async run(calendarSyncId: string): Promise<RunAgain | undefined> {
    const { prisma, calendars, references, gateway, settings, now, random } = this.#deps;
    const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings, now);
    if ("refused" in lease) {
      // Rechecks of a calendar that is switched off wait on their references; the cron finds them.
      if (lease.refused !== "busy") return undefined;
      throw new RetryLater({ afterMs: 200 + random() * 300, reason: "Another worker has this calendar." });
    }
    let more = false;
    try {
      // What has gone with its calendar has been deleted by nobody. When the calendar is back, a pull looks first.
      if (lease.row.lostAt !== null) return undefined;
      const service = await gateway.serviceFor(lease.row.credentialId);
      while (await this.#round(lease, service)) lease.check();
      more = await this.#missing.confirm(lease, service);
    } catch (error) {
      await endWithFailure(this.#deps, lease, "recheck", error);
      throw error;
    } finally {
      await lease[Symbol.asyncDispose]();
    }
    const next = await references.nextRecheckAt(prisma, calendarSyncId);
    // The mirror takes its time: a listing may have left out thousands.
    const later = more ? [new Date(now().getTime() + MISSING_PAUSE_MS)] : [];
    const [again] = [...later, ...(next ? [next] : [])].sort((a, b) => a.getTime() - b.getTime());
    return again ? { again } : undefined;
  }

  /** @returns whether there may be more to do */
  async #round(lease: Lease, service: CalendarService): Promise<boolean> {
    const { prisma, calendars, references, settings, now } = this.#deps;
    const { row } = lease;
    const at = now();
    const due = await references.findDueRechecks(prisma, row.id, at, settings.pushBatchSize);
    if (due.length === 0) return false;
    const graceEnds = at.getTime() - settings.moveGraceMs;
    const inGrace = ({ deletedSeenAt }: ReferenceRow) =>
      deletedSeenAt !== null && deletedSeenAt.getTime() > graceEnds;
    const othersUnread = due.some(inGrace) && (await calendars.othersAwaitPull(prisma, row.userId, row.id));
    const looks = {
      look: new Map<ReferenceRow, ExternalChange>(),
      "last-look": new Map<ReferenceRow, ExternalChange>(),
    };
    for (const reference of due) {
      lease.check();
      // One that waits was seen to be gone a moment ago; only whether it has turned up elsewhere is asked.
      const waits = othersUnread && inGrace(reference);
      const change = waits
        ? goneChange(reference)
        : await readNow(service, row.externalCalendarId, reference);
      looks[waits || reference.deletedSeenAt === null ? "look" : "last-look"].set(reference, change);
    }
    await this.#apply(lease, looks.look, "look");
    await this.#apply(lease, looks["last-look"], "last-look");
    return due.length === settings.pushBatchSize;
  }

  async #apply(
    lease: Lease,
    looked: ReadonlyMap<ReferenceRow, ExternalChange>,
    recheck: Recheck,
  ): Promise<void> {
    if (looked.size === 0) return;
    const rechecked = [...looked.keys()];
    const changes = [...looked.values()];
    const { prisma, applier, calendars, references, events, now } = this.#deps;
    const { row } = lease;
    const at = now();
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      // While nothing here was linked to it, the event was taken for somebody else's.
      const present = changes.flatMap((change) => (change.type === "upsert" ? [change.event.id] : []));
      await events.deleteMany(tx, row.id, present);
      // Whatever comes of it, the wish for this read ends; what is still uncertain is wished for anew.
      await references.update(
        tx,
        rechecked.map(({ id }) => ({ id, recheckAt: null })),
      );
      const applied = await applier.apply(tx, row, changes, { start: at, end: at }, at, {
        mode: "alone",
        recheck,
      });
      row.hasHeld ||= applied.held > 0;
      // What was put by to be counted is counted at the end of a pull.
      const counting = applied.relist
        ? await calendars.requestListing(tx, row.id, lease.owner)
        : applied.held > 0
          ? await calendars.markPullRequested(tx, [row.id])
          : [];
      const pushWaited = rechecked.some(({ pushRequestedAt }) => pushRequestedAt !== null);
      await enqueueMany(tx, [
        ...followUpJobs({ ...applied, pullCalendarIds: [...applied.pullCalendarIds, ...counting] }),
        ...(pushWaited ? [{ job: pushCalendarJob, payload: { calendarSyncId: row.id } }] : []),
      ]);
    });
  }
}

function goneChange({ externalEventId }: ReferenceRow): ExternalChange {
  return {
    type: "delete",
    eventId: externalEventId ?? "",
    seriesId: null,
    originalStart: null,
    version: null,
  };
}
