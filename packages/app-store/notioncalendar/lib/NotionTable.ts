import { CalendarError } from "@calsync/lib";
import type { CalendarMapping, MappedField, MappingAccess, TableColumn } from "@calsync/types";
import { type DataSourceObjectResponse, isFullDataSource } from "@notionhq/client";
import { columnsOf, MARKER_COLUMN, plainId } from "./columns.ts";
import { guessMapping, mappingProblems, readMapping } from "./mapping.ts";
import type { NotionRequests } from "./NotionRequests.ts";

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
/** A service lives for one run of a job; a schema that changes meanwhile is seen by the next. */
const SCHEMA_LIFE_MS = 60_000;

/** Whether a text can be an id at all; anything else names nothing, and is not asked for. */
export const isId = (text: string): boolean => UUID.test(text);

/** A table whose columns are mapped and fit. */
export interface OpenTable {
  id: string;
  name: string;
  mapping: CalendarMapping;
  columns: TableColumn[];
  /** The id of the column with our markers; null until something of ours is written. */
  markerColumn: string | null;
}

/** The column that holds a field; undefined where the field is not mapped. */
export const columnOf = ({ mapping, columns }: OpenTable, field: MappedField): TableColumn | undefined =>
  columns.find(({ id }) => id === mapping.columns[field]);

/** Reads tables and how they are mapped, and looks at every use whether both still fit. */
export class NotionTables {
  readonly #requests: NotionRequests;
  readonly #mappings: MappingAccess | undefined;
  readonly #now: () => Date;
  readonly #open = new Map<string, { table: OpenTable; untilMs: number }>();

  constructor(requests: NotionRequests, mappings: MappingAccess | undefined, now: () => Date) {
    this.#requests = requests;
    this.#mappings = mappings;
    this.#now = now;
  }

  /** The data source behind a calendar. @throws CalendarError CALENDAR_NOT_FOUND, also for one in the trash */
  async schema(calendarId: string): Promise<DataSourceObjectResponse> {
    if (!isId(calendarId)) throw unknown();
    const found = await this.#requests.send({
      name: "dataSources.retrieve",
      subject: "calendar",
      send: (client, auth) => client.dataSources.retrieve({ data_source_id: calendarId, auth }),
    });
    if (!isFullDataSource(found))
      throw new CalendarError(
        "PERMISSION_DENIED",
        "Notion: the connection lacks the capability to read content",
      );
    if (found.in_trash) throw unknown();
    return found;
  }

  /** The zone that the account's owner lives in. */
  async timeZone(): Promise<string> {
    return (await this.#mappings?.timeZone()) ?? "UTC";
  }

  /** How a table was mapped, when that is known. */
  async mapping(calendarId: string): Promise<CalendarMapping | null> {
    return readMapping(await this.#mappings?.read(calendarId));
  }

  /**
   * A table that can be used: as it is mapped, or at its first use as its columns suggest, which is fixed then.
   * @throws CalendarError MAPPING_INVALID with a sentence that names the column; CALENDAR_NOT_FOUND
   */
  async open(calendarId: string): Promise<OpenTable> {
    const held = this.#open.get(calendarId);
    const nowMs = this.#now().getTime();
    if (held && nowMs < held.untilMs) return held.table;
    const dataSource = await this.schema(calendarId);
    const columns = columnsOf(dataSource);
    const name = titleOf(dataSource);
    const stored = await this.mapping(calendarId);
    const wanted = stored ?? guessMapping(columns, await this.timeZone());
    const [problem] = mappingProblems(wanted, columns, name);
    if (problem)
      throw new CalendarError("MAPPING_INVALID", `Notion: ${problem.message}`, {
        providerReason: problem.code,
      });
    const mapping = stored ?? readMapping(await this.#mappings?.keep(calendarId, wanted)) ?? wanted;
    const marker = Object.values(dataSource.properties).find(
      (property) => property.name === MARKER_COLUMN && property.type === "rich_text",
    );
    const table = {
      id: calendarId,
      name,
      mapping,
      columns,
      markerColumn: marker ? plainId(marker.id) : null,
    };
    this.#open.set(calendarId, { table, untilMs: nowMs + SCHEMA_LIFE_MS });
    return table;
  }

  /** The table with a column for our markers, which is added when it is missing. @throws CalendarError PERMISSION_DENIED */
  async openForWriting(calendarId: string): Promise<OpenTable & { markerColumn: string }> {
    const table = await this.open(calendarId);
    if (table.markerColumn !== null) return { ...table, markerColumn: table.markerColumn };
    const changed = await this.#requests.send({
      name: "dataSources.update",
      subject: "calendar",
      send: (client, auth) =>
        client.dataSources.update({
          data_source_id: calendarId,
          properties: { [MARKER_COLUMN]: { rich_text: {} } },
          auth,
        }),
    });
    this.#open.delete(calendarId);
    const marker = isFullDataSource(changed) ? changed.properties[MARKER_COLUMN] : undefined;
    if (!marker)
      throw new CalendarError("CALENDAR_API_ERROR", "Notion: the column for markers could not be added");
    return { ...table, markerColumn: plainId(marker.id) };
  }
}

/** A database's title as plain text. */
export const titleOf = ({ title }: Pick<DataSourceObjectResponse, "title">): string =>
  title.map(({ plain_text }) => plain_text).join("") || "Untitled";

function unknown(): CalendarError {
  return new CalendarError(
    "CALENDAR_NOT_FOUND",
    "Notion: there is no such database, or it is not shared with calsync",
  );
}
