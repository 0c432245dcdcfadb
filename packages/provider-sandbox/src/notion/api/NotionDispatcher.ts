import { setTimeout as pause } from "node:timers/promises";
import { Access } from "../access.ts";
import type { NotionContext } from "../context.ts";
import { invalidUrl, NotionApiError, rateLimited, unauthorized, validationError } from "../errors.ts";
import type { Connection } from "../types.ts";
import { hasDataSources, type NotionVersion, readVersion } from "../versions.ts";
import type { ViewContext } from "../view.ts";

/** One request as it came. */
export interface NotionRequest {
  verb: string;
  /** Path behind `/v1`, with its query. */
  target: string;
  headers: Readonly<Record<string, string | undefined>>;
  text: string;
}

/** An answer as it goes over the wire. */
export interface NotionAnswer {
  status: number;
  headers: Record<string, string>;
  /** JSON text, or something else where a gateway answers. */
  body: string;
  contentType: string;
  /** The connection breaks in place of an answer. */
  cut?: true;
}

/** What a method of the API gets. */
export interface MethodCall {
  context: NotionContext;
  access: Access;
  version: NotionVersion;
  view: ViewContext;
  /** Values of the path's variable parts, in order. */
  ids: string[];
  query: URLSearchParams;
  body: Record<string, unknown>;
}

/** A method of the API. */
export interface NotionMethod {
  verb: "GET" | "POST" | "PATCH" | "DELETE";
  /** `pages/{id}`: the path behind `/v1/`. */
  path: string;
  name: string;
  /** Only from 2025-09-03 on. */
  dataSources?: true;
  /** Only before. */
  legacy?: true;
  handle(call: MethodCall): Record<string, unknown> | Promise<Record<string, unknown>>;
}

/** Takes requests to the API: version, token, window, faults, and then the method. */
export class NotionDispatcher {
  readonly #context: NotionContext;
  readonly #methods: readonly NotionMethod[];

  constructor(context: NotionContext, methods: readonly NotionMethod[]) {
    this.#context = context;
    this.#methods = methods;
  }

  async answer(request: NotionRequest): Promise<NotionAnswer> {
    try {
      return await this.#answer(request);
    } catch (error) {
      if (!(error instanceof NotionApiError)) throw error;
      return json(error.status, error.toBody(), error.headers);
    }
  }

  async #answer({ verb, target, headers, text }: NotionRequest): Promise<NotionAnswer> {
    const { store, faults, window, calls } = this.#context;
    const [path = "", queryText = ""] = target.split("?");
    const connection = this.#authenticate(headers["authorization"]);
    const workspace = store.workspaces.get(connection.workspaceId);
    window.charge(connection.botId, connection.workspaceId, workspace?.plan ?? "plus");
    const version = readVersion(headers["notion-version"]);
    const found = this.#find(verb, path, version);
    const account = [...store.people.values()].find(({ id }) => id === connection.ownerId)?.email;
    const subject = { method: found.method.name, account };
    calls.set(found.method.name, (calls.get(found.method.name) ?? 0) + 1);

    const late = faults.strikes("delay", subject);
    if (late) await pause(late.delayMs ?? 200);
    if (faults.strikes("dropConnection", subject)) return CUT;
    const early = this.#strikeEarly(subject);
    if (early) return early;
    const body = readBody(verb, text);
    const result = await found.method.handle({
      context: this.#context,
      access: new Access(store, connection),
      version,
      view: { store, version, url: this.#context.url(), extraFields: faults.behaviours.extraFields },
      ids: found.ids,
      query: new URLSearchParams(queryText),
      body,
    });
    if (faults.strikes("loseAnswer", subject)) return CUT;
    if (verb !== "GET" && faults.strikes("savedButUnavailable", subject))
      throw saved(found.method.name, result);
    return json(200, result);
  }

  #strikeEarly(subject: { method: string; account?: string | undefined }): NotionAnswer | null {
    const { faults } = this.#context;
    if (faults.strikes("refuseToken", subject)) throw unauthorized();
    const limit = faults.strikes("rateLimit", subject);
    if (limit)
      throw rateLimited(limit.reason ?? "public_api_endpoint_rate_limit", limit.retryAfterSeconds ?? 1);
    const overload = faults.strikes("overload", subject);
    if (overload) {
      const seconds = String(overload.retryAfterSeconds ?? 1);
      throw new NotionApiError(529, "service_overload", "Notion is overloaded. Please try again later.", {
        headers: { "retry-after": seconds },
        additionalData: { retry_after: seconds },
      });
    }
    if (faults.strikes("conflict", subject))
      throw new NotionApiError(409, "conflict_error", "Conflict occurred while saving. Please try again.");
    const failing = faults.strikes("serverError", subject);
    if (failing) {
      const status = failing.status ?? 500;
      const code = status === 503 ? "service_unavailable" : "internal_server_error";
      throw new NotionApiError(status, code, "Unexpected error occurred.");
    }
    const gateway = faults.strikes("notJson", subject);
    if (!gateway) return null;
    const status = gateway.status ?? 502;
    return { status, headers: {}, contentType: "text/html", body: `<html><h1>${status}</h1></html>` };
  }

  #authenticate(header: string | undefined): Connection {
    const { store, faults } = this.#context;
    const token = /^Bearer (\S+)$/.exec(header ?? "")?.[1];
    const held = token === undefined ? undefined : store.authorization.accessTokens.get(token);
    const { accessTokenLifetimeMs } = faults.behaviours;
    if (!held || held.dead) throw unauthorized();
    if (accessTokenLifetimeMs !== null && store.clock.nowMs() >= held.issuedAtMs + accessTokenLifetimeMs)
      throw unauthorized();
    const connection = store.connections.get(held.botId);
    if (!connection || connection.revoked) throw unauthorized();
    return connection;
  }

  #find(verb: string, path: string, version: NotionVersion): { method: NotionMethod; ids: string[] } {
    const parts = path.split("/").filter(Boolean);
    for (const method of this.#methods) {
      if (method.verb !== verb) continue;
      const wanted = method.path.split("/");
      if (wanted.length !== parts.length) continue;
      if (!wanted.every((part, at) => part.startsWith("{") || part === parts[at])) continue;
      const modern =
        hasDataSources(version) || this.#context.faults.behaviours.oldVersionDataSources === "works";
      if (method.dataSources && !modern) throw invalidUrl();
      if (method.legacy && hasDataSources(version)) throw invalidUrl();
      const ids = parts.filter((_, at) => wanted[at]?.startsWith("{")).map(decodeURIComponent);
      return { method, ids };
    }
    throw invalidUrl();
  }
}

const CUT: NotionAnswer = { status: 0, headers: {}, body: "", contentType: "", cut: true };

function json(status: number, body: unknown, headers: Record<string, string> = {}): NotionAnswer {
  return { status, headers, body: JSON.stringify(body), contentType: "application/json; charset=utf-8" };
}

function readBody(verb: string, text: string): Record<string, unknown> {
  if (verb === "GET" || text === "") return {};
  const body = parseJson(text);
  if (body === undefined) throw new NotionApiError(400, "invalid_json", "Error parsing JSON body.");
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw validationError("body failed validation: body should be an object.");
  return body as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** 503 for a write that has been saved: what it says is how to find out. */
function saved(method: string, result: Record<string, unknown>): NotionApiError {
  const created = method === "pages.create" && typeof result["id"] === "string" ? result["id"] : null;
  return new NotionApiError(503, "service_unavailable", "Notion is unavailable. Please try again later.", {
    additionalData: {
      retry_guidance: ["The change may have been saved.", "Read the object before you repeat the request."],
      ...(created === null ? {} : { committed_resource_id: created }),
    },
  });
}
