import { dataSourceMethods } from "./api/data-sources.ts";
import { NotionDispatcher } from "./api/NotionDispatcher.ts";
import { pageMethods } from "./api/pages.ts";
import { searchMethods } from "./api/search.ts";
import type { NotionContext } from "./context.ts";
import { type NotionBehaviours, NotionFaults } from "./faults.ts";
import { newId } from "./ids.ts";
import type { ColumnInput, NotionStore } from "./NotionStore.ts";
import { install } from "./oauth/authorize.ts";
import type { PropertyType } from "./properties/property-types.ts";
import { changeSchema, findProperty } from "./properties/schema.ts";
import { plainText, readValue } from "./properties/values.ts";
import { RequestWindow } from "./RequestWindow.ts";
import type { Actor, Connection, ConnectionCapabilities, DataSource, Page, Person, Plan } from "./types.ts";
import { showPage } from "./view.ts";
import { EventDelivery } from "./webhooks/EventDelivery.ts";
import type { Webhook } from "./webhooks/Webhooks.ts";

/** Integration of {@link NotionSandbox.issueToken} when none is named. */
export const DEFAULT_NOTION_CLIENT = {
  clientId: "11111111-2222-4333-8444-555555555555",
  clientSecret: "sandbox-notion-secret",
};

/** A public integration to register. */
export interface NotionClientInput {
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  name?: string;
}

/** Tokens of one installation. */
export interface NotionTokens {
  accessToken: string;
  refreshToken: string;
  botId: string;
  workspaceId: string;
}

/** Columns of a database made for a calendar. */
export const CALENDAR_COLUMNS: readonly ColumnInput[] = [
  { name: "Name", type: "title" },
  { name: "Date", type: "date" },
  { name: "Notes", type: "rich_text" },
  { name: "Place", type: "rich_text" },
  { name: "Status", type: "status", options: ["Planned", "Done", "Cancelled"] },
];

/** The simulated Notion: give {@link url} to a client as base URL, and change its world through the methods. */
export class NotionSandbox {
  readonly faults: NotionFaults;
  /** For the sandbox's own routes. */
  readonly context: NotionContext;
  /** For the sandbox's own routes. */
  readonly dispatcher: NotionDispatcher;
  readonly #store: NotionStore;
  readonly #delivery: EventDelivery;

  constructor(store: NotionStore, options: { url: () => string; behaviours?: Partial<NotionBehaviours> }) {
    this.#store = store;
    this.faults = new NotionFaults(store.random, options.behaviours);
    this.#delivery = new EventDelivery(store, this.faults);
    this.context = {
      store,
      faults: this.faults,
      window: new RequestWindow(store.clock, () => this.faults.behaviours),
      delivery: this.#delivery,
      calls: new Map(),
      url: options.url,
    };
    this.dispatcher = new NotionDispatcher(this.context, [
      ...pageMethods,
      ...dataSourceMethods,
      ...searchMethods,
    ]);
    this.addClient({ ...DEFAULT_NOTION_CLIENT, redirectUris: [] });
  }

  /** Base URL: the API is at `/v1`, OAuth at `/v1/oauth/{authorize,token,revoke,introspect}`. */
  get url(): string {
    return this.context.url();
  }

  /** API calls by method name, e.g. `dataSources.query`. */
  get calls(): ReadonlyMap<string, number> {
    return this.context.calls;
  }

  /** Registers a public integration, or replaces the one with this id. */
  addClient(input: NotionClientInput): void {
    this.#store.authorization.integrations.set(input.clientId, { name: "calsync", ...input });
  }

  /** Adds a person, in a workspace of their own unless one is named. @throws Error when the e-mail is taken */
  createAccount(input: { email: string; name?: string; workspace?: string; plan?: Plan }): Person {
    return this.#store.addPerson(input);
  }

  accounts(): Person[] {
    return [...this.#store.people.values()];
  }

  /** Adds a page that stands by itself in a person's workspace. Gives its id. */
  createPage(email: string, title: string): string {
    const person = this.#person(email);
    const actor: Actor = { id: person.id, type: "person" };
    return this.#store.addPage({ workspaceId: person.workspaceId, dataSource: null, title, actor }).id;
  }

  /** Adds a database with one data source. Columns are those of a calendar unless given. */
  createDatabase(input: { email: string; title: string; columns?: readonly ColumnInput[] }): {
    databaseId: string;
    dataSourceId: string;
  } {
    const person = this.#person(input.email);
    const { database, dataSource } = this.#store.addDatabase({
      workspaceId: person.workspaceId,
      title: input.title,
      columns: input.columns ?? CALENDAR_COLUMNS,
      createdBy: person.id,
      parentPageId: null,
    });
    return { databaseId: database.id, dataSourceId: dataSource.id };
  }

  /** Adds a further data source to a database. Gives its id. */
  createDataSource(
    databaseId: string,
    title: string,
    columns: readonly ColumnInput[] = CALENDAR_COLUMNS,
  ): string {
    const database = this.#store.databases.get(databaseId);
    if (!database) throw new Error(`The sandbox has no database ${databaseId}.`);
    return this.#store.addDataSource(database, title, columns, database.createdBy).id;
  }

  /** Deletes a database for good. */
  deleteDatabase(databaseId: string): void {
    const database = this.#store.databases.get(databaseId);
    for (const id of database?.dataSourceIds ?? []) {
      for (const page of this.#store.rowsOf(id)) this.#store.purge(page);
      this.#store.dataSources.delete(id);
    }
    this.#store.databases.delete(databaseId);
  }

  /** Installs a public integration for a person without the picker page; all databases and pages unless given. */
  issueToken(input: { email: string; clientId?: string; share?: readonly string[] }): NotionTokens {
    const person = this.#person(input.email);
    const everything = [...this.#store.databases.values(), ...this.#store.pages.values()]
      .filter((one) => one.workspaceId === person.workspaceId)
      .map(({ id }) => id);
    const clientId = input.clientId ?? DEFAULT_NOTION_CLIENT.clientId;
    const connection = install(this.context, clientId, person, input.share ?? everything);
    return this.#tokensOf(connection);
  }

  /** An internal integration of a person's workspace: one token that never ends. */
  createInternalIntegration(input: {
    email: string;
    share?: readonly string[];
    capabilities?: Partial<ConnectionCapabilities>;
  }): NotionTokens & { integrationId: string } {
    const person = this.#person(input.email);
    const integrationId = newId();
    const connection: Connection = {
      botId: newId(),
      integrationId,
      workspaceId: person.workspaceId,
      ownerId: person.id,
      kind: "internal",
      capabilities: { read: true, update: true, insert: true, ...input.capabilities },
      shared: new Set(input.share ?? [...this.#store.databases.keys()]),
      hidden: new Set(),
      revoked: false,
    };
    this.#store.connections.set(connection.botId, connection);
    return { ...this.#tokensOf(connection), integrationId };
  }

  /** Shares a database or page with a connection, as a person does in its menu. */
  share(botId: string, objectId: string): void {
    const connection = this.#connection(botId);
    connection.shared.add(objectId);
    connection.hidden.delete(objectId);
  }

  /** Takes a database or page out of what a connection sees. */
  unshare(botId: string, objectId: string): void {
    const connection = this.#connection(botId);
    connection.shared.delete(objectId);
    connection.hidden.add(objectId);
  }

  /** The person removes the connection in their settings. */
  revokeAccess(botId: string): void {
    this.#connection(botId).revoked = true;
  }

  /** Access tokens of a connection answer 401; refresh tokens stay. */
  expireAccessTokens(botId: string): void {
    this.#store.authorization.endAccessTokens(botId);
  }

  /** Sets up a webhook in an integration's settings: the handshake is sent, and nothing else until it is confirmed. */
  async addWebhook(integrationId: string, url: string, apiVersion = "2025-09-03"): Promise<Webhook> {
    const webhook = this.#store.webhooks.add(integrationId, url, apiVersion);
    await this.#delivery.handshake(webhook);
    return webhook;
  }

  /** The person pastes the token in. @throws Error when it is another one */
  confirmWebhook(webhookId: string, token: string): void {
    const webhook = this.#store.webhooks.all.get(webhookId);
    if (webhook?.verificationToken !== token) throw new Error("That is not the verification token.");
    webhook.state = "active";
  }

  /** The person deletes the subscription; nothing is sent to it any more. */
  removeWebhook(webhookId: string): void {
    this.#store.webhooks.all.delete(webhookId);
  }

  /** Lets time pass at once, and sends what has become due. */
  async advanceTime(durationMs: number): Promise<void> {
    this.#store.clock.advance(durationMs);
    await this.#delivery.flush();
  }

  /** Resolves once every event that is due has been delivered, or has failed. */
  notificationsIdle(): Promise<void> {
    return this.#delivery.idle();
  }

  /** Adds a row as a person does in the table. Columns by name, values as the API writes them. */
  addRow(email: string, dataSourceId: string, values: Readonly<Record<string, unknown>>): string {
    const person = this.#person(email);
    const dataSource = this.#dataSource(dataSourceId);
    const actor: Actor = { id: person.id, type: "person" };
    const cells = this.#readCells(dataSource, values);
    return this.#store.addPage({ workspaceId: person.workspaceId, dataSource, cells, actor }).id;
  }

  /** Edits cells of a row as a person does in the table. */
  editRow(email: string, pageId: string, values: Readonly<Record<string, unknown>>): void {
    const page = this.#page(pageId);
    this.#store.writeCells(
      page,
      this.#readCells(this.#dataSource(page.dataSourceId), values),
      this.#asPerson(email),
    );
  }

  /** Puts a row into the trash, or takes it out. */
  trashRow(email: string, pageId: string, inTrash = true): void {
    this.#store.setTrashed(this.#page(pageId), inTrash, this.#asPerson(email));
  }

  /** Moves a row to another data source. */
  moveRow(email: string, pageId: string, dataSourceId: string): void {
    this.#store.movePage(this.#page(pageId), this.#dataSource(dataSourceId), this.#asPerson(email));
  }

  /** Something of a row that is no property: its icon. */
  setIcon(email: string, pageId: string, icon: string): void {
    const page = this.#page(pageId);
    page.icon = icon;
    this.#store.touch(page, this.#asPerson(email));
  }

  /** Locks a row, or unlocks it. */
  lockRow(email: string, pageId: string, isLocked: boolean): void {
    this.#store.setLocked(this.#page(pageId), isLocked, this.#asPerson(email));
  }

  /** Somebody writes a comment. */
  addComment(email: string, pageId: string): void {
    const page = this.#page(pageId);
    const actor = this.#asPerson(email);
    this.#store.announce({
      kind: "comment.created",
      id: page.id,
      dataSourceId: page.dataSourceId,
      actor,
      properties: [],
    });
  }

  /** Deletes a row from the trash: it is gone for good. */
  purgeRow(pageId: string): void {
    this.#store.purge(this.#page(pageId));
  }

  /** Renames a column, changes its type, or adds or removes one (null). */
  changeColumn(
    email: string,
    dataSourceId: string,
    column: string,
    change: { name?: string; type?: PropertyType; options?: string[] } | null,
  ): void {
    const dataSource = this.#dataSource(dataSourceId);
    const properties = changeSchema(dataSource.properties, new Map([[column, change]]));
    this.#store.setProperties(dataSource, properties, this.#asPerson(email));
  }

  /** The truth: a row as the API shows it under the SDK's default version. @throws Error when it is gone for good */
  row(pageId: string): Record<string, unknown> {
    const view = { store: this.#store, version: "2025-09-03" as const, url: this.url, extraFields: false };
    return showPage(view, this.#page(pageId));
  }

  /** The truth: ids of a data source's rows, oldest first. */
  rows(dataSourceId: string, { trashed = false }: { trashed?: boolean } = {}): string[] {
    return this.#store
      .rowsOf(dataSourceId)
      .filter((page) => page.inTrash === trashed)
      .map(({ id }) => id);
  }

  /** The plain text of a row's text column. */
  text(pageId: string, column: string): string {
    const page = this.#page(pageId);
    const property = findProperty(this.#dataSource(page.dataSourceId).properties, column);
    return plainText(property && page.cells.get(property.id));
  }

  /** Forgets accounts, databases, tokens, webhooks, faults and counts; registered integrations stay. */
  reset(): void {
    this.#store.clear();
    this.#delivery.clear();
    this.faults.clear();
    this.context.window.clear();
    this.context.calls.clear();
  }

  close(): void {
    this.#delivery.close();
  }

  #readCells(dataSource: DataSource, values: Readonly<Record<string, unknown>>) {
    const rules = { acceptZoneWithOffset: false, mayAddOptions: true };
    return new Map(
      Object.entries(values).map(([name, value]) => {
        const property = findProperty(dataSource.properties, name);
        if (!property) throw new Error(`The database has no column "${name}".`);
        return [property.id, readValue(property, value, rules)] as const;
      }),
    );
  }

  #tokensOf({ botId, workspaceId }: Connection): NotionTokens {
    const { authorization } = this.#store;
    return {
      accessToken: authorization.issueAccessToken(botId),
      refreshToken: authorization.issueRefreshToken(botId),
      botId,
      workspaceId,
    };
  }

  #asPerson = (email: string): Actor => ({ id: this.#person(email).id, type: "person" });

  #person(email: string): Person {
    const person = this.#store.people.get(email.trim().toLowerCase());
    if (!person)
      throw new Error(`The sandbox has no Notion account ${email}; create it with createAccount().`);
    return person;
  }

  #connection(botId: string): Connection {
    const connection = this.#store.connections.get(botId);
    if (!connection) throw new Error(`The sandbox has no connection ${botId}; make it with issueToken().`);
    return connection;
  }

  #dataSource(id: string | null): DataSource {
    const dataSource = id === null ? undefined : this.#store.dataSources.get(id);
    if (!dataSource) throw new Error(`The sandbox has no data source ${id}.`);
    return dataSource;
  }

  #page(id: string): Page {
    const page = this.#store.pages.get(id);
    if (!page) throw new Error(`The sandbox has no page ${id}.`);
    return page;
  }
}
