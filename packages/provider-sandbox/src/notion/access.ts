import { notFound, restricted, validationError } from "./errors.ts";
import { normalId } from "./ids.ts";
import type { NotionStore } from "./NotionStore.ts";
import type { Connection, ConnectionCapabilities, Database, DataSource, Page } from "./types.ts";

/** What a connection sees: what was shared with it, and what is in that. */
export class Access {
  readonly #store: NotionStore;
  readonly connection: Connection;

  constructor(store: NotionStore, connection: Connection) {
    this.#store = store;
    this.connection = connection;
  }

  /** @throws NotionApiError 403 when the integration lacks the capability */
  require(capability: keyof ConnectionCapabilities): void {
    if (!this.connection.capabilities[capability]) throw restricted();
  }

  /** @throws NotionApiError 404, alike when it is not there and when it is not shared */
  page(idText: string): Page {
    const id = readId(idText);
    const page = this.#store.pages.get(id);
    if (!page || !this.seesPage(page)) throw notFound("page", id);
    return page;
  }

  /** @throws NotionApiError 404, also for a database's id */
  dataSource(idText: string): DataSource {
    const id = readId(idText);
    const dataSource = this.#store.dataSources.get(id);
    if (!dataSource || !this.seesDatabase(this.#store.databases.get(dataSource.databaseId)))
      throw notFound("data_source", id);
    return dataSource;
  }

  /** @throws NotionApiError 404, also for a data source's id */
  database(idText: string): Database {
    const id = readId(idText);
    const database = this.#store.databases.get(id);
    if (!database || !this.seesDatabase(database)) throw notFound("database", id);
    return database;
  }

  seesDatabase(database: Database | undefined): database is Database {
    if (!database) return false;
    const { shared, hidden } = this.connection;
    if (hidden.has(database.id)) return false;
    return shared.has(database.id) || (database.parentPageId !== null && shared.has(database.parentPageId));
  }

  seesPage(page: Page): boolean {
    const { shared, hidden } = this.connection;
    if (hidden.has(page.id)) return false;
    if (shared.has(page.id)) return true;
    const source = page.dataSourceId === null ? undefined : this.#store.dataSources.get(page.dataSourceId);
    return source !== undefined && this.seesDatabase(this.#store.databases.get(source.databaseId));
  }
}

function readId(text: string): string {
  const id = normalId(text);
  if (id === null) throw validationError(`path failed validation: "${text}" should be a valid uuid.`);
  return id;
}
