import type { NotionStore } from "./NotionStore.ts";
import { findProperty } from "./properties/schema.ts";
import { richText, showValue } from "./properties/values.ts";
import type { Database, DataSource, Page, Property } from "./types.ts";
import { hasDataSources, type NotionVersion } from "./versions.ts";

type Shown = Record<string, unknown>;

/** How objects are shown: under which version, and with which extras. */
export interface ViewContext {
  store: NotionStore;
  version: NotionVersion;
  url: string;
  extraFields: boolean;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function trashFlags({ version }: ViewContext, inTrash: boolean): Shown {
  return version === "2026-03-11" ? { in_trash: inTrash } : { archived: inTrash, in_trash: inTrash };
}

const extras = ({ extraFields }: ViewContext): Shown => (extraFields ? { field_of_the_future: true } : {});

/** A page; `filter` are the properties to show, all when empty. */
export function showPage(context: ViewContext, page: Page, filter: readonly string[] = []): Shown {
  const { store } = context;
  const dataSource = page.dataSourceId === null ? undefined : store.dataSources.get(page.dataSourceId);
  return {
    object: "page",
    id: page.id,
    created_time: iso(page.createdMs),
    last_edited_time: iso(page.editedMs),
    created_by: { object: "user", id: page.createdBy },
    last_edited_by: { object: "user", id: page.editedBy },
    cover: null,
    icon: page.icon === null ? null : { type: "emoji", emoji: page.icon },
    parent: parentOf(context, dataSource),
    ...trashFlags(context, page.inTrash),
    ...(context.version === "2026-03-11" ? { is_archived: page.isArchived } : {}),
    is_locked: page.isLocked,
    properties: dataSource ? showCells(context, dataSource, page, filter) : showTitle(page),
    url: `${context.url}/notion?page=${page.id}`,
    public_url: null,
    ...extras(context),
  };
}

function parentOf({ version }: ViewContext, dataSource: DataSource | undefined): Shown {
  if (!dataSource) return { type: "workspace", workspace: true };
  const { id, databaseId } = dataSource;
  return hasDataSources(version)
    ? { type: "data_source_id", data_source_id: id, database_id: databaseId }
    : { type: "database_id", database_id: databaseId };
}

const showTitle = (page: Page): Shown => ({
  title: { id: "title", type: "title", title: richText([page.title]) },
});

function showCells(
  context: ViewContext,
  dataSource: DataSource,
  page: Page,
  filter: readonly string[],
): Shown {
  const { properties } = dataSource;
  const chosen = new Set(filter.flatMap((key) => findProperty(properties, key) ?? []));
  const shown: Shown = {};
  for (const property of properties) {
    if (filter.length > 0 && !chosen.has(property)) continue;
    const cell = context.store.cellOf(page, property);
    shown[property.name] = cell ? showValue(property, cell) : showComputed(property, page);
  }
  return shown;
}

function showComputed(property: Property, page: Page): Shown {
  const id = encodeURIComponent(property.id);
  switch (property.type) {
    case "created_time":
      return { id, type: property.type, created_time: iso(page.createdMs) };
    case "last_edited_time":
      return { id, type: property.type, last_edited_time: iso(page.editedMs) };
    case "created_by":
      return { id, type: property.type, created_by: { object: "user", id: page.createdBy } };
    default:
      return { id, type: property.type, last_edited_by: { object: "user", id: page.editedBy } };
  }
}

/** The columns of a data source by name. */
function showSchema(properties: readonly Property[]): Shown {
  return Object.fromEntries(
    properties.map(({ id, name, type, options }) => [
      name,
      {
        id: encodeURIComponent(id),
        name,
        description: null,
        type,
        [type]: ["select", "multi_select", "status"].includes(type) ? { options } : {},
      },
    ]),
  );
}

/** A data source as the API shows it. */
export function showDataSource(context: ViewContext, dataSource: DataSource): Shown {
  const database = context.store.databases.get(dataSource.databaseId);
  return {
    object: "data_source",
    id: dataSource.id,
    title: richText([dataSource.title]),
    description: [],
    parent: { type: "database_id", database_id: dataSource.databaseId },
    database_parent: databaseParent(database),
    is_inline: false,
    ...trashFlags(context, dataSource.inTrash || (database?.inTrash ?? false)),
    created_time: iso(dataSource.createdMs),
    last_edited_time: iso(dataSource.editedMs),
    created_by: { object: "user", id: dataSource.createdBy },
    last_edited_by: { object: "user", id: dataSource.createdBy },
    properties: showSchema(dataSource.properties),
    icon: null,
    cover: null,
    url: `${context.url}/notion?source=${dataSource.id}`,
    public_url: null,
    ...extras(context),
  };
}

const databaseParent = (database: Database | undefined): Shown =>
  database?.parentPageId
    ? { type: "page_id", page_id: database.parentPageId }
    : { type: "workspace", workspace: true };

/** A database as the API shows it, in the caller's version. */
export function showDatabase(context: ViewContext, database: Database): Shown {
  const { store, version } = context;
  const sources = database.dataSourceIds.flatMap((id) => store.dataSources.get(id) ?? []);
  return {
    object: "database",
    id: database.id,
    title: richText([database.title]),
    description: [],
    parent: databaseParent(database),
    is_inline: false,
    ...trashFlags(context, database.inTrash),
    is_locked: false,
    created_time: iso(database.createdMs),
    last_edited_time: iso(database.editedMs),
    ...(hasDataSources(version)
      ? { data_sources: sources.map(({ id, title }) => ({ id, name: title })) }
      : { properties: showSchema(sources[0]?.properties ?? []) }),
    icon: null,
    cover: null,
    url: `${context.url}/notion?source=${database.dataSourceIds[0] ?? ""}`,
    public_url: null,
    ...extras(context),
  };
}
