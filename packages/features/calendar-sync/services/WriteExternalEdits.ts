import { RetryLater, type RunAgain } from "@calsync/jobs";
import { backoffMs, CalendarError, isCalendarError } from "@calsync/lib";
import type { CalendarService, EventRef, ExternalChange, ExternalEvent } from "@calsync/types";
import { type ExternalEditPlan, planExternalEdit } from "../engine/plan-external-edit.ts";
import { toSnapshot } from "../engine/snapshot.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ExternalEditRepository, ExternalEditRow } from "../repositories/ExternalEditRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { clockTrustOf } from "./clock-trust.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { endWithFailure } from "./end-with-failure.ts";
import { failureOf } from "./failure.ts";
import { Lease } from "./Lease.ts";
import type { Mirror } from "./Mirror.ts";
import { mirrorWindow } from "./mirror-window.ts";
import { policyOf } from "./policy-of.ts";

/** What edits of events that are not ours are written with. */
export interface WriteExternalEditsDependencies extends EngineDependencies {
  edits: ExternalEditRepository;
  mirror: Mirror;
}

/** What became of one edit: how it ends, and what the calendar holds now. */
interface Ended {
  plan:
    | Exclude<ExternalEditPlan, { kind: "write" | "delete" }>
    | { kind: "written"; reason: ExternalEditPlan["reason"] };
  /** As it is in the calendar now; null when it is not there any more. */
  event: ExternalEvent | null;
  /** Its own id, once it is known: an occurrence is asked for by its series. */
  eventId: string | null;
  error: { code: string; message: string } | null;
}

/** Edits that one run takes. */
const BATCH = 100;
/** Most times that an edit is merged anew because the event was changed at the same moment. */
const MAX_ROUNDS = 4;

/**
 * Writes hosts' edits of events that are not ours through to their calendar, under its lease: reads the event, merges, writes
 * under the version that was read. A try whose answer was lost finds its work done. The mirror takes over what the provider
 * answers in the same transaction that ends the edit.
 */
export class WriteExternalEdits {
  readonly #deps: WriteExternalEditsDependencies;
  constructor(deps: WriteExternalEditsDependencies) {
    this.#deps = deps;
  }

  /** @throws RetryLater when another worker has the calendar or when the account as a whole fails. */
  async run(calendarSyncId: string): Promise<RunAgain | undefined> {
    const { prisma, calendars, settings, gateway, edits, now, random, log } = this.#deps;
    const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings, now);
    if ("refused" in lease) {
      if (lease.refused !== "busy") return undefined;
      throw new RetryLater({ afterMs: 100 + random() * 300, reason: "Another worker has this calendar." });
    }
    try {
      const pending = await edits.findPending(prisma, calendarSyncId, BATCH);
      if (pending.length === 0) return undefined;
      const service = await gateway.serviceFor(lease.row.credentialId);
      // What waits for a later try holds up the later edits of the same event: each was made on top of the one before.
      const heldUp = new Map<string, Date>();
      for (const edit of pending) {
        const target = `${edit.seriesId ?? edit.externalEventId} ${edit.originalStart}`;
        const waits = heldUp.get(target) ?? (edit.nextAttemptAt > now() ? edit.nextAttemptAt : null);
        const next = waits ?? (await this.#write(lease, service, edit));
        if (next) heldUp.set(target, next);
      }
      log.info({ calendarSyncId, edits: pending.length, waiting: heldUp.size }, "external edits written");
      const next = Math.min(...[...heldUp.values()].map((at) => at.getTime()));
      return heldUp.size > 0 ? { again: new Date(next) } : undefined;
    } catch (error) {
      await endWithFailure(this.#deps, lease, "push", error);
      throw error;
    } finally {
      await lease[Symbol.asyncDispose]();
    }
  }

  /** @returns when to try again, or null when it is over */
  async #write(lease: Lease, service: CalendarService, edit: ExternalEditRow): Promise<Date | null> {
    const { prisma, edits, settings, now, random } = this.#deps;
    lease.signal.throwIfAborted();
    try {
      await this.#store(lease, edit, await this.#attempt(lease, service, edit));
      return null;
    } catch (error) {
      if (!isCalendarError(error)) throw error;
      const failure = failureOf(error);
      // The account or the calendar as a whole: everything waits.
      if (!isAboutEvent(error) && !isUnclear(error)) throw error;
      if (isAboutEvent(error) || edit.attempts + 1 >= settings.pushMaxTries) {
        const plan = { kind: "refuse", reason: "external-edit-refused" } as const;
        await this.#store(
          lease,
          edit,
          { plan, event: null, eventId: null, error: failure },
          { keepMirror: true },
        );
        return null;
      }
      const { backoffBaseMs: baseMs, backoffCeilingMs: ceilingMs } = settings;
      const pauseMs =
        failure.retryAfterMs ?? backoffMs({ attempt: edit.attempts + 1, baseMs, ceilingMs, random });
      const until = new Date(now().getTime() + pauseMs);
      await edits.postpone(prisma, edit.id, failure, until);
      return until;
    }
  }

  async #attempt(lease: Lease, service: CalendarService, edit: ExternalEditRow): Promise<Ended> {
    const { now, gateway } = this.#deps;
    const policy = policyOf(lease.row);
    const clock = clockTrustOf(gateway, lease.row);
    const ref: EventRef = {
      calendarId: lease.row.externalCalendarId,
      eventId: edit.externalEventId,
      seriesId: edit.seriesId,
      originalStart: edit.originalStart || null,
    };
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const remote = await service.getEvent(ref);
      const requestedAt = edit.requestedAt.toISOString();
      const plan = planExternalEdit({ ...edit, requestedAt, remote, policy, clock, now: now() });
      try {
        if (plan.kind === "write") {
          const written = await service.updateEvent(ref, plan.event, remote?.version ?? null);
          const { event, eventId } = written;
          return { plan: { kind: "written", reason: plan.reason }, event, eventId, error: null };
        }
        if (plan.kind === "delete") {
          await service.deleteEvent(ref, remote?.version ?? null);
          const eventId = remote?.id ?? null;
          return { plan: { kind: "written", reason: plan.reason }, event: null, eventId, error: null };
        }
        const event = remote?.status === "cancelled" ? null : remote;
        return { plan, event, eventId: remote?.id ?? null, error: null };
      } catch (error) {
        // Somebody was quicker: what they did is merged in the next round.
        if (!isCalendarError(error, "VERSION_CONFLICT", "EVENT_NOT_FOUND")) throw error;
      }
    }
    throw new CalendarError(
      "CALENDAR_API_ERROR",
      "The event changed each time that it was about to be written.",
    );
  }

  async #store(
    lease: Lease,
    edit: ExternalEditRow,
    { plan, event, eventId, error }: Ended,
    { keepMirror = false } = {},
  ): Promise<void> {
    const { prisma, edits, mirror, records, now } = this.#deps;
    const at = now();
    const done = plan.kind === "written" || plan.kind === "done";
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      const status = done ? "APPLIED" : plan.kind === "ask" ? "CONFLICT" : "REFUSED";
      const remote = event && toSnapshot(event);
      const { reason } = plan;
      if (!(await edits.finish(tx, edit.id, { status, reason, remote, error, at }))) return;
      const changes = keepMirror ? [] : changesOf(edit, event, eventId);
      if (changes.length > 0)
        await mirror.apply(tx, lease.row, changes, mirrorWindow(this.#deps.settings, at));
      const record: NewChangeRecord = {
        userId: lease.row.userId,
        bookingId: null,
        calendarSyncId: lease.row.id,
        referenceId: null,
        externalEventId: event?.id ?? edit.externalEventId,
        source: "APP",
        result: done ? "APPLIED" : plan.kind === "ask" ? "HELD" : "REFUSED",
        action: `${edit.kind}-external`,
        reason,
        before: edit.base,
        after: done ? remote : { wanted: edit.wanted, remote, ...(error ? { error: error.code } : {}) },
        providerVersion: event?.version ?? null,
        actionId: null,
      };
      await records.append(tx, [record], at);
    });
  }
}

/** What the mirror is to take over. An occurrence whose own id never came to light is left to the next pull. */
function changesOf(
  { externalEventId, seriesId, originalStart }: ExternalEditRow,
  event: ExternalEvent | null,
  eventId: string | null,
): ExternalChange[] {
  if (event) return [{ type: "upsert", event }];
  const gone = { type: "delete", version: null } as const;
  if (seriesId === null) return [{ ...gone, eventId: externalEventId, seriesId: null, originalStart: null }];
  const own = eventId ?? (externalEventId === seriesId ? null : externalEventId);
  return own === null ? [] : [{ ...gone, eventId: own, seriesId, originalStart }];
}

/** The calendar does not take this change, whenever it is made. */
function isAboutEvent(error: CalendarError): boolean {
  return isCalendarError(
    error,
    "INVALID_REQUEST",
    "PERMISSION_DENIED",
    "UNSUPPORTED_OPERATION",
    "EVENT_UNREADABLE",
  );
}

/** It may be the event, the network or the provider. */
function isUnclear(error: CalendarError): boolean {
  return isCalendarError(error, "NETWORK_ERROR", "CALENDAR_API_ERROR");
}
