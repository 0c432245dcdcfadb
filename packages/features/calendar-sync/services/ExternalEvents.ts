import { enqueueMany } from "@calsync/jobs";
import { AppError, type Clock } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { EventTime, Interval } from "@calsync/types";
import { NOT_EDITABLE, type NotEditable, whyNotEditable, whySeriesTimeFixed } from "../engine/editability.ts";
import type { WantedFields } from "../engine/plan-external-edit.ts";
import { differingFields, type EventSnapshot, toSnapshot } from "../engine/snapshot.ts";
import { writeExternalEditsJob } from "../jobs/write-external-edits.job.ts";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { ExternalEditRepository, ExternalEditRow } from "../repositories/ExternalEditRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { type ExternalTarget, occurrenceOf, originalStartOf, targetOf } from "./external-targets.ts";
import {
  type AskingEditView,
  type ExternalEditView,
  type ExternalEventView,
  toAskingView,
  toEditView,
  toEventView,
  versionToken,
} from "./external-views.ts";

/** Which part of a series a request is about. */
export interface ExternalScope {
  /** Needed for a series: one occurrence, or all of it. A single event has no choice. */
  scope?: "occurrence" | "series" | undefined;
  /** The occurrence, by the start that the rule gives it. */
  originalStart?: string | undefined;
}

/** What a host asks of an event that is not ours. */
export interface ExternalEditRequest extends ExternalScope {
  /** New values; what is left out stays. */
  fields: WantedFields;
  /** The version that the host saw; null when any will do. */
  ifVersion: string | null;
}

/** For how long a refusal is shown beside its event. */
const REFUSALS_SHOWN_MS = 24 * 3_600_000;

/** Most edits that one answer lists. */
const MOST_ASKING = 200;

/** What events that are not ours are shown and edited with. */
export interface ExternalEventsDependencies {
  prisma: PrismaClient;
  gateway: CalendarGateway;
  edits: ExternalEditRepository;
  now: Clock;
}

/**
 * Events of connected calendars that are not ours, and hosts' edits of them: each is noted here together with its job, and
 * written through by WriteExternalEdits. What belongs to another user is not-found `unknown_external_event`.
 */
export class ExternalEvents {
  readonly #deps: ExternalEventsDependencies;
  constructor(deps: ExternalEventsDependencies) {
    this.#deps = deps;
  }

  /** What makes a user busy in a range, one item per event or occurrence, with what is on its way to it. */
  async list(userId: number, range: Interval): Promise<ExternalEventView[]> {
    const { prisma, edits } = this.#deps;
    const [rows, shown] = await Promise.all([
      edits.findBusyInRange(prisma, userId, range),
      edits.findShown(prisma, userId, this.#refusedSince()),
    ]);
    return rows.map(({ start, end, ...row }) => {
      const series = row.snapshot?.recurrence ? row.snapshot : null;
      const target = series
        ? {
            ...targetOf(row),
            seriesId: row.externalEventId,
            originalStart: originalStartOf(series, start, row.timeZone),
          }
        : targetOf(row);
      return this.#view(target, shown, { start, end });
    });
  }

  /** One event, or one occurrence of a series. */
  async get(userId: number, id: string, which: ExternalScope): Promise<ExternalEventView> {
    const { prisma, edits } = this.#deps;
    const target = await this.#find(userId, id, which);
    return this.#view(target, await edits.findShown(prisma, userId, this.#refusedSince()), null);
  }

  /**
   * Notes an edit; a worker writes it in a moment. On top of edits that are still on their way.
   * @throws AppError conflict `not_editable`, `series_time_fixed`, `event_being_deleted`; outdated `external_event_changed`;
   *   invalid `scope_needed`; not-found `unknown_external_event`, `unknown_occurrence`
   */
  edit(userId: number, id: string, request: ExternalEditRequest): Promise<ExternalEditView> {
    return this.#request(userId, id, request, "edit");
  }

  /** Notes a deletion. @throws as `edit` */
  remove(
    userId: number,
    id: string,
    request: Omit<ExternalEditRequest, "fields">,
  ): Promise<ExternalEditView> {
    return this.#request(userId, id, { ...request, fields: {} }, "delete");
  }

  /** @throws AppError not-found `unknown_external_edit` */
  async findEdit(userId: number, editId: string): Promise<ExternalEditView> {
    const { prisma, edits } = this.#deps;
    const row = await edits.findOne(prisma, userId, editId);
    if (row) return toEditView(row);
    throw new AppError("not-found", "unknown_external_edit", "There is no such edit.");
  }

  /** The user's edits that ask which side counts, the newest question first. */
  async listAsking(userId: number): Promise<AskingEditView[]> {
    const { prisma, edits } = this.#deps;
    return (await edits.findAsking(prisma, userId, MOST_ASKING)).map(toAskingView);
  }

  /**
   * Answers the question of an edit that met a change in the calendar.
   * @param choice `mine` writes the edit all the same; `calendar` lets it go
   * @throws AppError conflict `edit_not_asking`; not-found `unknown_external_edit`
   */
  async resolve(userId: number, editId: string, choice: "mine" | "calendar"): Promise<ExternalEditView> {
    const { prisma, edits, now } = this.#deps;
    const { calendarSyncId } = await this.findEdit(userId, editId);
    await inTransaction(prisma, async (tx) => {
      const row = await edits.findOne(tx, userId, editId);
      const at = now();
      const end = {
        status: "DISCARDED",
        reason: "external-edit-discarded",
        remote: null,
        error: null,
        at,
      } as const;
      const asking = row?.status === "CONFLICT";
      const done =
        asking &&
        (choice === "mine" ? await edits.insist(tx, editId, at) : await edits.finish(tx, editId, end));
      if (!done) {
        throw new AppError("conflict", "edit_not_asking", "This edit asks nothing any more.", {
          hint: "Read it again to see what became of it.",
        });
      }
      if (choice === "mine") {
        await enqueueMany(tx, [{ job: writeExternalEditsJob, payload: { calendarSyncId } }]);
      }
    });
    return this.findEdit(userId, editId);
  }

  async #request(
    userId: number,
    id: string,
    request: ExternalEditRequest,
    kind: "edit" | "delete",
  ): Promise<ExternalEditView> {
    const { prisma, edits, now } = this.#deps;
    const target = await this.#find(userId, id, request);
    const { row, event, seriesId, originalStart } = target;
    const refusal = this.#whyNot(target);
    if (refusal || !event) {
      throw new AppError("conflict", "not_editable", NOT_EDITABLE[refusal ?? "unreadable"]);
    }
    if (request.ifVersion !== null && request.ifVersion !== versionToken(event.version)) {
      throw new AppError("outdated", "external_event_changed", "The event has changed since you read it.", {
        hint: "Read it again, and repeat your change with its ETag as If-Match.",
      });
    }
    const seriesOrEventId = seriesId ?? row.externalEventId;
    const editId = await inTransaction(prisma, async (tx) => {
      // Two requests for one event come after one another, so that the second is made on top of the first.
      await edits.lockEvent(tx, row.id);
      const open = await edits.findOpen(tx, {
        calendarSyncId: row.calendarSyncId,
        seriesOrEventId,
        originalStart,
      });
      if (open.some((one) => one.kind === "delete")) {
        throw new AppError("conflict", "event_being_deleted", "This event is being deleted.");
      }
      // What the host sees is the event with their own edits that are still on their way.
      const seen = Object.assign(toSnapshot(event), ...open.map(({ wanted }) => wanted)) as EventSnapshot;
      const wanted = kind === "edit" ? normalised(seen, request.fields) : {};
      if (wanted.time && event.recurrence) {
        const fixed = whySeriesTimeFixed(event, wanted.time);
        if (fixed) {
          const hint = "Move its occurrences one by one, or the series in the calendar itself.";
          throw new AppError("conflict", "series_time_fixed", fixed, { hint });
        }
      }
      const last = open.at(-1)?.requestedAt.getTime() ?? 0;
      const edit = await edits.insert(tx, userId, {
        calendarSyncId: row.calendarSyncId,
        externalEventId: row.externalEventId,
        seriesId,
        originalStart,
        kind,
        base: seen,
        wanted,
        requestedAt: new Date(Math.max(now().getTime(), last + 1)),
      });
      const payload = { calendarSyncId: row.calendarSyncId };
      await enqueueMany(tx, [{ job: writeExternalEditsJob, payload }]);
      return edit;
    });
    return this.findEdit(userId, editId);
  }

  async #find(userId: number, id: string, { scope, originalStart }: ExternalScope): Promise<ExternalTarget> {
    const { prisma, edits } = this.#deps;
    const row = await edits.findEvent(prisma, userId, id);
    if (!row) throw unknownEvent();
    const { calendarSyncId } = row;
    if (row.seriesId !== null && scope === "series") {
      const series = await edits.findByExternalId(prisma, userId, {
        calendarSyncId,
        externalEventId: row.seriesId,
      });
      if (!series) throw unknownEvent();
      return targetOf(series);
    }
    if (!row.snapshot?.recurrence || scope === "series") return targetOf(row);
    if (scope === undefined && originalStart === undefined) {
      throw new AppError("invalid", "scope_needed", "This event is a series.", {
        hint: 'Say scope: "series", or scope: "occurrence" with its originalStart.',
      });
    }
    const occurrence = occurrenceOf(row, originalStart ?? "");
    // An occurrence that was changed by itself is an event of its own.
    const exception = await edits.findByExternalId(prisma, userId, {
      calendarSyncId,
      seriesId: row.externalEventId,
      originalStart: occurrence.originalStart,
    });
    return exception ? targetOf(exception) : occurrence;
  }

  #whyNot({ row, event }: ExternalTarget): NotEditable | null {
    const { direction, inStep, provider } = row;
    const { write } = this.#deps.gateway.capabilitiesOf(provider);
    // A series is over with its last occurrence, which its provider knows.
    const time: EventTime | null = event?.recurrence ? FAR : (event?.time ?? null);
    return whyNotEditable(event, time, { direction, inStep, write }, this.#deps.now());
  }

  #view(target: ExternalTarget, shown: readonly ExternalEditRow[], at: Interval | null): ExternalEventView {
    const { row, seriesId, originalStart } = target;
    const seriesOrEventId = seriesId ?? row.externalEventId;
    const own = shown.filter(
      (edit) =>
        edit.calendarSyncId === row.calendarSyncId &&
        (edit.seriesId ?? edit.externalEventId) === seriesOrEventId &&
        (edit.originalStart === originalStart || edit.originalStart === ""),
    );
    return toEventView(target, at, this.#whyNot(withTime(target, at)), own.at(-1) ?? null);
  }

  #refusedSince(): Date {
    return new Date(this.#deps.now().getTime() - REFUSALS_SHOWN_MS);
  }
}

const FAR: EventTime = { allDay: true, start: "9999-12-30", end: "9999-12-31" };

/** An occurrence in a list stands at its own time, not at that of its series. */
function withTime(target: ExternalTarget, at: Interval | null): ExternalTarget {
  const { event } = target;
  if (!event?.recurrence || !at) return target;
  const time = {
    start: at.start.toISOString(),
    end: at.end.toISOString(),
    allDay: false,
    timeZone: "UTC",
  } as const;
  return { ...target, event: { ...event, time, recurrence: null } };
}

/** The wanted values in the spelling of snapshots, without those that are so already. */
function normalised(seen: EventSnapshot, fields: WantedFields): WantedFields {
  const wanted = toSnapshot({ ...seen, ...fields });
  const changed = differingFields(wanted, seen);
  return Object.fromEntries(
    changed.filter((field) => field !== "attendees").map((field) => [field, wanted[field]]),
  );
}

function unknownEvent(): AppError {
  return new AppError("not-found", "unknown_external_event", "There is no such event in your calendars.");
}
