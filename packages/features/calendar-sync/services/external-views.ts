import { createHash } from "node:crypto";
import type { EventTime, Interval } from "@calsync/types";
import { toInterval } from "../engine/busy-times.ts";
import { NOT_EDITABLE, type NotEditable } from "../engine/editability.ts";
import type { WantedFields } from "../engine/plan-external-edit.ts";
import { explainReason } from "../engine/reasons.ts";
import type { ExternalEditRow } from "../repositories/ExternalEditRepository.ts";
import { type ExternalTarget, occurrenceTime } from "./external-targets.ts";

/** A host's edit of an event that is not ours, and what became of it. */
export interface ExternalEditView {
  id: string;
  calendarSyncId: string;
  kind: "edit" | "delete";
  wanted: WantedFields;
  /** `conflict`: the host is asked which side counts. */
  status: "pending" | "applied" | "refused" | "conflict" | "discarded";
  /** Why it ended so, as a sentence; null while it waits. */
  explanation: string | null;
  /** What went wrong at the last try. */
  lastError: string | null;
  requestedAt: Date;
  finishedAt: Date | null;
}

/** An event of a connected calendar that is not ours, or one occurrence of it. */
export interface ExternalEventView {
  id: string;
  calendarSyncId: string;
  calendarName: string;
  provider: string;
  title: string;
  description: string;
  location: string;
  /** When it takes place: instants, and as the event says it. */
  start: Date;
  end: Date;
  time: EventTime | null;
  /** Part of a series: say which scope an edit has. */
  recurring: boolean;
  /** Names the occurrence in requests; null for what is no occurrence. */
  originalStart: string | null;
  version: string | null;
  url: string | null;
  editable: boolean;
  notEditableReason: NotEditable | null;
  notEditableExplanation: string | null;
  /** The last edit that is on its way, asks something, or was refused a short while ago. */
  edit: ExternalEditView | null;
}

export function toEditView(row: ExternalEditRow): ExternalEditView {
  return {
    id: row.id,
    calendarSyncId: row.calendarSyncId,
    kind: row.kind,
    wanted: row.wanted,
    status: row.status.toLowerCase() as Lowercase<ExternalEditRow["status"]>,
    explanation: row.reason === null ? null : explainReason(row.reason),
    lastError: row.lastErrorMessage,
    requestedAt: row.requestedAt,
    finishedAt: row.finishedAt,
  };
}

/** Names a provider's version of an event in a form that fits into an ETag; versions are often quoted ETags themselves. */
export function versionToken(version: string | null): string | null {
  return version === null ? null : createHash("sha256").update(version).digest("base64url").slice(0, 22);
}

/** @param at when the occurrence takes place; the event's own time when null */
export function toEventView(
  { row, event, seriesId, originalStart }: ExternalTarget,
  at: Interval | null,
  refusal: NotEditable | null,
  edit: ExternalEditRow | null,
): ExternalEventView {
  const series = event?.recurrence && originalStart !== "" ? event : null;
  const time = series ? occurrenceTime(series, originalStart) : (event?.time ?? null);
  const { start, end } =
    at ?? (time ? toInterval(time, row.timeZone) : { start: new Date(0), end: new Date(0) });
  return {
    id: row.id,
    calendarSyncId: row.calendarSyncId,
    calendarName: row.calendarName,
    provider: row.provider,
    title: event?.title ?? "",
    description: event?.description ?? "",
    location: event?.location ?? "",
    start,
    end,
    time,
    recurring: seriesId !== null || Boolean(event?.recurrence),
    originalStart: seriesId === null ? null : originalStart,
    version: versionToken(event?.version ?? row.version),
    url: event?.url ?? null,
    editable: refusal === null,
    notEditableReason: refusal,
    notEditableExplanation: refusal && NOT_EDITABLE[refusal],
    edit: edit && toEditView(edit),
  };
}
