import { createHash } from "node:crypto";
import { CalendarError } from "@calsync/lib";
import type { ChangePage, Cursor, ExternalChange, PullOptions } from "@calsync/types";
import { isFullPage, type QueryDataSourceParameters, type QueryDataSourceResponse } from "@notionhq/client";
import { createdMs, type NotionCursor, parseCursor, rowEntry, writeCursor } from "./cursor.ts";
import { isOurs, type Row, timeOf, toExternalEvent, toRow, versionOf } from "./event-mapper.ts";
import { keptPlace, listingStart, longRowsInTurn, markPlace, placeOf } from "./long-rows.ts";
import { belongsTo, hidden, readPage } from "./NotionPages.ts";
import type { NotionRequests } from "./NotionRequests.ts";
import type { NotionTables, OpenTable } from "./NotionTable.ts";

const MINUTE_MS = 60_000;
/** Stamps are rounded to the minute, in a direction that is not documented: two of them are read again. */
const OVERLAP_MS = 2 * MINUTE_MS;
/** How far Notion's clock may be behind ours at the first pull. */
const CLOCK_ALLOWANCE_MS = 10 * MINUTE_MS;
/** Requests of one pull for comparing everything, part by part. */
const COMPARE_REQUESTS = 3;
/** Requests of a listing without anything to tell, after which it says so: its caller counts calls by pages. */
const SILENT_REQUESTS = 3;
/** Requests of a glance for rows that began long before its window. */
const GLANCE_REQUESTS = 3;
/** Vanished rows that one pull reads; the others are found again by the next. */
const MAX_VANISHED = 50;

type Filter = NonNullable<QueryDataSourceParameters["filter"]>;
type Sort = "created_time" | "last_edited_time" | "date";

/**
 * The changes of a table since a cursor. Notion has no change token: rows are listed from the last time of edit on, with an overlap,
 * and what was handed out before is left out. Rows that were trashed show in no list. So each pull also compares a part of the
 * table with what it knows, by the time at which rows were made, and reads what has vanished by itself. Up to 300 rows to come that
 * is the whole table; a larger one is gone through in as many pulls as it takes. Rows that began long ago and are not over are in
 * none of these lists, and read one by one.
 */
export async function* pullChanges(
  requests: NotionRequests,
  tables: NotionTables,
  calendarId: string,
  cursor: Cursor | null,
  options: PullOptions & { now: Date },
): AsyncGenerator<ChangePage, void, undefined> {
  const known = cursor === null ? null : parseCursor(cursor);
  const table = await tables.open(calendarId);
  const mapping = fingerprint(table);
  if (known && known.mapping !== mapping)
    throw new CalendarError("CURSOR_EXPIRED", "Notion: the columns are mapped otherwise; pull in full");
  const state = known ?? begin(mapping, options);
  const { botId } = await requests.credential();
  const pull = new TablePull(requests, table, state, { ...options, botId });
  yield* state.full ? pull.everything() : pull.changes();
}

/**
 * The rows that take place in a window, for somebody who waits: those that begin in it or up to two months before, and of the
 * older ones the 300 that began last.
 */
export async function glanceAt(
  requests: NotionRequests,
  tables: NotionTables,
  calendarId: string,
  options: PullOptions & { now: Date },
): Promise<ExternalChange[]> {
  const table = await tables.open(calendarId);
  const { botId } = await requests.credential();
  const state = begin(fingerprint(table), options);
  return new TablePull(requests, table, state, { ...options, botId }).glance();
}

/** What of a mapping decides how rows are read. */
function fingerprint({ mapping }: OpenTable): string {
  return createHash("sha256").update(JSON.stringify(mapping)).digest("base64url").slice(0, 12);
}

function begin(mapping: string, { window, now }: PullOptions & { now: Date }): NotionCursor {
  return {
    v: 1,
    mapping,
    from: listingStart(window.start),
    since: new Date(Math.floor((now.getTime() - CLOCK_ALLOWANCE_MS) / MINUTE_MS) * MINUTE_MS).toISOString(),
    rows: {},
    full: { at: null },
    compareAt: null,
    longAt: null,
  };
}

/** One pull of one table. */
class TablePull {
  readonly #requests: NotionRequests;
  readonly #table: OpenTable;
  readonly #options: PullOptions & { botId: string };
  #state: NotionCursor;

  constructor(
    requests: NotionRequests,
    table: OpenTable,
    state: NotionCursor,
    options: PullOptions & { botId: string },
  ) {
    this.#requests = requests;
    this.#table = table;
    this.#state = { ...state, rows: { ...state.rows } };
    this.#options = options;
  }

  /**
   * Lists everything by the time at which it was made, which never changes; past the ceiling of a query with a further one. Also
   * what began long ago, because it may not be over.
   */
  async *everything(): AsyncGenerator<ChangePage, void, undefined> {
    let silent = 0;
    for (;;) {
      const at: string | null = this.#state.full?.at ?? null;
      let last = at;
      let cutOff = false;
      for await (const { rows, more, incomplete } of this.#query("created_time", this.#dated(at))) {
        const changes = rows.flatMap((row) => (this.#isOver(row) ? [] : this.#take(row)));
        last = rows.at(-1)?.created_time ?? last;
        cutOff = incomplete;
        const complete = !more && !incomplete;
        this.#state = { ...this.#state, full: complete ? null : { at: last } };
        if (changes.length === 0 && !complete && ++silent < SILENT_REQUESTS) continue;
        silent = 0;
        yield this.#page(changes, complete, true);
      }
      if (!cutOff) return;
      if (last === at)
        throw new CalendarError(
          "CALENDAR_API_ERROR",
          "Notion: more rows were made in one minute than a query shows",
        );
    }
  }

  /** See {@link glanceAt}. */
  async glance(): Promise<ExternalChange[]> {
    const changes: ExternalChange[] = [];
    for await (const { rows } of this.#query("created_time", [this.#date("on_or_after")]))
      changes.push(...rows.flatMap((row) => this.#take(row)));
    let requests = 0;
    for await (const { rows } of this.#query("date", [this.#date("before")])) {
      changes.push(...rows.flatMap((row) => (this.#isOver(row) ? [] : this.#take(row))));
      if (++requests >= GLANCE_REQUESTS) break;
    }
    return changes;
  }

  /** Lists what was edited since the last time of edit, then compares a part of everything. */
  async *changes(): AsyncGenerator<ChangePage, void, undefined> {
    let from = new Date(Date.parse(this.#state.since) - OVERLAP_MS).toISOString();
    // The last page waits for what the comparison finds: a pull that finds one thing is one page.
    let waiting: ExternalChange[] = [];
    let handedOut = writeCursor(this.#state);
    const shown = new Set<string>();
    for (;;) {
      let last = from;
      let cutOff = false;
      for await (const { rows, incomplete } of this.#query("last_edited_time", edited(from))) {
        if (waiting.length > 0) {
          handedOut = writeCursor(this.#state);
          yield { changes: waiting, cursor: handedOut, complete: false, full: false };
        }
        for (const { id } of rows) shown.add(id);
        waiting = rows.flatMap((row) => this.#take(row));
        last = rows.at(-1)?.last_edited_time ?? last;
        if (last > this.#state.since) this.#state = { ...this.#state, since: last };
        cutOff = incomplete;
      }
      if (!cutOff) break;
      if (last === from)
        throw new CalendarError(
          "CALENDAR_API_ERROR",
          "Notion: more rows were edited in one minute than a query shows",
        );
      from = last;
    }
    for (const [id, entry] of Object.entries(this.#state.rows))
      if (keptPlace(entry) === "over" && !shown.has(id)) this.#forget(id);
    const changes = [...waiting, ...(await this.#compare())];
    const size = this.#pageSize();
    // What is told in parts is remembered with the last of them; until then a pull that breaks off repeats them.
    for (; changes.length > size; changes.splice(0, size))
      yield { changes: changes.slice(0, size), cursor: handedOut, complete: false, full: false };
    yield this.#page(changes, true, false);
  }

  /** Compares the next part of everything with what is known; what has vanished is read by itself. */
  async #compare(): Promise<ExternalChange[]> {
    const changes: ExternalChange[] = [];
    const from = this.#state.compareAt;
    const fromMs = from === null ? 0 : Date.parse(from);
    const known = { ...this.#state.rows };
    const seen = new Set<string>();
    let last: string | null = null;
    let requests = 0;
    let ended = true;
    for await (const { rows, more, incomplete } of this.#query(
      "created_time",
      [...this.#dated(from), this.#date("on_or_after")],
      100,
    )) {
      for (const row of rows) {
        seen.add(row.id);
        changes.push(...this.#take(row));
      }
      last = rows.at(-1)?.created_time ?? last;
      ended = !more && !incomplete;
      // A part ends where the minute does, so that none is seen by halves.
      if (++requests >= COMPARE_REQUESTS && last !== from && !ended) break;
    }
    const untilMs = ended || last === null ? Number.POSITIVE_INFINITY : Date.parse(last);
    const vanished = Object.entries(known).filter(([id, entry]) => {
      const madeMs = createdMs(entry);
      return !seen.has(id) && keptPlace(entry) === "listed" && madeMs >= fromMs && madeMs < untilMs;
    });
    for (const [id] of vanished.slice(0, MAX_VANISHED)) changes.push(...(await this.#readVanished(id)));
    const long = longRowsInTurn(known, this.#state.longAt);
    for (const id of long.ids) if (!seen.has(id)) changes.push(...(await this.#readVanished(id)));
    // The same part comes again while there is more of it to read.
    const compareAt = vanished.length > MAX_VANISHED ? from : ended ? null : last;
    this.#state = { ...this.#state, compareAt, longAt: long.next };
    return changes;
  }

  /** What a row that no list shows any more says itself. */
  async #readVanished(id: string): Promise<ExternalChange[]> {
    const row = await readPage(this.#requests, id, this.#options.signal);
    const gone = !row || row.in_trash || !belongsTo(row, this.#table.id);
    const event = gone ? null : toExternalEvent(row, this.#table);
    // Rows that come or go while a list is read push others out of it.
    if (row && event && placeOf(event.time, this.#state.from) !== "over") return this.#take(row);
    this.#forget(id);
    if (!row) return [{ type: "unreadable", eventId: id, reason: hidden().message }];
    if (gone) return [deletion(id)];
    return event ? [{ type: "upsert", event }] : this.#withoutDate(row);
  }

  /** What is new in a row, and remembers it as handed out while lists go on showing it. */
  #take(row: Row): ExternalChange[] {
    const ours = isOurs(row, this.#table, this.#options.botId);
    if (!ours && this.#table.mapping.others === "hidden") return [];
    const before = this.#state.rows[row.id];
    const event = toExternalEvent(row, this.#table);
    if (!event) {
      this.#forget(row.id);
      return ours || before !== undefined ? this.#withoutDate(row) : [];
    }
    const place = placeOf(event.time, this.#state.from);
    const entry = markPlace(rowEntry(row.created_time, versionOf(row, this.#table)), place);
    if (before === entry) return [];
    this.#state.rows[row.id] = entry;
    return [{ type: "upsert", event }];
  }

  #isOver(row: Row): boolean {
    const time = timeOf(row, this.#table);
    return (
      time !== null && this.#state.rows[row.id] === undefined && placeOf(time, this.#state.from) === "over"
    );
  }

  #forget(id: string): void {
    const { [id]: _, ...rows } = this.#state.rows;
    this.#state = { ...this.#state, rows };
  }

  /** A date that was taken off ends an event that is not ours. Of ours it may be a slip: it is set aside, and shown. */
  #withoutDate(row: Row): ExternalChange[] {
    return !isOurs(row, this.#table, this.#options.botId)
      ? [deletion(row.id)]
      : [{ type: "unreadable", eventId: row.id, reason: "Notion: the page has no date" }];
  }

  /** The pages of a query, to its end; those by date begin with the last one. */
  async *#query(
    sort: Sort,
    filter: Filter[],
    pageSize = this.#pageSize(),
  ): AsyncGenerator<{ rows: Row[]; more: boolean; incomplete: boolean }> {
    const { mapping, markerColumn } = this.#table;
    const shown = [...Object.values(mapping.columns), ...(markerColumn === null ? [] : [markerColumn])];
    let cursor: string | null = null;
    do {
      const start: string | null = cursor;
      const answer: QueryDataSourceResponse = await this.#requests.send<QueryDataSourceResponse>({
        name: "dataSources.query",
        subject: "calendar",
        signal: this.#options.signal,
        send: (client, auth) =>
          client.dataSources.query({
            data_source_id: this.#table.id,
            filter: { and: [...filter, ...this.#ours()] } as Filter,
            sorts: [
              sort === "date"
                ? { property: this.#dateColumn(), direction: "descending" as const }
                : { timestamp: sort, direction: "ascending" },
            ],
            page_size: pageSize,
            filter_properties: shown,
            result_type: "page",
            ...(start === null ? {} : { start_cursor: start }),
            auth,
          }),
      });
      cursor = answer.has_more ? answer.next_cursor : null;
      yield {
        rows: answer.results.flatMap((page) => (isFullPage(page) ? [toRow(page)] : [])),
        more: cursor !== null,
        incomplete: answer.request_status?.type === "incomplete",
      };
    } while (cursor !== null);
  }

  /** Rows with a date, from a time of creation on. */
  #dated(at: string | null): Filter[] {
    return [
      { property: this.#dateColumn(), date: { is_not_empty: true } },
      ...(at === null ? [] : [{ timestamp: "created_time" as const, created_time: { on_or_after: at } }]),
    ];
  }

  /** Rows that begin on or before the day at which listings begin. */
  #date(side: "on_or_after" | "before"): Filter {
    return { property: this.#dateColumn(), date: { [side]: this.#state.from } } as Filter;
  }

  #dateColumn(): string {
    return this.#table.mapping.columns.time ?? "";
  }

  /** Where other people's rows are not to be looked at, ours are those with a note. */
  #ours(): Filter[] {
    const { mapping, markerColumn } = this.#table;
    if (mapping.others === "busy" || markerColumn === null) return [];
    return [{ property: markerColumn, rich_text: { is_not_empty: true } }];
  }

  #pageSize(): number {
    const { maxPageSize } = this.#requests.settings;
    return Math.max(1, Math.min(this.#options.pageSize ?? maxPageSize, maxPageSize));
  }

  #page(changes: ExternalChange[], complete: boolean, full: boolean): ChangePage {
    return { changes, cursor: writeCursor(this.#state), complete, full };
  }
}

const edited = (since: string): Filter[] => [
  { timestamp: "last_edited_time", last_edited_time: { on_or_after: since } },
];

const deletion = (eventId: string): ExternalChange => ({
  type: "delete",
  eventId,
  seriesId: null,
  originalStart: null,
  version: null,
});
