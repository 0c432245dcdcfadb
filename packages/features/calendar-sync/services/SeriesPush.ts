import { enqueueMany } from "@calsync/jobs";
import { CalendarError, isCalendarError } from "@calsync/lib";
import type { CalendarService, ExternalChange, WrittenEvent } from "@calsync/types";
import { hasEnded } from "../engine/plan-inbound.ts";
import { idempotencyKey } from "../engine/plan-outbound.ts";
import { planSeriesOutbound } from "../engine/plan-series-outbound.ts";
import { toSnapshot } from "../engine/snapshot.ts";
import type { SyncedSeries } from "../engine/synced-state.ts";
import { visibilityOf } from "../engine/view.ts";
import type { SeriesReferenceRow } from "../repositories/rows.ts";
import type {
  SeriesReferencePatch,
  SeriesReferenceRepository,
} from "../repositories/SeriesReferenceRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { asShown } from "./as-shown.ts";
import { readNow } from "./event-ref.ts";
import { failureOf } from "./failure.ts";
import { jobsAfterMerge } from "./follow-ups.ts";
import type { Lease } from "./Lease.ts";
import { localOf } from "./local-of.ts";
import { AHEAD } from "./planned-change.ts";
import { policyOf } from "./policy-of.ts";
import type { PushDependencies, PushReport } from "./push-report.ts";
import { retryAt, withPendingWrite } from "./push-results.ts";
import { placeOccurrences, type SeriesTask, seriesRecord } from "./series-push-results.ts";

/** What the push of a series works with. */
export interface SeriesPushDependencies extends PushDependencies {
  seriesReferences: SeriesReferenceRepository;
}

/** Most times that a write is planned anew because the event turned out to have changed. */
const MAX_ROUNDS = 4;
/** Most keys of deleted events that one create passes over. */
const MAX_GENERATIONS = 20;
const BATCH = 10;

/**
 * Writes the recurring events of series: one call for a whole series. What single occurrences have apart from it is written
 * afterwards, as instances, by PushCalendar.
 */
export class SeriesPush {
  readonly #deps: SeriesPushDependencies;
  constructor(deps: SeriesPushDependencies) {
    this.#deps = deps;
  }

  /** Works off the series of a calendar that are due. @throws what concerns the account as a whole */
  async run(lease: Lease, service: CalendarService, report: PushReport): Promise<void> {
    const { prisma, seriesReferences, now } = this.#deps;
    for (;;) {
      const due = await seriesReferences.findDuePushes(prisma, lease.row.id, now(), BATCH);
      for (const reference of due) {
        lease.check();
        await this.#push(lease, service, reference, report);
      }
      if (due.length < BATCH) return;
    }
  }

  async #push(
    lease: Lease,
    service: CalendarService,
    due: SeriesReferenceRow,
    report: PushReport,
  ): Promise<void> {
    let error: unknown = new CalendarError(
      "VERSION_CONFLICT",
      "The series changed each time that it was to be written.",
    );
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const task = await this.#load(lease, due.id);
      if (!task) return;
      // Found gone just now: the pull tells what has become of it.
      if (round > 0 && task.reference.deletedSeenAt !== null) break;
      try {
        if (task.plan.kind === "review") {
          if (round > 0) return await this.#finish(lease, task);
          await this.#merge(lease, await this.#read(lease, service, task));
          continue;
        }
        const written = await this.#execute(lease, service, task, report);
        if (written) return await this.#store(lease, task, written);
        return await this.#finish(lease, task);
      } catch (thrown) {
        error = thrown;
        const found = await this.#whatIsThere(lease, service, task, thrown);
        if (found) await this.#merge(lease, found);
        else if (isCalendarError(thrown, "INVALID_REQUEST", "PERMISSION_DENIED", "UNSUPPORTED_OPERATION"))
          break;
        else throw thrown;
      }
    }
    report.failed += 1;
    await this.#fail(due, error);
  }

  /** The series as it is now on our side, and what that asks of its event. */
  async #load({ row }: Lease, id: string): Promise<SeriesTask | null> {
    const { prisma, references, seriesReferences, store, gateway, now } = this.#deps;
    const at = now();
    return prisma.$transaction(async (tx) => {
      const [reference] = await seriesReferences.findForChanges(tx, row.id, [id]);
      if (!reference) return null;
      const [local = null] = (await store.series?.load(tx, [reference.seriesId])) ?? [];
      const found = await references.findOfSeries(tx, [id]);
      const rows = asShown(found, gateway.capabilitiesOf(row.provider));
      const ids = rows.map(({ bookingId }) => bookingId).sort((a, b) => a - b);
      const items = new Map((await store.loadItems(tx, ids)).map((item) => [item.bookingId, item]));
      const occurrences = rows.map((one) => ({ reference: one, item: localOf(one, items) }));
      const known = occurrences
        .flatMap(({ item }) => item ?? [])
        .sort((a, b) => (a.snapshot.time.start < b.snapshot.time.start ? -1 : 1));
      const next = known.find((item) => item.active && !hasEnded(item, at));
      const plan = planSeriesOutbound({
        // A calendar is shown of a series what it is shown of its occurrences.
        reference: { ...reference, ...(rows[0]?.view ? { view: rows[0].view } : {}) },
        local,
        next: next ?? known.at(-1) ?? null,
        // A series that was called off altogether has not taken place, whenever that was.
        over: next === undefined && local?.active !== false,
        policy: policyOf(row),
      });
      return { reference, local, occurrences, plan };
    });
  }

  /** @returns what the calendar holds now; null when nothing was written to a series that stays */
  async #execute(
    lease: Lease,
    service: CalendarService,
    task: SeriesTask,
    report: PushReport,
  ): Promise<WrittenEvent | null> {
    const { reference, plan } = task;
    const calendarId = lease.row.externalCalendarId;
    await this.#announce(lease, task);
    switch (plan.kind) {
      case "none":
      case "review":
        return null;
      case "create": {
        let { generation, key } = plan;
        for (let tries = 0; ; tries++) {
          const written = await service.createEvent(calendarId, plan.event, key);
          const stale =
            written.existed && written.event.status === "cancelled" && reference.pending.length === 0;
          if (written.existed && (!stale || tries === MAX_GENERATIONS)) throw new FoundInstead(written);
          if (!written.existed) {
            plan.generation = generation;
            report.created += 1;
            return written;
          }
          generation += 1;
          key = idempotencyKey(reference.id, generation);
        }
      }
      case "update": {
        const ref = { calendarId, eventId: reference.externalEventId ?? "" };
        const written = await service.updateEvent(ref, plan.event, reference.version);
        report.updated += 1;
        return written;
      }
      case "delete": {
        const { unanswered } = plan;
        const found = unanswered && (await service.createEvent(calendarId, unanswered.event, unanswered.key));
        const eventId = found?.eventId ?? reference.externalEventId ?? "";
        await service.deleteEvent({ calendarId, eventId }, found ? found.version : reference.version);
        report.deleted += 1;
        return null;
      }
    }
  }

  /** Notes what is about to be written or deleted, so that it is recognised as ours even if its answer never comes. */
  async #announce(lease: Lease, { reference, plan }: SeriesTask): Promise<void> {
    const { prisma, seriesReferences } = this.#deps;
    if (plan.kind === "delete") {
      await inTransaction(prisma, async (tx) => {
        await lease.fence(tx);
        await seriesReferences.update(tx, [{ id: reference.id, deletePending: true }]);
      });
    }
    if (plan.kind !== "create" && plan.kind !== "update") return;
    const { recurrence } = plan.local;
    const pending = withPendingWrite(reference.pending, plan).map((write): SyncedSeries => {
      const own = reference.pending.find((one) => one === write);
      return own ?? { ...write, local: plan.local, remote: { ...write.remote, recurrence } };
    });
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      await seriesReferences.update(tx, [
        plan.kind === "update"
          ? { id: reference.id, pending }
          : {
              id: reference.id,
              pending,
              generation: plan.generation,
              externalEventId: null,
              base: null,
              version: null,
              status: "PENDING",
            },
      ]);
    });
  }

  /** After a refusal that says that the event is another than we thought: how it is. Null for any other error. */
  async #whatIsThere(
    lease: Lease,
    service: CalendarService,
    task: SeriesTask,
    error: unknown,
  ): Promise<ExternalChange | null> {
    if (error instanceof FoundInstead) return { type: "upsert", event: error.written.event };
    return isCalendarError(error, "VERSION_CONFLICT", "EVENT_NOT_FOUND")
      ? this.#read(lease, service, task)
      : null;
  }

  #read(lease: Lease, service: CalendarService, { reference }: SeriesTask): Promise<ExternalChange> {
    const { externalEventId } = reference;
    return readNow(service, lease.row.externalCalendarId, {
      externalEventId,
      originalStart: "",
      seriesReferenceId: null,
    });
  }

  /** Takes over what was found out there, as a pull would. */
  async #merge(lease: Lease, change: ExternalChange): Promise<void> {
    const { prisma, applier, now } = this.#deps;
    const at = now();
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      const applied = await applier.apply(tx, lease.row, [change], { start: at, end: at }, at, AHEAD);
      await enqueueMany(tx, await jobsAfterMerge(tx, this.#deps.calendars, lease, applied));
    });
  }

  /** The series was written: what both sides agree on from now on, for it and for each of its occurrences. */
  async #store(lease: Lease, task: SeriesTask, written: WrittenEvent): Promise<void> {
    const { prisma, references, seriesReferences, records, calendars, now } = this.#deps;
    const { reference, local, plan } = task;
    if ((plan.kind !== "create" && plan.kind !== "update") || !local) return;
    const remote = { ...toSnapshot(written.event), recurrence: written.event.recurrence ?? [] };
    const visibility = { local: visibilityOf(plan.view), remote: written.event.visibility };
    const base: SyncedSeries = { local: plan.local, remote, visibility };
    const patch: SeriesReferencePatch = {
      id: reference.id,
      externalEventId: written.eventId,
      iCalUid: written.iCalUid,
      version: written.version,
      sequence: Math.max(reference.sequence, written.sequence ?? 0, plan.event.sequence),
      base,
      pending: null,
      deletePending: false,
      status: "SYNCED",
      ...(plan.kind === "create" ? { generation: plan.generation } : {}),
      ...NO_ERROR,
      lastPushedAt: now(),
    };
    const { patches, moved } = placeOccurrences(task, base, written.eventId, now());
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      await seriesReferences.update(tx, [patch]);
      await references.freePlaces(tx, moved);
      await references.update(tx, patches);
      await seriesReferences.clearPushRequest(tx, reference.id, reference.pushRequestedAt);
      await records.append(tx, [seriesRecord(lease.row, task, { event: written, base })], now());
      await calendars.notePushed(tx, lease.row.id, now(), null);
    });
  }

  /** Nothing was written, or the event is gone now as it should be. */
  async #finish(lease: Lease, task: SeriesTask): Promise<void> {
    const { prisma, references, seriesReferences, records, now } = this.#deps;
    const { reference, occurrences, plan } = task;
    const gone = plan.kind === "delete" || (plan.kind === "none" && plan.deleted);
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      await seriesReferences.update(tx, [
        {
          id: reference.id,
          ...NO_ERROR,
          ...(gone ? { status: "DELETED" as const, pending: null, deletePending: false } : {}),
        },
      ]);
      if (gone) {
        await references.update(
          tx,
          occurrences.map((one) => ({ id: one.reference.id, status: "DELETED" as const, pending: null })),
        );
      }
      await seriesReferences.clearPushRequest(tx, reference.id, reference.pushRequestedAt);
      if (plan.kind === "delete") await records.append(tx, [seriesRecord(lease.row, task, null)], now());
    });
  }

  /** The calendar refused it: tried again after a pause, or kept as failed. */
  async #fail(due: SeriesReferenceRow, error: unknown): Promise<void> {
    const { prisma, seriesReferences, settings, now, random } = this.#deps;
    const failure = failureOf(error);
    const attempt = due.errorCount + 1;
    const final = failure.final || attempt >= settings.pushMaxTries;
    await seriesReferences.update(prisma, [
      {
        id: due.id,
        errorCount: attempt,
        lastError: failure.code,
        lastErrorMessage: failure.message,
        ...(final
          ? { status: "ERROR" as const }
          : { nextPushAt: retryAt(now(), attempt, failure.retryAfterMs, settings, random) }),
      },
    ]);
    if (final) await seriesReferences.clearPushRequest(prisma, due.id, due.pushRequestedAt);
  }
}

const NO_ERROR = { errorCount: 0, lastError: null, lastErrorMessage: null };

/** An earlier create had succeeded although its answer was lost. */
class FoundInstead extends Error {
  readonly written: WrittenEvent;
  constructor(written: WrittenEvent) {
    super("An earlier create had made the series.");
    this.written = written;
  }
}
