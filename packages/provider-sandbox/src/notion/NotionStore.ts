import type { SandboxClock } from "../SandboxClock.ts";
import type { SeededRandom } from "../SeededRandom.ts";
import { newId } from "./ids.ts";
import { NotionAuthorization, type SavedAuthorization } from "./oauth/NotionAuthorization.ts";
import type { PropertyType } from "./properties/property-types.ts";
import { newProperty } from "./properties/schema.ts";
import { emptyCell } from "./properties/values.ts";
import type {
  Actor,
  CellValue,
  Connection,
  Database,
  DataSource,
  Page,
  Person,
  Plan,
  Property,
  Workspace,
} from "./types.ts";
import { type SavedWebhook, Webhooks } from "./webhooks/Webhooks.ts";

const MINUTE_MS = 60_000;

/** What happened to an object, for webhooks and for the page. */
export interface NotionChange {
  kind:
    | "page.created"
    | "page.properties_updated"
    | "page.content_updated"
    | "page.moved"
    | "page.deleted"
    | "page.undeleted"
    | "page.locked"
    | "page.unlocked"
    | "comment.created"
    | "data_source.schema_updated"
    | "data_source.created";
  id: string;
  dataSourceId: string | null;
  actor: Actor;
  /** Ids of the columns that were written. */
  properties: string[];
}

/** A column as somebody asks for it. */
export interface ColumnInput {
  name: string;
  type: PropertyType;
  options?: string[];
}

/** Everything that the simulated Notion holds. */
export class NotionStore {
  readonly clock: SandboxClock;
  readonly random: SeededRandom;
  readonly workspaces = new Map<string, Workspace>();
  /** By e-mail. */
  readonly people = new Map<string, Person>();
  readonly connections = new Map<string, Connection>();
  readonly databases = new Map<string, Database>();
  readonly dataSources = new Map<string, DataSource>();
  readonly pages = new Map<string, Page>();
  readonly authorization: NotionAuthorization;
  readonly webhooks = new Webhooks();
  readonly #listeners = new Set<(change: NotionChange) => void>();

  constructor(clock: SandboxClock, random: SeededRandom) {
    this.clock = clock;
    this.random = random;
    this.authorization = new NotionAuthorization(clock);
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: (change: NotionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of a change. */
  announce(change: NotionChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Now as Notion stamps it: whole minutes, rounded down. */
  minuteMs(): number {
    return Math.floor(this.clock.nowMs() / MINUTE_MS) * MINUTE_MS;
  }

  /** Adds a person; without a workspace's name, in a workspace of their own. @throws Error when the e-mail is taken. */
  addPerson(input: { email: string; name?: string; workspace?: string; plan?: Plan }): Person {
    const email = input.email.trim().toLowerCase();
    if (!/^[^@\s]+@[^@\s]+$/.test(email)) throw new Error(`"${input.email}" is not an e-mail address.`);
    if (this.people.has(email)) throw new Error(`There is a Notion account ${email} already.`);
    const name = input.name ?? (email.split("@")[0] as string);
    const title = input.workspace ?? `${name}'s workspace`;
    let workspace = [...this.workspaces.values()].find((one) => one.name === title);
    if (!workspace) {
      workspace = { id: newId(), name: title, plan: input.plan ?? "plus" };
      this.workspaces.set(workspace.id, workspace);
    }
    const person: Person = { id: newId(), email, name, workspaceId: workspace.id };
    this.people.set(email, person);
    return person;
  }

  /** Adds a database with one data source. A title column is added when none is asked for. */
  addDatabase(input: {
    workspaceId: string;
    title: string;
    columns: readonly ColumnInput[];
    createdBy: string;
    parentPageId: string | null;
  }): { database: Database; dataSource: DataSource } {
    const nowMs = this.minuteMs();
    const database: Database = {
      id: newId(),
      workspaceId: input.workspaceId,
      title: input.title,
      dataSourceIds: [],
      parentPageId: input.parentPageId,
      createdMs: nowMs,
      editedMs: nowMs,
      createdBy: input.createdBy,
      inTrash: false,
    };
    this.databases.set(database.id, database);
    return {
      database,
      dataSource: this.addDataSource(database, input.title, input.columns, input.createdBy),
    };
  }

  /** Adds a data source to a database. */
  addDataSource(
    database: Database,
    title: string,
    columns: readonly ColumnInput[],
    createdBy: string,
  ): DataSource {
    const properties = columns.map(({ name, type, options }) => newProperty(name, type, options));
    if (!properties.some(({ type }) => type === "title")) properties.unshift(newProperty("Name", "title"));
    const nowMs = this.minuteMs();
    const dataSource: DataSource = {
      id: newId(),
      databaseId: database.id,
      title,
      properties,
      createdMs: nowMs,
      editedMs: nowMs,
      createdBy,
      inTrash: false,
    };
    database.dataSourceIds.push(dataSource.id);
    this.dataSources.set(dataSource.id, dataSource);
    return dataSource;
  }

  /** Adds a page: a row of a data source, or one that stands by itself. */
  addPage(input: {
    workspaceId: string;
    dataSource: DataSource | null;
    title?: string;
    cells?: ReadonlyMap<string, CellValue>;
    actor: Actor;
    lagMs?: number;
  }): Page {
    const nowMs = this.minuteMs();
    const page: Page = {
      id: newId(),
      workspaceId: input.workspaceId,
      dataSourceId: input.dataSource?.id ?? null,
      title: input.title ?? "",
      cells: new Map(input.cells),
      createdMs: nowMs,
      editedMs: nowMs,
      createdBy: input.actor.id,
      editedBy: input.actor.id,
      inTrash: false,
      isArchived: false,
      isLocked: false,
      icon: null,
      queryableFromMs: this.clock.nowMs() + (input.lagMs ?? 0),
    };
    this.pages.set(page.id, page);
    this.#tell("page.created", page, input.actor);
    return page;
  }

  /** Writes cells of a page. */
  writeCells(page: Page, cells: ReadonlyMap<string, CellValue>, actor: Actor): void {
    for (const [id, value] of cells) page.cells.set(id, value);
    this.#stamp(page, actor);
    this.#tell("page.properties_updated", page, actor, [...cells.keys()]);
  }

  /** Something of a page that is no property: its icon, its content. */
  touch(page: Page, actor: Actor): void {
    this.#stamp(page, actor);
    this.#tell("page.content_updated", page, actor);
  }

  setTrashed(page: Page, inTrash: boolean, actor: Actor): void {
    if (page.inTrash === inTrash) return;
    page.inTrash = inTrash;
    this.#stamp(page, actor);
    this.#tell(inTrash ? "page.deleted" : "page.undeleted", page, actor);
  }

  setLocked(page: Page, isLocked: boolean, actor: Actor): void {
    page.isLocked = isLocked;
    this.#tell(isLocked ? "page.locked" : "page.unlocked", page, actor);
  }

  /** Moves a row to another data source; cells follow by the names of their columns. */
  movePage(page: Page, to: DataSource, actor: Actor): void {
    const from = page.dataSourceId === null ? undefined : this.dataSources.get(page.dataSourceId);
    const cells = new Map<string, CellValue>();
    for (const property of to.properties) {
      const before = from?.properties.find(
        ({ name, type }) => name === property.name && type === property.type,
      );
      const value = before && page.cells.get(before.id);
      if (value) cells.set(property.id, value);
    }
    page.cells = cells;
    page.dataSourceId = to.id;
    this.#stamp(page, actor);
    this.#tell("page.moved", page, actor);
  }

  /** Empties the trash of one page: it is unknown from then on. */
  purge(page: Page): void {
    this.pages.delete(page.id);
  }

  setProperties(dataSource: DataSource, properties: Property[], actor: Actor): void {
    const known = new Set(properties.map(({ id, type }) => `${id} ${type}`));
    const lost = dataSource.properties.filter(({ id, type }) => !known.has(`${id} ${type}`));
    dataSource.properties = properties;
    dataSource.editedMs = this.minuteMs();
    if (lost.length > 0) {
      for (const page of this.rowsOf(dataSource.id)) for (const { id } of lost) page.cells.delete(id);
    }
    this.announce({
      kind: "data_source.schema_updated",
      id: dataSource.id,
      dataSourceId: dataSource.id,
      actor,
      properties: [],
    });
  }

  /** All rows of a data source, trashed ones included, oldest first. */
  rowsOf(dataSourceId: string): Page[] {
    return [...this.pages.values()].filter((page) => page.dataSourceId === dataSourceId);
  }

  /** A cell of a row; what nobody has written is empty. */
  cellOf(page: Page, property: Property): CellValue | null {
    const held = page.cells.get(property.id);
    const empty = emptyCell(property);
    return held && held.type === empty?.type ? held : empty;
  }

  toJSON(): SavedNotion {
    return {
      workspaces: [...this.workspaces.values()],
      people: [...this.people.values()],
      connections: [...this.connections.values()].map((one) => ({
        ...one,
        shared: [...one.shared],
        hidden: [...one.hidden],
      })),
      databases: [...this.databases.values()],
      dataSources: [...this.dataSources.values()],
      pages: [...this.pages.values()].map((page) => ({ ...page, cells: [...page.cells] })),
      authorization: this.authorization.toJSON(),
      webhooks: this.webhooks.toJSON(),
    };
  }

  load(saved: SavedNotion): void {
    this.clear();
    for (const one of saved.workspaces) this.workspaces.set(one.id, one);
    for (const one of saved.people) this.people.set(one.email, one);
    for (const one of saved.connections)
      this.connections.set(one.botId, { ...one, shared: new Set(one.shared), hidden: new Set(one.hidden) });
    for (const one of saved.databases) this.databases.set(one.id, one);
    for (const one of saved.dataSources) this.dataSources.set(one.id, one);
    for (const one of saved.pages) this.pages.set(one.id, { ...one, cells: new Map(one.cells) });
    this.authorization.load(saved.authorization);
    this.webhooks.load(saved.webhooks);
  }

  /** Forgets everything but the registered integrations. */
  clear(): void {
    for (const held of [
      this.workspaces,
      this.people,
      this.connections,
      this.databases,
      this.dataSources,
      this.pages,
    ])
      held.clear();
    this.authorization.clear();
    this.webhooks.clear();
  }

  #stamp(page: Page, actor: Actor): void {
    page.editedMs = this.minuteMs();
    page.editedBy = actor.id;
  }

  #tell(kind: NotionChange["kind"], page: Page, actor: Actor, properties: string[] = []): void {
    this.announce({ kind, id: page.id, dataSourceId: page.dataSourceId, actor, properties });
  }
}

/** The state as it is kept in a file. */
export interface SavedNotion {
  workspaces: Workspace[];
  people: Person[];
  connections: (Omit<Connection, "shared" | "hidden"> & { shared: string[]; hidden: string[] })[];
  databases: Database[];
  dataSources: DataSource[];
  pages: (Omit<Page, "cells"> & { cells: [string, CellValue][] })[];
  authorization: SavedAuthorization;
  webhooks: SavedWebhook[];
}
