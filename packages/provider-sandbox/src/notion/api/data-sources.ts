import { z } from "zod";
import { validationError } from "../errors.ts";
import type { ColumnInput } from "../NotionStore.ts";
import { changeSchema, readSchemaChange } from "../properties/schema.ts";
import { runQuery } from "../query/run-query.ts";
import type { DataSource } from "../types.ts";
import { hasDataSources } from "../versions.ts";
import { showDatabase, showDataSource, showPage } from "../view.ts";
import type { MethodCall, NotionMethod } from "./NotionDispatcher.ts";

function query(call: MethodCall, dataSource: DataSource): Record<string, unknown> {
  const { access, context, view, body } = call;
  access.require("read");
  const short = context.faults.strikes("shortPage", { method: "dataSources.query" }) !== null;
  const parts = { store: context.store, faults: context.faults, short };
  const page = runQuery(parts, dataSource, (row) => access.seesPage(row), body);
  const filter = call.query.getAll("filter_properties").concat(call.query.getAll("filter_properties[]"));
  return {
    object: "list",
    results: page.rows.map((row) => showPage(view, row, filter)),
    next_cursor: page.nextCursor,
    has_more: page.nextCursor !== null,
    type: hasDataSources(call.version) ? "page_or_data_source" : "page_or_database",
    ...(hasDataSources(call.version) ? { page_or_data_source: {} } : { page_or_database: {} }),
    request_status: page.cutOff
      ? { type: "incomplete", incomplete_reason: "query_result_limit_reached" }
      : { type: "complete" },
  };
}

function columnsOf(properties: unknown): ColumnInput[] {
  const held =
    typeof properties === "object" && properties !== null ? (properties as Record<string, unknown>) : {};
  return [...readSchemaChange(held)].map(([name, column]) => {
    if (!column?.type) throw validationError(`body.properties.${name} should have a type.`);
    return { name, type: column.type, ...(column.options ? { options: column.options } : {}) };
  });
}

const titleSchema = z
  .array(z.object({ text: z.object({ content: z.string() }).optional(), plain_text: z.string().optional() }))
  .transform((items) => items.map((item) => item.text?.content ?? item.plain_text ?? "").join(""));

const titleOf = (value: unknown): string => {
  const title = titleSchema.safeParse(value ?? []);
  return title.success && title.data !== "" ? title.data : "Untitled";
};

const bodySchema = z.object({
  parent: z.object({ page_id: z.string().optional(), type: z.string().optional() }).optional(),
  title: z.unknown().optional(),
  properties: z.unknown().optional(),
  initial_data_source: z
    .object({ title: z.unknown().optional(), properties: z.unknown().optional() })
    .optional(),
});

function createDatabase(call: MethodCall): Record<string, unknown> {
  const { access, context, view, body } = call;
  access.require("insert");
  const parsed = bodySchema.safeParse(body);
  const parentId = parsed.success ? parsed.data.parent?.page_id : undefined;
  if (!parsed.success || parentId === undefined) throw validationError("body.parent should have page_id.");
  const parent = access.page(parentId);
  const columns = columnsOf(parsed.data.initial_data_source?.properties ?? parsed.data.properties);
  const { database } = context.store.addDatabase({
    workspaceId: access.connection.workspaceId,
    title: titleOf(parsed.data.title),
    columns,
    createdBy: access.connection.botId,
    parentPageId: parent.id,
  });
  // What a connection makes is its own to see.
  access.connection.shared.add(database.id);
  return showDatabase(view, database);
}

function sourceOfDatabase(call: MethodCall): DataSource {
  const database = call.access.database(call.ids[0] ?? "");
  const [only, ...others] = database.dataSourceIds;
  if (others.length > 0)
    throw validationError("Databases with multiple data sources are not supported in this API version.");
  const source = only === undefined ? undefined : call.context.store.dataSources.get(only);
  if (!source) throw validationError("The database has no data source.");
  return source;
}

/** Data sources and the databases that hold them. */
export const dataSourceMethods: NotionMethod[] = [
  {
    verb: "POST",
    path: "data_sources/{id}/query",
    name: "dataSources.query",
    dataSources: true,
    handle: (call) => query(call, call.access.dataSource(call.ids[0] ?? "")),
  },
  {
    verb: "POST",
    path: "databases/{id}/query",
    name: "dataSources.query",
    legacy: true,
    handle: (call) => query(call, sourceOfDatabase(call)),
  },
  {
    verb: "GET",
    path: "data_sources/{id}",
    name: "dataSources.retrieve",
    dataSources: true,
    handle: ({ access, ids, view }) => showDataSource(view, access.dataSource(ids[0] ?? "")),
  },
  {
    verb: "PATCH",
    path: "data_sources/{id}",
    name: "dataSources.update",
    dataSources: true,
    handle(call) {
      const { access, body, context, ids, view } = call;
      access.require("update");
      const dataSource = access.dataSource(ids[0] ?? "");
      const changes = readSchemaChange((body["properties"] ?? {}) as Record<string, unknown>);
      const properties = changeSchema(dataSource.properties, changes);
      context.store.setProperties(dataSource, properties, { id: access.connection.botId, type: "bot" });
      return showDataSource(view, dataSource);
    },
  },
  {
    verb: "GET",
    path: "databases/{id}",
    name: "databases.retrieve",
    handle: ({ access, ids, view }) => showDatabase(view, access.database(ids[0] ?? "")),
  },
  { verb: "POST", path: "databases", name: "databases.create", handle: createDatabase },
];
