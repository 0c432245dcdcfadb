import { setTimeout as pause } from "node:timers/promises";
import { CalendarError, isCalendarError } from "@calsync/lib";
import type {
  CalendarEvent,
  EventRef,
  EventVersion,
  ExternalEvent,
  IdempotencyKey,
  WrittenEvent,
} from "@calsync/types";
import { isFullPage, type PageObjectResponse } from "@notionhq/client";
import { isUncertain } from "./error-mapper.ts";
import {
  isOurs,
  markerOf,
  type Row,
  toExternalEvent,
  toRow,
  toWrittenEvent,
  versionOf,
} from "./event-mapper.ts";
import type { NotionRequests } from "./NotionRequests.ts";
import { isId, type NotionTables, type OpenTable } from "./NotionTable.ts";
import { type RowValues, valuesFor } from "./row-writer.ts";

type WritableTable = OpenTable & { markerColumn: string };

/**
 * Reads and writes single rows. Notion knows neither keys of ours nor conditions: a creation is preceded by a look for its key,
 * and a condition is a read before the write. Between the two a person may edit; what they edit in columns that we do not write
 * stays, and is told as a change by the next pull.
 */
export class NotionPages {
  readonly #requests: NotionRequests;
  readonly #tables: NotionTables;

  constructor(requests: NotionRequests, tables: NotionTables) {
    this.#requests = requests;
    this.#tables = tables;
  }

  async create(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    requireOrder(event);
    const table = await this.#tables.openForWriting(calendarId);
    const made = await this.#findByKey(table, key);
    if (made) return toWrittenEvent(readable(made, table), true);
    const values = valuesFor(event, null, table, key);
    try {
      const created = await this.#requests.send({
        name: "pages.create",
        subject: "calendar",
        repeatable: false,
        send: (client, auth) =>
          client.pages.create({
            parent: { type: "data_source_id", data_source_id: calendarId },
            properties: values,
            auth,
          }),
      });
      return toWrittenEvent(readable(full(created), table), false);
    } catch (error) {
      const saved =
        isCalendarError(error) && isUncertain(error) ? await this.#findSaved(table, key, error) : null;
      if (saved) return toWrittenEvent(readable(saved, table), false);
      throw error;
    }
  }

  async update(ref: EventRef, wanted: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    requireOrder(wanted);
    const table = await this.#tables.openForWriting(ref.calendarId);
    const row = await this.#read(ref, table);
    if (!row) throw new CalendarError("EVENT_NOT_FOUND", "Notion: the page is gone for good");
    const values = valuesFor(wanted, row, table, wanted.marker === null ? null : keyOf(wanted));
    const changes = Object.keys(values).length > 0;
    if (!changes && !row.in_trash) return toWrittenEvent(readable(row, table), false);
    if (ifVersion !== null && versionOf(row, table) !== ifVersion) throw changedSince();
    // The two cannot be one request: what is in the trash cannot be edited.
    const restored = row.in_trash ? await this.#patch(ref.eventId, { in_trash: false }) : row;
    if (!changes) return toWrittenEvent(readable(restored, table), false);
    const answer = await this.#patch(ref.eventId, { properties: values });
    return toWrittenEvent(readable(withoutOthers(answer, row, values), table), false);
  }

  async delete(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    const table = await this.#tables.open(ref.calendarId);
    const row = await this.#read(ref, table).catch((error: unknown) => {
      // Gone for good, or taken out of our sight: there is nothing that we could delete.
      if (isCalendarError(error, "EVENT_UNREADABLE")) return null;
      throw error;
    });
    if (!row || row.in_trash) return;
    if (ifVersion !== null && versionOf(row, table) !== ifVersion) throw changedSince();
    await this.#patch(ref.eventId, { in_trash: true });
  }

  async read(ref: EventRef): Promise<ExternalEvent | null> {
    const table = await this.#tables.open(ref.calendarId);
    const row = await this.#read(ref, table);
    // What is not to be looked at is not there either: it was left out of the listing, and is asked for because of that.
    const { botId } = await this.#requests.credential();
    if (row && table.mapping.others === "hidden" && !isOurs(row, table, botId)) return null;
    return row && readable(row, table);
  }

  /**
   * The row, also from the trash; null when it is in another table, or never was.
   * @throws CalendarError EVENT_UNREADABLE when Notion does not say whether it is gone or only hidden from us
   */
  async #read(ref: EventRef, table: OpenTable): Promise<Row | null> {
    if (!isId(ref.eventId)) return null;
    const row = await readPage(this.#requests, ref.eventId);
    if (!row) throw hidden();
    return belongsTo(row, table.id) ? row : null;
  }

  async #patch(pageId: string, change: { in_trash: boolean } | { properties: RowValues }): Promise<Row> {
    const answer = await this.#requests.send({
      name: "pages.update",
      subject: "event",
      // It says what is to be, so that saying it twice changes nothing.
      send: (client, auth) => client.pages.update({ page_id: pageId, ...change, auth }),
    });
    return full(answer);
  }

  /** The oldest row with this key: a person who duplicates a row takes the key along. */
  async #findByKey(table: WritableTable, key: string): Promise<Row | null> {
    const answer = await this.#requests.send({
      name: "dataSources.query",
      subject: "calendar",
      send: (client, auth) =>
        client.dataSources.query({
          data_source_id: table.id,
          filter: { property: table.markerColumn, rich_text: { starts_with: `${key} ` } },
          sorts: [{ timestamp: "created_time", direction: "ascending" }],
          page_size: 10,
          auth,
        }),
    });
    const rows = answer.results.flatMap((page) => (isFullPage(page) ? [toRow(page)] : []));
    return rows.find((row) => markerOf(row, table)?.key === key) ?? null;
  }

  /** What a creation that has failed has made all the same. */
  async #findSaved(table: WritableTable, key: string, error: CalendarError): Promise<Row | null> {
    const committed = this.#requests.committedBy(error);
    try {
      if (committed !== null) return await readPage(this.#requests, committed);
      await pause(this.#requests.settings.lookupDelayMs);
      return await this.#findByKey(table, key);
    } catch {
      // Not known even now: the next try looks the key up first.
      return null;
    }
  }
}

/** A page by its id, also from the trash; null when it does not exist or is not shared. */
export async function readPage(
  requests: NotionRequests,
  pageId: string,
  signal?: AbortSignal,
): Promise<Row | null> {
  try {
    const page = await requests.send({
      name: "pages.retrieve",
      subject: "event",
      signal,
      send: (client, auth) => client.pages.retrieve({ page_id: pageId, auth }),
    });
    return full(page);
  } catch (error) {
    if (isCalendarError(error, "EVENT_NOT_FOUND")) return null;
    throw error;
  }
}

/** Whether a row is one of this table's. */
export function belongsTo({ parent }: Row, calendarId: string): boolean {
  return (
    parent.type === "data_source_id" &&
    parent.data_source_id.replaceAll("-", "") === calendarId.replaceAll("-", "").toLowerCase()
  );
}

/** @throws CalendarError EVENT_UNREADABLE for a row without a date */
function readable(row: Row, table: OpenTable): ExternalEvent {
  const event = toExternalEvent(row, table);
  if (event) return event;
  throw new CalendarError("EVENT_UNREADABLE", "Notion: the page has no date");
}

/**
 * A row as our write has left it. What the answer holds in columns that we have not written, and did not find so a moment before, is
 * a person's edit: it is left out here, so that the next pull tells it as a change.
 */
function withoutOthers(answer: Row, before: Row, written: RowValues): Row {
  const values = new Map(answer.values);
  for (const [id, value] of before.values) if (!(id in written)) values.set(id, value);
  return { ...answer, values };
}

function full(page: PageObjectResponse | { object: string; id: string }): Row {
  if (isFullPage(page as PageObjectResponse)) return toRow(page as PageObjectResponse);
  throw new CalendarError("PERMISSION_DENIED", "Notion: the connection lacks the capability to read content");
}

/** Notion may take an end before its start, or not: its checks are not documented. */
function requireOrder({ time }: CalendarEvent): void {
  if (time.end <= time.start)
    throw new CalendarError("INVALID_REQUEST", "Notion: the event ends before it starts");
}

/** The key of a row that is taken over without having been made by us: it is as lasting as the marker. */
const keyOf = ({ marker }: CalendarEvent): string =>
  `taken-${(marker ?? "").replaceAll(/[^\w-]/g, "").slice(0, 50)}`;

/** A row of which nobody can say whether it is there. @returns CalendarError EVENT_UNREADABLE */
export const hidden = (): CalendarError =>
  new CalendarError(
    "EVENT_UNREADABLE",
    "Notion: the page is not shared with calsync any more, or was deleted for good; Notion does not tell the two apart",
  );

const changedSince = (): CalendarError =>
  new CalendarError("VERSION_CONFLICT", "Notion: the page has changed since the given version");
