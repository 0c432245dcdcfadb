import type { CalendarEvent } from "@calsync/types";
import type { CreatePageParameters } from "@notionhq/client";
import { guestList, heldText, linkOf, markerOf, type Row, timeOf } from "./event-mapper.ts";
import { fromEventTime, isSameTime } from "./event-time.ts";
import { type RowMarker, writeMarker } from "./marker.ts";
import { columnOf, type OpenTable } from "./NotionTable.ts";

/** Values to write, by column id. */
export type RowValues = NonNullable<CreatePageParameters["properties"]>;

const MAX_SEGMENT = 2_000;
const MAX_EMAIL = 200;

/** Text as Notion takes it: in segments of at most 2,000 characters, none of which ends in half a character. */
function toRichText(text: string): { text: { content: string } }[] {
  const segments: { text: { content: string } }[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + MAX_SEGMENT, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    segments.push({ text: { content: text.slice(at, end) } });
    at = end;
  }
  return segments;
}

/**
 * What has to be written so that a row says what the event says; empty when it does already. Only columns that differ are
 * named: another one that a person edits at the same moment keeps their edit.
 * @param row null for a row that is to be made
 * @param key the key of a row that is to be made; null leaves a row that is not ours without a note
 */
export function valuesFor(
  event: CalendarEvent,
  row: Row | null,
  table: OpenTable & { markerColumn: string | null },
  key: string | null,
): RowValues {
  const { mapping, markerColumn } = table;
  const values: RowValues = {};
  const { title, time, status } = mapping.columns;
  if (title !== undefined && (!row || heldText(row, table, "title") !== event.title))
    values[title] = { title: toRichText(event.title) };
  const note = row ? markerOf(row, table) : null;
  const nextNote = noteFor(event, note, key);
  const held = row && timeOf(row, table);
  // A row that is not ours notes no zone: it cannot be made to say another one.
  const zoneChanges =
    nextNote !== null && held && !held.allDay && !event.time.allDay && held.timeZone !== event.time.timeZone;
  if (time !== undefined && (!held || !isSameTime(held, event.time) || zoneChanges))
    values[time] = { date: fromEventTime(event.time) };
  writeText(values, event, row, table);
  if (status !== undefined && row && mapping.cancelledOption !== null) writeStatus(values, row, table);
  if (markerColumn !== null && nextNote !== null) {
    const before = note && writeMarker(note);
    const after = writeMarker(nextNote);
    if (before !== after) values[markerColumn] = { rich_text: toRichText(after) };
  }
  return values;
}

function writeText(values: RowValues, event: CalendarEvent, row: Row | null, table: OpenTable): void {
  const texts = {
    description: event.description,
    location: event.location,
    attendees: guestList(event),
    link: linkOf(event) ?? "",
  };
  for (const [field, text] of Object.entries(texts) as [keyof typeof texts, string][]) {
    const column = columnOf(table, field);
    if (!column || (row ? heldText(row, table, field) : "") === text) continue;
    // Guests that a person has written into a row that is not ours are theirs.
    if ((field === "attendees" || field === "link") && row && markerOf(row, table) === null) continue;
    switch (column.type) {
      case "rich_text":
        values[column.id] = { rich_text: toRichText(text) };
        break;
      case "select":
        // Options hold no commas and are short; what does not fit into one stays out.
        values[column.id] = {
          select: text === "" ? null : { name: text.replaceAll(",", " ").slice(0, 100) },
        };
        break;
      case "url":
        values[column.id] = { url: text === "" ? null : text };
        break;
      case "email":
        values[column.id] = { email: event.attendees[0]?.email.slice(0, MAX_EMAIL) ?? null };
        break;
    }
  }
}

/** A row that was called off stands again. */
function writeStatus(values: RowValues, row: Row, table: OpenTable): void {
  const column = columnOf(table, "status");
  if (!column || heldText(row, table, "status") !== table.mapping.cancelledOption) return;
  if (column.type === "select") {
    values[column.id] = { select: null };
    return;
  }
  // A status that is reset has its default again, unless that is the very option.
  const other = column.options.find((option) => option !== table.mapping.cancelledOption);
  if (other !== undefined) values[column.id] = { status: { name: other } };
}

function noteFor(event: CalendarEvent, before: RowMarker | null, key: string | null): RowMarker | null {
  const known = before?.key ?? key;
  if (known === null) return null;
  return {
    key: known,
    marker: event.marker ?? before?.marker ?? null,
    uid: event.iCalUid || (before?.uid ?? null),
    sequence: Math.max(event.sequence, before?.sequence ?? 0),
    timeZone: event.time.allDay ? null : event.time.timeZone,
    free: event.transparency === "free",
  };
}
