import { CalendarError } from "@calsync/lib";
import type {
  CalendarMapping,
  CalendarTable,
  CalendarTables,
  ExternalCalendar,
  MappingProblem,
  TablePlace,
} from "@calsync/types";
import {
  type DataSourceObjectResponse,
  isFullDatabase,
  isFullDataSource,
  isFullPage,
  type SearchResponse,
} from "@notionhq/client";
import { columnsOf, MARKER_COLUMN } from "./columns.ts";
import { guessMapping, mappingProblems } from "./mapping.ts";
import type { NotionRequests } from "./NotionRequests.ts";
import { type NotionTables, titleOf } from "./NotionTable.ts";

/** More than anybody has shared with an integration; a search that goes on for ever ends there. */
const MAX_SEARCH_PAGES = 30;

/** The columns of a database that is made for a calendar. */
const CALENDAR_COLUMNS = {
  Name: { title: {} },
  Date: { date: {} },
  Location: { rich_text: {} },
  Notes: { rich_text: {} },
  Status: {
    select: {
      options: [
        { name: "Confirmed", color: "green" as const },
        { name: "Cancelled", color: "red" as const },
      ],
    },
  },
  Guests: { rich_text: {} },
  Link: { url: {} },
  [MARKER_COLUMN]: { rich_text: {} },
};

/** Finds the tables of an account, describes how they are mapped, and makes new ones. */
export class NotionCalendarTables implements CalendarTables {
  readonly #requests: NotionRequests;
  readonly #tables: NotionTables;

  constructor(requests: NotionRequests, tables: NotionTables) {
    this.#requests = requests;
    this.#tables = tables;
  }

  /** The data sources that are shared and have a date: what could be a calendar. Search is best effort, and lags. */
  async listCalendars(): Promise<ExternalCalendar[]> {
    const calendars = new Map<string, ExternalCalendar>();
    for await (const found of this.#search("data_source")) {
      if (!isFullDataSource(found) || found.in_trash) continue;
      const dated = columnsOf(found).some(({ fits }) => fits.includes("time"));
      if (dated) calendars.set(found.id, toExternalCalendar(found));
    }
    return [...calendars.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  async describe(calendarId: string): Promise<CalendarTable> {
    const dataSource = await this.#tables.schema(calendarId);
    const columns = columnsOf(dataSource);
    const mapping = await this.#tables.mapping(calendarId);
    const guess = guessMapping(columns, await this.#tables.timeZone());
    const name = titleOf(dataSource);
    return {
      calendarId,
      name,
      columns,
      mapping,
      guess,
      problems: mappingProblems(mapping ?? guess, columns, name),
    };
  }

  async check(calendarId: string, mapping: CalendarMapping): Promise<MappingProblem[]> {
    const dataSource = await this.#tables.schema(calendarId);
    return mappingProblems(mapping, columnsOf(dataSource), titleOf(dataSource));
  }

  async places(): Promise<TablePlace[]> {
    const places: TablePlace[] = [];
    for await (const found of this.#search("page")) {
      if (!isFullPage(found) || found.in_trash || found.parent.type === "data_source_id") continue;
      const title = Object.values(found.properties).find((property) => property.type === "title");
      const name = title?.type === "title" ? title.title.map((part) => part.plain_text).join("") : "";
      places.push({ id: found.id, name: name || "Untitled" });
    }
    return places;
  }

  async create(input: {
    name: string;
    placeId: string;
    timeZone: string;
  }): Promise<{ calendar: ExternalCalendar; mapping: CalendarMapping }> {
    const made = await this.#requests.send({
      name: "databases.create",
      subject: "place",
      repeatable: false,
      send: (client, auth) =>
        client.databases.create({
          parent: { type: "page_id", page_id: input.placeId },
          title: [{ text: { content: input.name } }],
          initial_data_source: { properties: CALENDAR_COLUMNS },
          auth,
        }),
    });
    const id = isFullDatabase(made) ? made.data_sources[0]?.id : undefined;
    if (id === undefined)
      throw new CalendarError("CALENDAR_API_ERROR", "Notion: the new database names no table");
    const dataSource = await this.#tables.schema(id);
    return {
      calendar: { ...toExternalCalendar(dataSource), timeZone: input.timeZone },
      mapping: guessMapping(columnsOf(dataSource), input.timeZone),
    };
  }

  async *#search(kind: "data_source" | "page") {
    let cursor: string | null = null;
    for (let page = 0; page < MAX_SEARCH_PAGES; page++) {
      const start: string | null = cursor;
      const answer: SearchResponse = await this.#requests.send<SearchResponse>({
        name: "search",
        subject: "account",
        send: (client, auth) =>
          client.search({
            filter: { property: "object", value: kind },
            page_size: 100,
            ...(start === null ? {} : { start_cursor: start }),
            auth,
          }),
      });
      yield* answer.results;
      if (!answer.has_more || answer.next_cursor === null) return;
      cursor = answer.next_cursor;
    }
  }
}

function toExternalCalendar(dataSource: DataSourceObjectResponse): ExternalCalendar {
  return {
    id: dataSource.id,
    name: titleOf(dataSource),
    // A workspace has no calendar that is somebody's own more than the others.
    primary: false,
    writable: true,
    timeZone: null,
    color: null,
  };
}
