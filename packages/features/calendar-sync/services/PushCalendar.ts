import { enqueueMany, RetryLater, type RunAgain } from "@calsync/jobs";
import { CalendarError, isCalendarError } from "@calsync/lib";
import type { CalendarService, EventRef, EventVersion, ExternalChange, WrittenEvent } from "@calsync/types";
import { measureSkew } from "../engine/clock-compare.ts";
import { idempotencyKey, type OutboundPlan, planOutbound } from "../engine/plan-outbound.ts";
import { differingFields, toSnapshot } from "../engine/snapshot.ts";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { asShown } from "./as-shown.ts";
import { clockGranularityOf } from "./clock-trust.ts";
import { endWithFailure } from "./end-with-failure.ts";
import { eventRefOf, readNow } from "./event-ref.ts";
import { followUpJobs } from "./follow-ups.ts";
import { Lease } from "./Lease.ts";
import { localOf } from "./local-of.ts";
import { policyOf } from "./policy-of.ts";
import type { PushDependencies, PushReport } from "./push-report.ts";
import {
  deletedResult,
  failedResult,
  type PushResult,
  unchangedResult,
  withPendingWrite,
  writtenResult,
} from "./push-results.ts";
import { SeriesPush, type SeriesPushDependencies } from "./SeriesPush.ts";

/** One reference on its way to the calendar. */
interface Task {
  reference: ReferenceRow;
  local: LocalItem | null;
  plan: OutboundPlan;
}

/** A task whose event turned out to be different from what we thought. */
interface Changed {
  task: Task;
  change: ExternalChange;
  /** The event that an earlier create had made, not linked yet, and the generation of its key. */
  found: { eventId: string; generation: number } | null;
}

/** An earlier create had succeeded although its answer was lost. */
class FoundInstead extends Error {
  readonly written: WrittenEvent;
  readonly generation: number;
  constructor(written: WrittenEvent, generation: number) {
    super("An earlier create had made the event.");
    this.written = written;
    this.generation = generation;
  }
}

/** So many writes failing one after the other mean that the next ones would fail too. */
const MAX_IN_A_ROW = 3;

/** Most keys of deleted events that one create passes over. */
const MAX_GENERATIONS = 20;

/** Most times that a write is planned anew because the event turned out to have changed. */
const MAX_ROUNDS = 4;

/**
 * Makes the events of one calendar equal to their bookings. Each round takes a batch: what is about to be written is
 * noted first (so that a lost answer is recognised), then written, then stored with one transaction.
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
    const due = await references.findDuePushes(prisma, lease.row.id, now(), settings.pushBatchSize);
    if (due.length === 0) return false;
    let tasks = await this.#plan(lease.row, due);
    const requestedAt = new Map(due.map((reference) => [reference.id, reference.pushRequestedAt]));
    const results: PushResult[] = [];
    let broken: unknown = null;
    let inARow = 0;
    for (let attempt = 0; tasks.length > 0 && attempt < MAX_ROUNDS && !broken; attempt++) {
      let changed: Changed[] = [];
      try {
        changed = await this.#findReturned(lease, service, tasks);
      } catch (error) {
        broken = error;
        break;
      }
      const returned = new Set(changed.map(({ task }) => task));
      tasks = tasks.filter((task) => !returned.has(task));
      await this.#announce(lease, tasks);
      for (const task of tasks) {
        try {
          lease.check();
          if (task.plan.kind === "review" && attempt === 0) {
            changed.push({
              task,
              change: await readNow(service, lease.row.externalCalendarId, task.reference),
              found: null,
            });
            continue;
          }
          results.push(await this.#execute(lease, service, task, report));
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
          } else {
            // The account or the network as a whole: keep what was done, leave the rest for later.
            broken = error;
            break;
          }
        }
      }
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

  async #plan(calendar: CalendarSyncRow, rows: readonly ReferenceRow[]): Promise<Task[]> {
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
  async #findReturned(lease: Lease, service: CalendarService, tasks: readonly Task[]): Promise<Changed[]> {
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

  /** Notes what is about to be written, so that the write is recognised as ours even if its answer never comes. */
  async #announce(lease: Lease, tasks: readonly Task[]): Promise<void> {
    const { prisma, references } = this.#deps;
    const patches = tasks.flatMap(({ reference, plan }): ReferencePatch[] => {
      if (plan.kind === "create") {
        const pending = withPendingWrite(reference.pending, plan);
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

  async #execute(
    lease: Lease,
    service: CalendarService,
    { reference, plan }: Task,
    report: PushReport,
  ): Promise<PushResult> {
    const { now, gateway } = this.#deps;
    const calendar = lease.row;
    const ref = eventRefOf(calendar.externalCalendarId, reference);
    const context = { calendar, reference, now: now() };
    switch (plan.kind) {
      case "none":
      case "review":
        report.unchanged += 1;
        return unchangedResult(reference, plan.kind === "none" && plan.deleted);
      case "create": {
        const calledAt = now();
        const { written, generation } = await this.#create(lease, service, reference, plan);
        if (written.existed) throw new FoundInstead(written, generation);
        // Only what was made just now carries a stamp of now.
        report.skewMs = measureSkew(
          written.event.updatedAt,
          calledAt,
          now(),
          clockGranularityOf(gateway, calendar.provider),
        );
        report.created += 1;
        return writtenResult(context, { ...plan, generation }, written);
      }
      case "update": {
        // After a write without an answer the version may be behind; the provider's precondition finds out.
        const version = await this.#versionOf(service, ref, reference);
        const written = await service.updateEvent(ref, plan.event, version);
        report.updated += 1;
        return writtenResult(context, plan, written);
      }
      case "delete": {
        const { unanswered } = plan;
        const found =
          unanswered &&
          (await service.createEvent(calendar.externalCalendarId, unanswered.event, unanswered.key));
        const eventId = found?.eventId ?? ref.eventId;
        await service.deleteEvent({ ...ref, eventId }, found ? found.version : reference.version);
        report.deleted += 1;
        return deletedResult(context, eventId);
      }
    }
  }

  /**
   * Creates the event, or finds it. A deleted one that this reference has never tried to write comes from an earlier life
   * of the link (the calendar was disconnected meanwhile): nobody has answered this booking with it, so the next key is used.
   */
  async #create(
    lease: Lease,
    service: CalendarService,
    reference: ReferenceRow,
    plan: Extract<OutboundPlan, { kind: "create" }>,
  ): Promise<{ written: WrittenEvent; generation: number }> {
    let { generation, key } = plan;
    for (;;) {
      const written = await service.createEvent(lease.row.externalCalendarId, plan.event, key);
      const stale = written.existed && written.event.status === "cancelled" && reference.pending.length === 0;
      if (!stale || generation - plan.generation >= MAX_GENERATIONS) return { written, generation };
      // Found deleted because another worker has been here meanwhile, the next key would make a second event.
      lease.check();
      generation += 1;
      key = idempotencyKey(reference.id, generation);
    }
  }

  /**
   * The version that a write is conditional on. An instance that did not differ from its series so far has none that we
   * know: it is read, so that a person's edit of a moment ago is merged and not written over.
   */
  async #versionOf(
    service: CalendarService,
    ref: EventRef,
    { seriesReferenceId, version, base, status }: ReferenceRow,
  ): Promise<EventVersion | null> {
    if (seriesReferenceId === null || version !== null || status === "DELETED") return version;
    const current = await service.getEvent(ref);
    if (!current) throw new CalendarError("EVENT_NOT_FOUND", "The series has no such instance any more.");
    if (
      base &&
      (current.status === "cancelled" || differingFields(toSnapshot(current), base.remote).length > 0)
    ) {
      throw new CalendarError("VERSION_CONFLICT", "The instance was changed out there.");
    }
    return current.version;
  }

  /** Applies what was found out there, as a pull would, and plans the same references anew. */
  async #merge(lease: Lease, changed: readonly Changed[]): Promise<Task[]> {
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
      );
      lease.row.hasHeld ||= applied.held > 0;
      const pushCalendarIds = applied.pushCalendarIds.filter((id) => id !== lease.row.id);
      await enqueueMany(tx, followUpJobs({ ...applied, pushCalendarIds }));
    });
    const found = await references.findByIds(
      prisma,
      changed.map(({ task }) => task.reference.id),
    );
    // An event that may have moved to another calendar is looked for there first; its push waits.
    const here = found.filter(({ recheckAt }) => recheckAt === null);
    return this.#plan(lease.row, here);
  }

  #failed(calendar: CalendarSyncRow, { reference }: Task, error: unknown): PushResult {
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
        results.map(({ patch }) => patch),
      );
      await references.clearPushRequests(
        tx,
        results
          .filter(({ done }) => done)
          .map(({ patch }) => ({ id: patch.id, requestedAt: requestedAt.get(patch.id) ?? null })),
      );
      await records.append(
        tx,
        results.flatMap(({ record }) => record ?? []),
        now(),
      );
      await calendars.notePushed(tx, lease.row.id, now(), skewMs);
    });
  }
}

/** What an error is about: the one event that was written, the account as a whole, or hard to say. */
function scopeOf(error: unknown): "event" | "account" | "unclear" {
  if (!isCalendarError(error)) return "account";
  if (isCalendarError(error, "INVALID_REQUEST", "PERMISSION_DENIED", "UNSUPPORTED_OPERATION")) return "event";
  return isCalendarError(error, "NETWORK_ERROR", "CALENDAR_API_ERROR") ? "unclear" : "account";
}
