import { enqueueMany, RetryLater, type RunAgain } from "@calsync/jobs";
import { CalendarError, isCalendarError } from "@calsync/lib";
import type { CalendarService, ExternalChange } from "@calsync/types";
import { isStranger } from "../engine/agreement.ts";
import { planOutbound } from "../engine/plan-outbound.ts";
import { recheckEventsJob } from "../jobs/recheck-events.job.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { asShown } from "./as-shown.ts";
import { EventWriter, FoundInstead, scopeOf, type WriteTask } from "./EventWriter.ts";
import { endWithFailure } from "./end-with-failure.ts";
import { readNow } from "./event-ref.ts";
import { jobsAfterMerge } from "./follow-ups.ts";
import { Lease } from "./Lease.ts";
import { localOf } from "./local-of.ts";
import { AHEAD } from "./planned-change.ts";
import { policyOf } from "./policy-of.ts";
import type { PushDependencies, PushReport } from "./push-report.ts";
import { failedResult, type PushResult, unansweredCreates, withPendingWrite } from "./push-results.ts";
import { SeriesPush, type SeriesPushDependencies } from "./SeriesPush.ts";
import { sideBySide } from "./side-by-side.ts";

/** A task whose event turned out to be different from what we thought. */
interface Changed {
  task: WriteTask;
  change: ExternalChange;
  /** The event that an earlier create had made, not linked yet, and the generation of its key. */
  found: { eventId: string; generation: number } | null;
}

/** How long a push waits, in milliseconds, until it looks again whether its calendar has been read. */
const UNREAD_PAUSE_MS = 5_000;

/** So many writes failing one after the other mean that the next ones would fail too. */
const MAX_IN_A_ROW = 3;

/** Most times that a write is planned anew because the event turned out to have changed. */
const MAX_ROUNDS = 4;

/** What is written one after the other: the dates of one series, which may stand in one object out there. */
const laneOf = ({ reference }: WriteTask): string => reference.seriesReferenceId ?? reference.id;

/**
 * Makes the events of one calendar equal to their bookings. Each round takes a batch: what is about to be written is
 * noted first (so that a lost answer is recognised), then written, side by side where the calendar takes that, then stored with one
 * transaction.
 */
export class PushCalendar {
  readonly #deps: PushDependencies;
  readonly #series: SeriesPush;
  constructor(deps: SeriesPushDependencies) {
    this.#deps = deps;
    this.#series = new SeriesPush(deps);
  }

  /** @throws RetryLater when another worker has the calendar or when the account as a whole fails. */
  async run(calendarSyncId: string): Promise<{ report: PushReport; again: RunAgain | undefined }> {
    const { prisma, calendars, references, settings, log, gateway, now } = this.#deps;
    const report: PushReport = {
      outcome: "pushed",
      created: 0,
      updated: 0,
      deleted: 0,
      unchanged: 0,
      failed: 0,
      skewMs: null,
    };
    const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings, now);
    if ("refused" in lease) {
      if (lease.refused !== "busy")
        return { report: { ...report, outcome: lease.refused }, again: undefined };
      throw new RetryLater({
        afterMs: 100 + this.#deps.random() * 300,
        reason: "Another worker has this calendar.",
      });
    }
    const started = performance.now();
    try {
      // A calendar that had gone is read before it is written; the pull that finds it wakes this job.
      if (lease.row.lostAt !== null) return { report: { ...report, outcome: "lost" }, again: undefined };
      // Before the first reading nobody knows which events stand for bookings already. The end of that pull wakes this job; it
      // looks again by itself as well, should it be ending just then.
      if (lease.row.lastPulledAt === null && lease.row.pullRequestedAt !== null) {
        log.info({ calendarSyncId, provider: lease.row.provider }, "push waits for the first pull");
        return {
          report: { ...report, outcome: "unread" },
          again: { again: new Date(now().getTime() + UNREAD_PAUSE_MS) },
        };
      }
      const service = await gateway.serviceFor(lease.row.credentialId);
      await this.#series.run(lease, service, report);
      while (await this.#round(lease, service, report)) lease.check();
      const next = await references.nextPushAt(prisma, calendarSyncId);
      log.info(
        {
          calendarSyncId,
          provider: lease.row.provider,
          ...report,
          durationMs: Math.round(performance.now() - started),
        },
        "push finished",
      );
      return { report, again: next ? { again: next } : undefined };
    } catch (error) {
      await endWithFailure(this.#deps, lease, "push", error);
      throw error;
    } finally {
      await lease[Symbol.asyncDispose]();
    }
  }

  /** @returns whether there was something to do. */
  async #round(lease: Lease, service: CalendarService, report: PushReport): Promise<boolean> {
    const { prisma, references, settings, now } = this.#deps;
    const { writesAtOnce: width = 1 } = service.capabilities;
    const due = await references.findDuePushes(prisma, lease.row.id, now(), settings.pushBatchSize * width);
    if (due.length === 0) return false;
    let tasks = await this.#plan(lease.row, due);
    const writer = new EventWriter(this.#deps, lease, service);
    const requestedAt = new Map(due.map((reference) => [reference.id, reference.pushRequestedAt]));
    const results: PushResult[] = [];
    let broken: unknown = null;
    let inARow = 0;
    for (let attempt = 0; tasks.length > 0 && attempt < MAX_ROUNDS && !broken; attempt++) {
      let changed: Changed[] = [];
      try {
        changed = [
          ...(await this.#findReturned(lease, service, tasks)),
          ...(await this.#findStanding(lease, service, tasks)),
        ];
      } catch (error) {
        broken = error;
        break;
      }
      const returned = new Set(changed.map(({ task }) => task));
      tasks = tasks.filter((task) => !returned.has(task));
      await this.#announce(lease, tasks);
      const write = async (task: WriteTask): Promise<void> => {
        try {
          lease.check();
          if (task.plan.kind === "review" && attempt === 0) {
            const change = await readNow(service, lease.row.externalCalendarId, task.reference);
            changed.push({ task, change, found: null });
            return;
          }
          results.push(await writer.write(task, report));
          inARow = 0;
        } catch (error) {
          const scope = scopeOf(error);
          if (error instanceof FoundInstead) {
            changed.push({
              task,
              change: { type: "upsert", event: error.written.event },
              found: { eventId: error.written.eventId, generation: error.generation },
            });
          } else if (isCalendarError(error, "VERSION_CONFLICT", "EVENT_NOT_FOUND")) {
            // The event is not what we thought: what it is now is merged before anything is written.
            const change = await readNow(service, lease.row.externalCalendarId, task.reference);
            changed.push({ task, change, found: null });
          } else if (scope === "event" || (scope === "unclear" && ++inARow < MAX_IN_A_ROW)) {
            results.push(this.#failed(lease.row, task, error));
            report.failed += 1;
          } else throw error;
        }
      };
      await sideBySide(tasks, { width, laneOf }, async (task) => {
        try {
          await write(task);
        } catch (error) {
          // The account or the network as a whole: keep what was done, leave the rest for later.
          broken ??= error;
        }
        return broken === null;
      });
      // What was written is stored before what was found is merged: a merge may place the same references anew.
      if (changed.length > 0 && !broken)
        await this.#store(lease, results.splice(0), requestedAt, report.skewMs);
      tasks = broken ? [] : await this.#merge(lease, changed);
    }
    // Events that keep changing under our hands are tried again after a pause.
    const restless = new CalendarError(
      "VERSION_CONFLICT",
      "The event changed each time that it was about to be written.",
    );
    results.push(...tasks.map((task) => this.#failed(lease.row, task, restless)));
    await this.#store(lease, results, requestedAt, report.skewMs);
    if (broken) throw broken;
    return true;
  }

  async #plan(calendar: CalendarSyncRow, rows: readonly ReferenceRow[]): Promise<WriteTask[]> {
    const { prisma, store, now, gateway } = this.#deps;
    const references = asShown(rows, gateway.capabilitiesOf(calendar.provider));
    const ids = [...new Set(references.map((reference) => reference.bookingId))].sort((a, b) => a - b);
    const items = new Map(
      (await prisma.$transaction((tx) => store.loadItems(tx, ids))).map((item) => [item.bookingId, item]),
    );
    const policy = policyOf(calendar);
    return references.map((reference) => {
      const local = localOf(reference, items);
      return { reference, local, plan: planOutbound({ reference, local, policy, now: now() }) };
    });
  }

  /**
   * Events that were deleted and are about to be made anew, and have come out of the bin since: each is its booking's event
   * again, and a second one would stand beside it.
   */
  async #findReturned(
    lease: Lease,
    service: CalendarService,
    tasks: readonly WriteTask[],
  ): Promise<Changed[]> {
    const returned: Changed[] = [];
    for (const task of tasks) {
      const { plan, reference } = task;
      if (plan.kind !== "create" || reference.status !== "DELETED" || reference.externalEventId === null)
        continue;
      lease.check();
      const change = await readNow(service, lease.row.externalCalendarId, reference);
      if (change.type === "upsert" && change.event.status !== "cancelled")
        returned.push({ task, change, found: null });
    }
    return returned;
  }

  /**
   * Events that stand for bookings which were never written: they are linked, and no second one is made beside them. The mirror
   * tells of them, a direct read decides.
   */
  async #findStanding(
    lease: Lease,
    service: CalendarService,
    tasks: readonly WriteTask[],
  ): Promise<Changed[]> {
    const { prisma, events } = this.#deps;
    const unwritten = new Map(
      tasks
        .filter(({ plan, reference }) => plan.kind === "create" && isStranger(reference))
        .filter(({ reference }) => reference.status === "PENDING")
        .map((task) => [task.reference.id, task]),
    );
    const standing = await events.findStanding(
      prisma,
      lease.row.id,
      [...unwritten.values()].flatMap(({ reference, local }) =>
        local ? [{ referenceId: reference.id, iCalUid: local.iCalUid }] : [],
      ),
    );
    const found: Changed[] = [];
    for (const { referenceId, externalEventId } of standing) {
      const task = unwritten.get(referenceId);
      if (!task) continue;
      lease.check();
      const reference = { ...task.reference, externalEventId };
      const change = await readNow(service, lease.row.externalCalendarId, reference);
      if (change.type !== "upsert" || change.event.status === "cancelled") continue;
      found.push({ task, change, found: { eventId: externalEventId, generation: reference.generation } });
    }
    return found;
  }

  /** Notes what is about to be written, so that the write is recognised as ours even if its answer never comes. */
  async #announce(lease: Lease, tasks: readonly WriteTask[]): Promise<void> {
    const { prisma, references } = this.#deps;
    const patches = tasks.flatMap(({ reference, plan }): ReferencePatch[] => {
      if (plan.kind === "create") {
        const pending = withPendingWrite(unansweredCreates(reference, plan), plan);
        return [
          {
            id: reference.id,
            pending,
            generation: plan.generation,
            externalEventId: null,
            base: null,
            version: null,
            status: "PENDING",
          },
        ];
      }
      if (plan.kind === "delete") return [{ id: reference.id, deletePending: true }];
      return plan.kind === "update"
        ? [{ id: reference.id, pending: withPendingWrite(reference.pending, plan) }]
        : [];
    });
    if (patches.length === 0) return;
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      await references.update(tx, patches);
    });
  }

  /** Applies what was found out there, as a pull would, and plans the same references anew. */
  async #merge(lease: Lease, changed: readonly Changed[]): Promise<WriteTask[]> {
    if (changed.length === 0) return [];
    const { prisma, applier, references, events, now } = this.#deps;
    const at = now();
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      const found = changed.flatMap(({ task, found }) =>
        found ? [{ id: task.reference.id, ...found }] : [],
      );
      await references.update(
        tx,
        found.map(({ id, eventId, generation }) => ({ id, externalEventId: eventId, generation })),
      );
      // While nothing was linked to it, the event may have been taken for somebody else's.
      await events.deleteMany(
        tx,
        lease.row.id,
        found.map(({ eventId }) => eventId),
      );
      const window = { start: at, end: at };
      const applied = await applier.apply(
        tx,
        lease.row,
        changed.map(({ change }) => change),
        window,
        at,
        AHEAD,
      );
      lease.row.hasHeld ||= applied.held > 0;
      await enqueueMany(tx, await jobsAfterMerge(tx, this.#deps.calendars, lease, applied));
    });
    const found = await references.findByIds(
      prisma,
      changed.map(({ task }) => task.reference.id),
    );
    // An event that may have moved to another calendar is looked for there first; its push waits.
    const here = found.filter(({ recheckAt }) => recheckAt === null);
    return this.#plan(lease.row, here);
  }

  #failed(calendar: CalendarSyncRow, { reference }: WriteTask, error: unknown): PushResult {
    const { settings, now, random } = this.#deps;
    return failedResult({ calendar, reference, now: now() }, error, settings, random);
  }

  async #store(
    lease: Lease,
    results: readonly PushResult[],
    requestedAt: ReadonlyMap<string, Date | null>,
    skewMs: number | null,
  ): Promise<void> {
    if (results.length === 0) return;
    const { prisma, references, records, calendars, now } = this.#deps;
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      await references.update(
        tx,
        results.map(({ patch, done }) =>
          done ? { ...patch, pushedFor: requestedAt.get(patch.id) ?? null } : patch,
        ),
      );
      await records.append(
        tx,
        results.flatMap(({ record }) => record ?? []),
        now(),
      );
      await calendars.notePushed(tx, lease.row.id, now(), skewMs);
      if (results.some(({ patch }) => patch.recheckAt))
        await enqueueMany(tx, [{ job: recheckEventsJob, payload: { calendarSyncId: lease.row.id } }]);
    });
  }
}
