import { validationError } from "../errors.ts";
import { hasDataSources } from "../versions.ts";
import { showDatabase, showDataSource, showPage } from "../view.ts";
import type { MethodCall, NotionMethod } from "./NotionDispatcher.ts";

const PAGE_SIZE = 100;

/** Everything that is shared and matches: data sources, or databases before there were any, and pages. */
function found(call: MethodCall): Record<string, unknown>[] {
  const { access, body, context, version, view } = call;
  const filter = body["filter"] as { value?: unknown } | undefined;
  const kind = filter?.value;
  const table = hasDataSources(version) ? "data_source" : "database";
  if (kind !== undefined && kind !== "page" && kind !== table)
    throw validationError(`body.filter.value should be "page" or "${table}".`);
  const text = String(body["query"] ?? "").toLowerCase();
  const results: Record<string, unknown>[] = [];
  if (kind !== "page") {
    for (const database of context.store.databases.values()) {
      if (database.inTrash || !access.seesDatabase(database) || !database.title.toLowerCase().includes(text))
        continue;
      if (table === "database") results.push(showDatabase(view, database));
      else
        for (const id of database.dataSourceIds) {
          const source = context.store.dataSources.get(id);
          if (source && !source.inTrash) results.push(showDataSource(view, source));
        }
    }
  }
  if (kind === undefined || kind === "page") {
    for (const page of context.store.pages.values()) {
      if (page.inTrash || !access.seesPage(page) || !page.title.toLowerCase().includes(text)) continue;
      results.push(showPage(view, page));
    }
  }
  return results;
}

/** Search, and who is asking. */
export const searchMethods: NotionMethod[] = [
  {
    verb: "POST",
    path: "search",
    name: "search",
    handle(call) {
      const results = found(call);
      const from = Number(call.body["start_cursor"] ?? 0);
      const size = Math.min(Number(call.body["page_size"] ?? PAGE_SIZE), PAGE_SIZE);
      const more = from + size < results.length;
      return {
        object: "list",
        results: results.slice(from, from + size),
        next_cursor: more ? String(from + size) : null,
        has_more: more,
        type: "page_or_data_source",
        page_or_data_source: {},
      };
    },
  },
  {
    verb: "GET",
    path: "users/me",
    name: "users.me",
    handle({ access, context }) {
      const { connection } = access;
      const owner = [...context.store.people.values()].find(({ id }) => id === connection.ownerId);
      const workspace = context.store.workspaces.get(connection.workspaceId);
      const isPublic = connection.kind === "public";
      return {
        object: "user",
        id: connection.botId,
        name: context.store.authorization.integrations.get(connection.integrationId)?.name ?? "Integration",
        avatar_url: null,
        type: "bot",
        bot: {
          owner: isPublic
            ? {
                type: "user",
                user: {
                  object: "user",
                  id: connection.ownerId,
                  name: owner?.name ?? null,
                  type: "person",
                  person: { email: owner?.email },
                },
              }
            : { type: "workspace", workspace: true },
          workspace_id: connection.workspaceId,
          workspace_name: workspace?.name ?? null,
        },
      };
    },
  },
];
