import { enqueueMany, RetryLater, type RunAgain } from "@calsync/jobs";
import { backoffMs, CalendarError, isCalendarError } from "@calsync/lib";
import type { CalendarService, EventRef, ExternalChange, WrittenEvent } from "@calsync/types";
import { type OutboundPlan, planOutbound } from "../engine/plan-outbound.ts";
import type { ReasonCode } from "../engine/reasons.ts";
import { differingFields, type EventSnapshot, toSnapshot } from "../engine/snapshot.ts";
import type { SyncedState } from "../engine/synced-state.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import type { BookingStore, LocalItem } from "../ports/BookingStore.ts";
import type { ChangeRecordRepository, NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { failureOf } from "./failure.ts";
import { Lease, LeaseLostError } from "./Lease.ts";
import type { PullDependencies } from "./PullCalendar.ts";
import { policyOf } from "./policy-of.ts";

export interface PushDependencies extends PullDependencies {
  store: BookingStore;
  records: ChangeRecordRepository;
}

/** What one push did; one line of the log. */
export interface PushReport {
  outcome: "pushed" | "disabled" | "gone";
  created: number;
  updated: number;
  deleted: number;
  unchanged: number;
  failed: number;
}

/** One reference on its way to the calendar. */
interface Task {
  reference: ReferenceRow;
  local: LocalItem | null;
  plan: OutboundPlan;
}

/** What became of a task. */
interface Result {
  patch: ReferencePatch;
  record: NewChangeRecord | null;
  /** False when the wish for a push stays. */
  done: boolean;
}

/** A task whose event turned out to be different from what we thought. */
interface Changed {
  task: Task;
  change: ExternalChange;
  /** The event that an earlier create had made, not linked yet. */
  foundId: string | null;
}

/** An earlier create had succeeded although its answer was lost. */
class FoundInstead extends Error {
  readonly written: WrittenEvent;
  constructor(written: WrittenEvent) {
    super("An earlier create had made the event.");
    this.written = written;
  }
}

/** So many writes failing one after the other mean that the next ones would fail too. */
const MAX_IN_A_ROW = 3;

/** Most times that a write is planned anew because the event turned out to have changed. */
const MAX_ROUNDS = 4;

/**
 * Makes the events of one calendar equal to their bookings. Each round takes a batch: what is about to be written is
 * noted first (so that a lost answer is recognised), then written, then stored with one transaction.
 */
export class PushCalendar {
  readonly #deps: PushDependencies;
  constructor(deps: PushDependencies) {
    this.#deps = deps;
  }

  /** @throws RetryLater when another worker has the calendar or when the account as a whole fails. */
  async run(calendarSyncId: string): Promise<{ report: PushReport; again: RunAgain | undefined }> {
    const { prisma, calendars, references, settings, log, gateway } = this.#deps;
    const report: PushReport = {
      outcome: "pushed",
      created: 0,
      updated: 0,
      deleted: 0,
      unchanged: 0,
      failed: 0,
    };
    const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings);
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
      const service = await gateway.serviceFor(lease.row.credentialId);
      while (await this.#round(lease, service, report)) lease.signal.throwIfAborted();
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
      await this.#fail(lease, error);
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
    const results: Result[] = [];
    let broken: unknown = null;
    let inARow = 0;
    for (let attempt = 0; tasks.length > 0 && attempt < MAX_ROUNDS && !broken; attempt++) {
      await this.#announce(lease, tasks);
      const changed: Changed[] = [];
      for (const task of tasks) {
        try {
          lease.signal.throwIfAborted();
          results.push(await this.#execute(lease.row, service, task, report));
          inARow = 0;
        } catch (error) {
          const scope = scopeOf(error);
          if (error instanceof FoundInstead) {
            changed.push({
              task,
              change: { type: "upsert", event: error.written.event },
              foundId: error.written.eventId,
            });
          } else if (isCalendarError(error, "VERSION_CONFLICT", "EVENT_NOT_FOUND")) {
            changed.push({ task, change: await this.#readAgain(lease.row, service, task), foundId: null });
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
    await this.#store(lease, results, requestedAt);
    if (broken) throw broken;
    return true;
  }

  async #plan(calendar: CalendarSyncRow, references: readonly ReferenceRow[]): Promise<Task[]> {
    const { prisma, store, now } = this.#deps;
    const ids = [...new Set(references.map((reference) => reference.bookingId))].sort((a, b) => a - b);
    const items = new Map(
      (await prisma.$transaction((tx) => store.loadItems(tx, ids))).map((item) => [item.bookingId, item]),
    );
    const policy = policyOf(calendar);
    return references.map((reference) => {
      const local = items.get(reference.bookingId) ?? null;
      return { reference, local, plan: planOutbound({ reference, local, policy, now: now() }) };
    });
  }

  /** Notes what is about to be written, so that the write is recognised as ours even if its answer never comes. */
  async #announce(lease: Lease, tasks: readonly Task[]): Promise<void> {
    const { prisma, references } = this.#deps;
    const patches = tasks.flatMap(({ reference, plan }): ReferencePatch[] => {
      if (plan.kind === "create") {
        const pending = withWrite(reference.pending, plan.local);
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
        ? [{ id: reference.id, pending: withWrite(reference.pending, plan.local) }]
        : [];
    });
    if (patches.length === 0) return;
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      await references.update(tx, patches);
    });
  }

  async #execute(
    calendar: CalendarSyncRow,
    service: CalendarService,
    { reference, plan }: Task,
    report: PushReport,
  ): Promise<Result> {
    const { now } = this.#deps;
    const ref: EventRef = {
      calendarId: calendar.externalCalendarId,
      eventId: reference.externalEventId ?? "",
    };
    switch (plan.kind) {
      case "none": {
        report.unchanged += 1;
        const patch: ReferencePatch = {
          id: reference.id,
          errorCount: 0,
          lastError: null,
          lastErrorMessage: null,
        };
        if (plan.deleted) patch.status = "DELETED";
        return { patch, record: null, done: true };
      }
      case "create": {
        const written = await service.createEvent(calendar.externalCalendarId, plan.event, plan.key);
        if (written.existed) throw new FoundInstead(written);
        report.created += 1;
        const reason = plan.generation > 0 ? "event-recreated" : "event-created";
        return this.#written(calendar, reference, plan, written, reason);
      }
      case "update": {
        // With an unfinished write behind us the version is not known for sure; the provider's precondition finds out.
        const written = await service.updateEvent(ref, plan.event, reference.version);
        report.updated += 1;
        return this.#written(calendar, reference, plan, written, "event-updated");
      }
      case "delete": {
        const { unanswered } = plan;
        const found =
          unanswered &&
          (await service.createEvent(calendar.externalCalendarId, unanswered.event, unanswered.key));
        const eventId = found?.eventId ?? ref.eventId;
        await service.deleteEvent({ ...ref, eventId }, found ? found.version : reference.version);
        report.deleted += 1;
        const patch: ReferencePatch = {
          id: reference.id,
          status: "DELETED",
          externalEventId: eventId,
          pending: null,
          errorCount: 0,
          lastError: null,
          lastErrorMessage: null,
          lastPushedAt: now(),
        };
        const record = pushRecord(
          calendar,
          reference,
          eventId,
          "event-deleted",
          reference.base?.remote ?? null,
          null,
          reference.version,
        );
        return { patch, record, done: true };
      }
    }
  }

  #written(
    calendar: CalendarSyncRow,
    reference: ReferenceRow,
    plan: Extract<OutboundPlan, { kind: "create" | "update" }>,
    written: WrittenEvent,
    reason: ReasonCode,
  ): Result {
    const { now } = this.#deps;
    const remote = toSnapshot(written.event);
    const patch: ReferencePatch = {
      id: reference.id,
      externalEventId: written.eventId,
      iCalUid: written.iCalUid,
      version: written.version,
      sequence: Math.max(reference.sequence, written.sequence ?? 0, plan.event.sequence),
      base: { local: plan.local, remote },
      pending: null,
      status: "SYNCED",
      errorCount: 0,
      lastError: null,
      lastErrorMessage: null,
      lastPushedAt: now(),
    };
    const record = pushRecord(
      calendar,
      reference,
      written.eventId,
      reason,
      reference.base?.remote ?? null,
      remote,
      written.version,
    );
    return { patch, record, done: true };
  }

  /** The event is not what we thought: what it is now is merged before anything is written. */
  async #readAgain(
    calendar: CalendarSyncRow,
    service: CalendarService,
    { reference }: Task,
  ): Promise<ExternalChange> {
    const eventId = reference.externalEventId ?? "";
    const event = await service.getEvent({ calendarId: calendar.externalCalendarId, eventId });
    return event
      ? { type: "upsert", event }
      : { type: "delete", eventId, seriesId: null, originalStart: null, version: null };
  }

  /** Applies what was found out there, as a pull would, and plans the same references anew. */
  async #merge(lease: Lease, changed: readonly Changed[]): Promise<Task[]> {
    if (changed.length === 0) return [];
    const { prisma, applier, references, now } = this.#deps;
    const at = now();
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      const found = changed.filter(({ foundId }) => foundId !== null);
      await references.update(
        tx,
        found.map(({ task, foundId }) => ({ id: task.reference.id, externalEventId: foundId })),
      );
      const window = { start: at, end: at };
      const applied = await applier.apply(
        tx,
        lease.row,
        changed.map(({ change }) => change),
        window,
        at,
      );
      const others = applied.pushCalendarIds.filter((id) => id !== lease.row.id);
      await enqueueMany(
        tx,
        others.map((id) => ({ job: pushCalendarJob, payload: { calendarSyncId: id } })),
      );
    });
    return this.#plan(
      lease.row,
      await references.findByIds(
        prisma,
        changed.map(({ task }) => task.reference.id),
      ),
    );
  }

  #failed(calendar: CalendarSyncRow, { reference }: Task, error: unknown): Result {
    const { settings, now, random } = this.#deps;
    const failure = failureOf(error);
    const tries = reference.errorCount + 1;
    const patch: ReferencePatch = {
      id: reference.id,
      errorCount: tries,
      lastError: failure.code,
      lastErrorMessage: failure.message,
    };
    if (failure.final || tries >= settings.pushMaxTries) {
      patch.status = "ERROR";
      const record = {
        ...pushRecord(
          calendar,
          reference,
          reference.externalEventId,
          "push-refused",
          null,
          { code: failure.code },
          null,
        ),
        result: "REFUSED" as const,
      };
      return { patch, record, done: true };
    }
    const pauseMs =
      failure.retryAfterMs ??
      backoffMs({
        attempt: tries,
        baseMs: settings.backoffBaseMs,
        ceilingMs: settings.backoffCeilingMs,
        random,
      });
    patch.nextPushAt = new Date(now().getTime() + pauseMs);
    return { patch, record: null, done: false };
  }

  async #store(
    lease: Lease,
    results: readonly Result[],
    requestedAt: ReadonlyMap<string, Date | null>,
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
      await calendars.notePushed(tx, lease.row.id, now());
    });
  }

  async #fail(lease: Lease, error: unknown): Promise<void> {
    const { prisma, calendars, settings, now, random, log } = this.#deps;
    if (error instanceof LeaseLostError) return;
    const failure = failureOf(error);
    const pauseMs =
      failure.retryAfterMs ??
      backoffMs({
        attempt: lease.row.errorCount + 1,
        baseMs: settings.backoffBaseMs,
        ceilingMs: settings.backoffCeilingMs,
        random,
      });
    const at = now();
    log.warn(
      { calendarSyncId: lease.row.id, provider: lease.row.provider, code: failure.code, pauseMs, err: error },
      "push failed",
    );
    lease.endsWith();
    await calendars.recordFailure(prisma, lease.row.id, lease.owner, {
      code: failure.code,
      message: failure.message,
      at,
      nextPollAt: new Date(at.getTime() + (failure.final ? settings.backoffCeilingMs : pauseMs)),
      final: failure.final,
    });
    if (!failure.final)
      throw new RetryLater({ afterMs: pauseMs, reason: `The push failed: ${failure.code}.`, cause: error });
  }
}

/** Most writes without an answer that are remembered; the provider has refused or lost the older ones for good by then. */
const MAX_PENDING = 10;

/**
 * Adds a write that is about to be made to those without an answer. The earlier ones stay: any of them may be what the event
 * shows, and none of them is a person's change.
 */
function withWrite(pending: readonly SyncedState[], snapshot: EventSnapshot): SyncedState[] {
  const others = pending.filter((write) => differingFields(write.local, snapshot).length > 0);
  return [...others, { local: snapshot, remote: snapshot }].slice(-MAX_PENDING);
}

/** What an error is about: the one event that was written, the account as a whole, or hard to say. */
function scopeOf(error: unknown): "event" | "account" | "unclear" {
  if (!isCalendarError(error)) return "account";
  if (isCalendarError(error, "INVALID_REQUEST", "PERMISSION_DENIED", "UNSUPPORTED_OPERATION")) return "event";
  return isCalendarError(error, "NETWORK_ERROR", "CALENDAR_API_ERROR") ? "unclear" : "account";
}

function pushRecord(
  calendar: CalendarSyncRow,
  reference: ReferenceRow,
  externalEventId: string | null,
  reason: ReasonCode,
  before: unknown,
  after: unknown,
  providerVersion: string | null,
): NewChangeRecord {
  return {
    userId: calendar.userId,
    bookingId: reference.bookingId,
    calendarSyncId: calendar.id,
    referenceId: reference.id,
    externalEventId,
    source: "SYNC",
    result: "APPLIED",
    action: "push",
    reason,
    before,
    after,
    providerVersion,
    actionId: null,
  };
}
