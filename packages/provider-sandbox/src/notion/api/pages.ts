import { setImmediate as nextTurn } from "node:timers/promises";
import { conflict, validationError } from "../errors.ts";
import { findProperty } from "../properties/schema.ts";
import { readValue, showValue } from "../properties/values.ts";
import type { Actor, CellValue, DataSource, Page } from "../types.ts";
import { hasDataSources } from "../versions.ts";
import { showPage } from "../view.ts";
import type { MethodCall, NotionMethod } from "./NotionDispatcher.ts";

const writing = new WeakMap<Page, number>();

const botOf = ({ access }: MethodCall): Actor => ({ id: access.connection.botId, type: "bot" });

async function create(call: MethodCall): Promise<Record<string, unknown>> {
  const { access, body, context, view } = call;
  access.require("insert");
  const dataSource = parentOf(call, body["parent"]);
  const cells = readCells(call, dataSource, body["properties"]);
  const page = context.store.addPage({
    workspaceId: access.connection.workspaceId,
    dataSource,
    cells,
    actor: botOf(call),
    lagMs: context.faults.behaviours.indexLagMs,
  });
  return showPage(view, page);
}

function parentOf({ access, version, context }: MethodCall, parent: unknown): DataSource {
  const held = typeof parent === "object" && parent !== null ? (parent as Record<string, unknown>) : {};
  if (hasDataSources(version) && typeof held["data_source_id"] === "string")
    return access.dataSource(held["data_source_id"]);
  if (typeof held["database_id"] === "string") {
    const database = access.database(held["database_id"]);
    const [only, ...others] = database.dataSourceIds;
    const source = only === undefined || others.length > 0 ? undefined : context.store.dataSources.get(only);
    if (source) return source;
    throw validationError("Databases with multiple data sources are not supported in this API version.");
  }
  throw validationError("body.parent should have data_source_id, or database_id.");
}

function readCells(
  { access, context }: MethodCall,
  dataSource: DataSource,
  input: unknown,
): Map<string, CellValue> {
  const values = typeof input === "object" && input !== null ? Object.entries(input) : [];
  const rules = {
    acceptZoneWithOffset: context.faults.behaviours.acceptZoneWithOffset,
    mayAddOptions: access.connection.capabilities.update,
  };
  const cells = new Map<string, CellValue>();
  for (const [key, value] of values) {
    const property = findProperty(dataSource.properties, key);
    if (!property) throw validationError(`${key} is not a property that exists.`);
    cells.set(property.id, readValue(property, value, rules));
  }
  return cells;
}

/** Writes that overlap may clash: who comes second is refused, and nothing of it is saved. */
async function update(call: MethodCall): Promise<Record<string, unknown>> {
  const { access, body, context, ids, view } = call;
  access.require("update");
  const page = access.page(ids[0] ?? "");
  const under = writing.get(page) ?? 0;
  writing.set(page, under + 1);
  try {
    if (context.faults.behaviours.conflictChance > 0) {
      await nextTurn();
      if (under > 0 && context.faults.chance(context.faults.behaviours.conflictChance)) throw conflict();
    }
    applyUpdate(call, page, body);
  } finally {
    writing.set(page, (writing.get(page) ?? 1) - 1);
  }
  return showPage(view, page);
}

function applyUpdate(call: MethodCall, page: Page, body: Record<string, unknown>): void {
  const { context, version } = call;
  const { store } = context;
  const actor = botOf(call);
  if ("archived" in body && version === "2026-03-11")
    throw validationError("body.archived is not a field any more, use in_trash.");
  const trashed = body["in_trash"] ?? body["archived"];
  const properties = body["properties"];
  const stays = trashed === undefined ? page.inTrash : trashed === true;
  const writes = typeof properties === "object" && properties !== null && Object.keys(properties).length > 0;
  if (page.inTrash && stays && writes)
    throw validationError("Can't edit block that is archived. You must unarchive the block before editing.");
  const source = page.dataSourceId === null ? undefined : store.dataSources.get(page.dataSourceId);
  // Everything is checked before anything is written.
  const cells = writes && source ? readCells(call, source, properties) : new Map<string, CellValue>();
  if (trashed !== undefined) store.setTrashed(page, trashed === true, actor);
  if (cells.size > 0) store.writeCells(page, cells, actor);
  if (typeof body["is_locked"] === "boolean") store.setLocked(page, body["is_locked"], actor);
  if (typeof body["is_archived"] === "boolean") page.isArchived = body["is_archived"];
}

/** Pages, rows or not. */
export const pageMethods: NotionMethod[] = [
  { verb: "POST", path: "pages", name: "pages.create", handle: create },
  {
    verb: "GET",
    path: "pages/{id}",
    name: "pages.retrieve",
    handle({ access, ids, view, query }) {
      const page = access.page(ids[0] ?? "");
      if (!access.connection.capabilities.read) return { object: "page", id: page.id };
      return showPage(view, page, query.getAll("filter_properties"));
    },
  },
  {
    verb: "GET",
    path: "pages/{id}/properties/{property}",
    name: "pages.properties.retrieve",
    handle({ access, ids, context }) {
      const page = access.page(ids[0] ?? "");
      const source =
        page.dataSourceId === null ? undefined : context.store.dataSources.get(page.dataSourceId);
      const property = source && findProperty(source.properties, ids[1] ?? "");
      const cell = property && context.store.cellOf(page, property);
      if (!property || !cell) throw validationError(`Could not find property with name or id: ${ids[1]}`);
      return { object: "property_item", ...showValue(property, cell) };
    },
  },
  { verb: "PATCH", path: "pages/{id}", name: "pages.update", handle: update },
  {
    verb: "POST",
    path: "pages/{id}/move",
    name: "pages.move",
    dataSources: true,
    handle(call) {
      const { access, body, context, ids, view } = call;
      access.require("update");
      const page = access.page(ids[0] ?? "");
      context.store.movePage(page, parentOf(call, body["parent"]), botOf(call));
      return showPage(view, page);
    },
  },
  {
    verb: "DELETE",
    path: "blocks/{id}",
    name: "blocks.delete",
    handle(call) {
      const { access, context, ids, view } = call;
      access.require("update");
      const page = access.page(ids[0] ?? "");
      context.store.setTrashed(page, true, botOf(call));
      return { ...showPage(view, page), object: "block", type: "child_page" };
    },
  },
];
