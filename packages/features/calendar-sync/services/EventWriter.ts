import { CalendarError, isCalendarError } from "@calsync/lib";
import type { CalendarService, EventRef, EventVersion, WrittenEvent } from "@calsync/types";
import { measureSkew } from "../engine/clock-compare.ts";
import { idempotencyKey, type OutboundPlan } from "../engine/plan-outbound.ts";
import { differingFields, toSnapshot } from "../engine/snapshot.ts";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { ReferenceRow } from "../repositories/rows.ts";
import { clockGranularityOf } from "./clock-trust.ts";
import { eventRefOf } from "./event-ref.ts";
import type { Lease } from "./Lease.ts";
import type { PushDependencies, PushReport } from "./push-report.ts";
import {
  deletedResult,
  type PushResult,
  unansweredCreates,
  unchangedResult,
  writtenResult,
} from "./push-results.ts";

/** One reference on its way to the calendar. */
export interface WriteTask {
  reference: ReferenceRow;
  local: LocalItem | null;
  plan: OutboundPlan;
}

/** An earlier create had succeeded although its answer was lost. */
export class FoundInstead extends Error {
  readonly written: WrittenEvent;
  readonly generation: number;
  constructor(written: WrittenEvent, generation: number) {
    super("An earlier create had made the event.");
    this.written = written;
    this.generation = generation;
  }
}

/** Most keys of deleted events that one create passes over. */
const MAX_GENERATIONS = 20;

/** Writes the events of one calendar, one call after the other, as long as its lease is held. */
export class EventWriter {
  readonly #deps: Pick<PushDependencies, "now" | "gateway">;
  readonly #lease: Lease;
  readonly #service: CalendarService;
  constructor(deps: Pick<PushDependencies, "now" | "gateway">, lease: Lease, service: CalendarService) {
    this.#deps = deps;
    this.#lease = lease;
    this.#service = service;
  }

  /**
   * @param report counts what was done
   * @throws FoundInstead when the event was there already
   */
  async write({ reference, plan }: WriteTask, report: PushReport): Promise<PushResult> {
    const { now, gateway } = this.#deps;
    const service = this.#service;
    const calendar = this.#lease.row;
    const ref = eventRefOf(calendar.externalCalendarId, reference);
    const context = { calendar, reference, now: now() };
    switch (plan.kind) {
      case "none":
      case "review":
        report.unchanged += 1;
        return unchangedResult(reference, plan.kind === "none" && plan.deleted);
      case "create": {
        const calledAt = now();
        const { written, generation } = await this.#create(reference, plan);
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
        const version = await this.#versionOf(ref, reference);
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
        // Somebody was here before us: with an event that we had not heard of, they may have gone to another calendar.
        return deletedResult(context, eventId, found?.event.status === "cancelled");
      }
    }
  }

  /**
   * Creates the event, or finds it. A deleted one that this reference has never tried to write comes from an earlier life
   * of the link (the calendar was disconnected meanwhile): nobody has answered this booking with it, so the next key is used.
   */
  async #create(
    reference: ReferenceRow,
    plan: Extract<OutboundPlan, { kind: "create" }>,
  ): Promise<{ written: WrittenEvent; generation: number }> {
    const lease = this.#lease;
    let { generation, key } = plan;
    for (;;) {
      const written = await this.#service.createEvent(lease.row.externalCalendarId, plan.event, key);
      const untried = unansweredCreates(reference, plan).length === 0;
      const stale = written.existed && written.event.status === "cancelled" && untried;
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
    ref: EventRef,
    { seriesReferenceId, version, base, status }: ReferenceRow,
  ): Promise<EventVersion | null> {
    if (seriesReferenceId === null || version !== null || status === "DELETED") return version;
    const current = await this.#service.getEvent(ref);
    if (!current) throw new CalendarError("EVENT_NOT_FOUND", "The series has no such instance any more.");
    if (
      base &&
      (current.status === "cancelled" || differingFields(toSnapshot(current), base.remote).length > 0)
    ) {
      throw new CalendarError("VERSION_CONFLICT", "The instance was changed out there.");
    }
    return current.version;
  }
}

/** What an error is about: the one event that was written, the account as a whole, or hard to say. */
export function scopeOf(error: unknown): "event" | "account" | "unclear" {
  if (!isCalendarError(error)) return "account";
  if (
    isCalendarError(
      error,
      "INVALID_REQUEST",
      "PERMISSION_DENIED",
      "UNSUPPORTED_OPERATION",
      "EVENT_UNREADABLE",
    )
  )
    return "event";
  return isCalendarError(error, "NETWORK_ERROR", "CALENDAR_API_ERROR") ? "unclear" : "account";
}
