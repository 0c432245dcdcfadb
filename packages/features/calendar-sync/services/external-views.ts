import { createHash } from "node:crypto";
import type { EventTime, Interval } from "@calsync/types";
import { toInterval } from "../engine/busy-times.ts";
import { NOT_EDITABLE, type NotEditable } from "../engine/editability.ts";
import { EDITABLE_FIELDS, type EditableField, type WantedFields } from "../engine/plan-external-edit.ts";
import { explainReason } from "../engine/reasons.ts";
import { sameField } from "../engine/snapshot.ts";
import type { AskingEditRow, ExternalEditRow } from "../repositories/ExternalEditRepository.ts";
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

/** A field on which a host's edit and the calendar differ. */
export interface EditComparison {
  field: EditableField;
  /** What the host saw when they made the edit. */
  before: EventTime | string;
  /** What they want; null when they want the event deleted. */
  mine: EventTime | string | null;
  /** How it is in the calendar. */
  calendar: EventTime | string;
}

/** An edit that met another one in the calendar, with what is needed to say which side counts. */
export interface AskingEditView extends ExternalEditView {
  calendar: { id: string; name: string; provider: string };
  /** The event's title as the host saw it. */
  title: string;
  comparison: EditComparison[];
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

/** A host's edit of an event that is not ours, as they are shown it. */
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

/** The sides of an edit that asks: the fields that it is about and in which they differ. All others are kept from both. */
export function toAskingView(row: AskingEditRow): AskingEditView {
  const { base, wanted, remote, kind } = row;
  const there = remote ?? base;
  const mine = { ...base, ...wanted };
  const concerned = EDITABLE_FIELDS.filter((field) => kind === "delete" || wanted[field] !== undefined);
  return {
    ...toEditView(row),
    calendar: { id: row.calendarSyncId, name: row.calendarName, provider: row.provider },
    title: base.title,
    comparison: concerned
      .filter((field) => !sameField(field, mine, there))
      .map((field) => ({
        field,
        before: base[field],
        mine: kind === "delete" ? null : mine[field],
        calendar: there[field],
      })),
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
