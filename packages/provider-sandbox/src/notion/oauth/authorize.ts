import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { NotionContext } from "../context.ts";
import { newId } from "../ids.ts";
import type { Connection, Person } from "../types.ts";
import type { PendingAuthorization } from "./NotionAuthorization.ts";
import { errorPage, type PickerChoice, pickerPage } from "./picker-page.ts";

/** The authorization endpoint, with the page on which a person picks what a connection may see. */
export function registerNotionAuthorize(app: FastifyInstance, context: NotionContext): void {
  const { authorization } = context.store;

  app.get("/v1/oauth/authorize", (request, reply) => {
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    const pending = readRequest(context, query);
    if (typeof pending === "string") return html(reply, 400, errorPage(pending));
    authorization.pending.set(pending.id, pending);
    const appName = authorization.integrations.get(pending.clientId)?.name ?? pending.clientId;
    return html(reply, 200, pickerPage(pending, appName, choices(context)));
  });

  app.post("/v1/oauth/authorize/consent", (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const pending = authorization.pending.get(form.get("request") ?? "");
    if (!pending)
      return html(reply, 400, errorPage("This page was answered already. Start again in the app."));
    authorization.pending.delete(pending.id);
    if (form.get("decision") !== "allow") return redirect(reply, pending, { error: "access_denied" });
    const email = (form.get("account") || form.get("email") || "").trim().toLowerCase();
    const known = context.store.people.get(email);
    const person = known ?? context.store.addPerson({ email });
    // A new workspace has a page to begin with, on which a database can stand.
    const shared = known ? form.getAll("database") : [firstPage(context, person)];
    const connection = install(context, pending.clientId, person, shared);
    const { code } = authorization.issueCode(pending, connection.botId);
    return redirect(reply, pending, { code });
  });
}

/** Installs a public integration for a person, or widens what their installation sees. */
export function install(
  context: NotionContext,
  clientId: string,
  person: Person,
  shared: readonly string[],
): Connection {
  const { connections, databases } = context.store;
  const existing = [...connections.values()].find(
    (one) => one.integrationId === clientId && one.ownerId === person.id && one.kind === "public",
  );
  const connection: Connection = existing ?? {
    botId: newId(),
    integrationId: clientId,
    workspaceId: person.workspaceId,
    ownerId: person.id,
    kind: "public",
    capabilities: { read: true, update: true, insert: true },
    shared: new Set(),
    hidden: new Set(),
    revoked: false,
  };
  connection.revoked = false;
  for (const id of shared) {
    const { workspaceId } = databases.get(id) ?? context.store.pages.get(id) ?? {};
    if (workspaceId === person.workspaceId) connection.shared.add(id);
  }
  connections.set(connection.botId, connection);
  return connection;
}

function readRequest({ store }: NotionContext, query: URLSearchParams): PendingAuthorization | string {
  const clientId = query.get("client_id") ?? "";
  const integration = store.authorization.integrations.get(clientId);
  if (!integration) return `There is no integration with the client id "${clientId}".`;
  const given = query.get("redirect_uri");
  const redirectUri = given ?? integration.redirectUris[0];
  if (redirectUri === undefined || !integration.redirectUris.includes(redirectUri))
    return `The redirect address ${redirectUri ?? "(none)"} is not registered for this integration.`;
  if (query.get("response_type") !== "code") return "response_type must be code.";
  if (query.get("owner") !== "user") return "owner must be user.";
  return {
    id: randomBytes(18).toString("base64url"),
    clientId,
    redirectUri,
    redirectUriGiven: given !== null,
    state: query.get("state"),
  };
}

const firstPage = ({ store }: NotionContext, { id, workspaceId }: Person): string =>
  store.addPage({ workspaceId, dataSource: null, title: "Getting started", actor: { id, type: "person" } })
    .id;

function choices({ store }: NotionContext): PickerChoice[] {
  return [...store.people.values()].map((person) => ({
    email: person.email,
    shareable: [
      ...[...store.databases.values()]
        .filter((one) => one.workspaceId === person.workspaceId && !one.inTrash)
        .map(({ id, title }) => ({ id, title: `Database: ${title}` })),
      ...[...store.pages.values()]
        .filter((one) => one.workspaceId === person.workspaceId && one.dataSourceId === null && !one.inTrash)
        .map(({ id, title }) => ({ id, title: `Page: ${title || "Untitled"}` })),
    ],
  }));
}

function redirect(
  reply: FastifyReply,
  pending: PendingAuthorization,
  result: Record<string, string>,
): FastifyReply {
  const url = new URL(pending.redirectUri);
  for (const [name, value] of Object.entries(result)) url.searchParams.set(name, value);
  if (pending.state !== null) url.searchParams.set("state", pending.state);
  return reply.redirect(url.href, 302);
}

const html = (reply: FastifyReply, status: number, text: string): FastifyReply =>
  reply.code(status).type("text/html; charset=utf-8").header("cache-control", "no-store").send(text);
