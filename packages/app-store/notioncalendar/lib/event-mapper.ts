import { createHash } from "node:crypto";
import type { CalendarEvent, EventTime, ExternalEvent, WrittenEvent } from "@calsync/types";
import type { PageObjectResponse } from "@notionhq/client";
import { plainId } from "./columns.ts";
import { toEventTime } from "./event-time.ts";
import { type RowMarker, readMarker } from "./marker.ts";
import type { columnOf, OpenTable } from "./NotionTable.ts";

type PropertyValue = PageObjectResponse["properties"][string];

/** A row by the plain ids of its columns. */
export type Row = Omit<PageObjectResponse, "properties"> & { values: ReadonlyMap<string, PropertyValue> };

/** A page with its cells by the ids of their columns. */
export function toRow({ properties, ...page }: PageObjectResponse): Row {
  return { ...page, values: new Map(Object.values(properties).map((value) => [plainId(value.id), value])) };
}

/** The plain text of a title, text, select or status column. */
function textOf(value: PropertyValue | undefined): string {
  switch (value?.type) {
    case "title":
      return value.title.map((part) => part.plain_text).join("");
    case "rich_text":
      return value.rich_text.map((part) => part.plain_text).join("");
    case "select":
      return value.select?.name ?? "";
    case "status":
      return value.status?.name ?? "";
    case "url":
      return value.url ?? "";
    case "email":
      return value.email ?? "";
    default:
      return "";
  }
}

/** What we noted on a row; null for one that is not ours. */
export function markerOf(row: Row, table: OpenTable): RowMarker | null {
  return table.markerColumn === null ? null : readMarker(textOf(row.values.get(table.markerColumn)));
}

/** Whether a row is one that we have made or taken over. That our bot made it is known also when a person has wiped our note off it. */
export const isOurs = (row: Row, table: OpenTable, botId: string): boolean =>
  markerOf(row, table) !== null || row.created_by.id === botId;

/** When a row's event takes place; null when it has no date, or none that can be read. */
export function timeOf(row: Row, table: OpenTable): EventTime | null {
  const value = row.values.get(table.mapping.columns.time ?? "");
  if (value?.type !== "date" || !value.date) return null;
  const { timeZone, defaultMinutes } = table.mapping;
  return toEventTime(value.date, {
    notedZone: markerOf(row, table)?.timeZone ?? null,
    timeZone,
    defaultMinutes,
  });
}

/**
 * The version of a row. Its time of last edit alone has whole minutes, in which a person may edit after us; so the content of
 * the columns that we know is part of it.
 */
export function versionOf(row: Row, table: OpenTable): string {
  const hash = createHash("sha256");
  const columns = [
    ...Object.values(table.mapping.columns),
    ...(table.markerColumn ? [table.markerColumn] : []),
  ];
  for (const id of columns) {
    const value = row.values.get(id);
    hash.update(`${id}\n${value?.type === "date" ? JSON.stringify(timeOf(row, table)) : textOf(value)}\n`);
  }
  hash.update(String(row.in_trash));
  return `${row.last_edited_time}/${hash.digest("base64url").slice(0, 12)}`;
}

/** A row as an event; null when it is none because it has no date. A row in the trash, or with the option that calls off, is cancelled. */
export function toExternalEvent(row: Row, table: OpenTable): ExternalEvent | null {
  const time = timeOf(row, table);
  if (!time) return null;
  const { mapping } = table;
  const note = markerOf(row, table);
  const text = (field: "title" | "description" | "location" | "status") =>
    textOf(row.values.get(mapping.columns[field] ?? ""));
  const calledOff = mapping.cancelledOption !== null && text("status") === mapping.cancelledOption;
  return {
    id: row.id,
    calendarId: table.id,
    iCalUid: note?.uid ?? null,
    version: versionOf(row, table),
    sequence: note?.sequence ?? null,
    status: row.in_trash || calledOff ? "cancelled" : "confirmed",
    title: text("title"),
    description: text("description"),
    location: text("location"),
    time,
    attendees: [],
    organizer: null,
    selfResponse: null,
    transparency: note?.free ? "free" : "busy",
    visibility: "default",
    recurrence: null,
    seriesId: null,
    originalStart: null,
    marker: note?.marker ?? null,
    updatedAt: new Date(row.last_edited_time).toISOString(),
    url: row.url,
  };
}

/** What a write answers. @param existed whether the event was there before */
export function toWrittenEvent(event: ExternalEvent, existed: boolean): WrittenEvent {
  const { id: eventId, version, iCalUid, sequence } = event;
  return { existed, eventId, version, iCalUid, sequence, event };
}

/** The guests as people read them; it is written and never read, because a row invites nobody. */
export const guestList = (event: CalendarEvent): string =>
  event.attendees.map(({ name, email }) => (name ? `${name} <${email}>` : email)).join(", ");

/** The first address in where the event takes place, or in what it says. */
export const linkOf = ({ location, description }: CalendarEvent): string | null =>
  /https?:\/\/[^\s<>"]+/.exec(`${location} ${description}`)?.[0].slice(0, 2_000) ?? null;

/** The column of a field and what it holds now. */
export function heldText(row: Row | null, table: OpenTable, field: Parameters<typeof columnOf>[1]): string {
  return row ? textOf(row.values.get(table.mapping.columns[field] ?? "")) : "";
}
