import type { FastifyInstance, FastifyReply } from "fastify";
import { ZodError, z } from "zod";
import { NotionApiError } from "./errors.ts";
import type { NotionSandbox } from "./NotionSandbox.ts";

const HEARTBEAT_MS = 25_000;
const valuesSchema = z.record(z.string(), z.unknown());
const newRowSchema = z.object({ account: z.string(), source: z.string(), values: valuesSchema });
const rowSchema = z.object({
  account: z.string(),
  values: valuesSchema.optional(),
  trashed: z.boolean().optional(),
});

const columnSchema = z.object({ account: z.string(), name: z.string().trim().min(1).nullable() });
const webhookSchema = z.object({ integrationId: z.string(), url: z.url({ protocol: /^https?$/ }) });

/**
 * The sandbox's own API for its Notion page and for demos: tables, rows, columns, webhooks, a stream of changes.
 * @param allowHttpCallbacks take `http://` addresses for webhooks, which Notion never does
 */
export function registerNotionSandboxApi(
  app: FastifyInstance,
  notion: NotionSandbox,
  { allowHttpCallbacks }: { allowHttpCallbacks: boolean },
): void {
  const { store } = notion.context;

  app.get("/sandbox/api/notion/accounts", () => ({
    accounts: notion.accounts().map((person) => ({
      email: person.email,
      workspace: store.workspaces.get(person.workspaceId)?.name,
      tables: [...store.databases.values()]
        .filter((database) => database.workspaceId === person.workspaceId && !database.inTrash)
        .flatMap((database) =>
          database.dataSourceIds.map((id) => ({ id, title: store.dataSources.get(id)?.title ?? "" })),
        ),
    })),
  }));

  app.get<{ Params: { source: string } }>("/sandbox/api/notion/tables/:source", (request, reply) => {
    const dataSource = store.dataSources.get(request.params.source);
    if (!dataSource) return problem(reply, 404, `There is no table ${request.params.source}.`);
    return reply.send({
      title: dataSource.title,
      columns: dataSource.properties.map(({ id, name, type, options }) => ({
        id,
        name,
        type,
        options: options.map((option) => option.name),
      })),
      rows: store.rowsOf(dataSource.id).map((page) => ({
        id: page.id,
        trashed: page.inTrash,
        cells: notion.row(page.id)["properties"],
      })),
    });
  });

  app.post("/sandbox/api/notion/rows", (request, reply) =>
    attempt(reply, () => {
      const { account, source, values } = newRowSchema.parse(request.body);
      return { id: notion.addRow(account, source, values) };
    }),
  );

  app.patch<{ Params: { id: string } }>("/sandbox/api/notion/rows/:id", (request, reply) =>
    attempt(reply, () => {
      const { account, values, trashed } = rowSchema.parse(request.body);
      if (trashed !== undefined) notion.trashRow(account, request.params.id, trashed);
      if (values) notion.editRow(account, request.params.id, values);
      return {};
    }),
  );

  app.patch<{ Params: { source: string; column: string } }>(
    "/sandbox/api/notion/tables/:source/columns/:column",
    (request, reply) =>
      attempt(reply, () => {
        const { account, name } = columnSchema.parse(request.body);
        const { source, column } = request.params;
        notion.changeColumn(account, source, column, name === null ? null : { name });
        return {};
      }),
  );

  app.get("/sandbox/api/notion/webhooks", () => ({
    integrations: [...store.authorization.integrations.values()].map(({ clientId, name }) => ({
      id: clientId,
      name,
    })),
    // Never their tokens: whoever is to have one gets it by the handshake.
    webhooks: [...store.webhooks.all.values()].map(({ id, integrationId, url, state }) => ({
      id,
      integration: store.authorization.integrations.get(integrationId)?.name ?? integrationId,
      url,
      state,
    })),
  }));

  app.post("/sandbox/api/notion/webhooks", (request, reply) =>
    attempt(reply, async () => {
      const { integrationId, url } = webhookSchema.parse(request.body);
      if (!store.authorization.integrations.has(integrationId))
        throw new Error(`There is no integration ${integrationId}.`);
      if (!allowHttpCallbacks && !url.startsWith("https:"))
        throw new NotionApiError(400, "validation_error", "The address of a webhook begins with https://.");
      const { id } = await notion.addWebhook(integrationId, url);
      return { id };
    }),
  );

  app.post<{ Params: { id: string } }>("/sandbox/api/notion/webhooks/:id/confirm", (request, reply) =>
    attempt(reply, () => {
      const { token } = z.object({ token: z.string().trim() }).parse(request.body);
      notion.confirmWebhook(request.params.id, token);
      return {};
    }),
  );

  app.delete<{ Params: { id: string } }>("/sandbox/api/notion/webhooks/:id", (request, reply) => {
    notion.removeWebhook(request.params.id);
    return reply.code(204).send();
  });

  registerChanges(app, notion);
}

/** `GET /sandbox/api/notion/changes`: server-sent events `change`, one per operation on an object. */
function registerChanges(app: FastifyInstance, notion: NotionSandbox): void {
  const streams = new Set<FastifyReply>();
  const stop = notion.context.store.onChange(({ kind, dataSourceId }) => {
    const message = `event: change\ndata: ${JSON.stringify({ kind, source: dataSourceId })}\n\n`;
    for (const reply of streams) reply.raw.write(message);
  });
  const heartbeat = setInterval(() => {
    for (const reply of streams) reply.raw.write(": still here\n\n");
  }, HEARTBEAT_MS);
  heartbeat.unref();
  // Streams stay open for ever: end them first, or closing would wait for them.
  app.addHook("preClose", async () => {
    stop();
    clearInterval(heartbeat);
    for (const reply of streams) reply.raw.end();
    streams.clear();
  });
  app.get("/sandbox/api/notion/changes", (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    reply.raw.write("retry: 1000\n\n");
    streams.add(reply);
    request.raw.once("close", () => streams.delete(reply));
  });
}

/** Refuses with what was wrong, where a person did something that cannot be. */
async function attempt(reply: FastifyReply, act: () => unknown): Promise<FastifyReply> {
  try {
    return reply.send(await act());
  } catch (error) {
    if (error instanceof ZodError) return problem(reply, 400, z.prettifyError(error));
    if (error instanceof NotionApiError) return problem(reply, error.status, error.message);
    if (error instanceof Error) return problem(reply, 404, error.message);
    throw error;
  }
}

const problem = (reply: FastifyReply, status: number, message: string): FastifyReply =>
  reply.code(status).send({ error: { code: status, message } });
