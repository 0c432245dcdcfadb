import type { GoogleContext } from "../context.ts";
import {
  authError,
  backendError,
  GoogleApiError,
  insufficientPermissions,
  quotaExceeded,
  rateLimitExceeded,
} from "../errors.ts";
import type { Actor } from "../types.ts";
import type { ApiMethod } from "./ApiMethod.ts";
import { applyFields } from "./fields-mask.ts";
import { parseJson } from "./parse-json.ts";

/** A request as it came in, alone or as a part of a batch. */
export interface RawCall {
  verb: string;
  /** Path and query, beginning with `/calendar/v3/`. */
  target: string;
  headers: Record<string, string | undefined>;
  /** The body as text; empty for none. */
  text: string;
}

/** An answer, or the decision not to give one. */
export interface RawAnswer {
  status: number;
  body?: object;
  etag?: string;
  /** The connection is to be cut instead of answering. */
  cut?: boolean;
  afterwards?: () => void;
}

const PREFIX = "/calendar/v3/";

/** Finds the method of a call and takes it through faults, authorization, quota and the method itself. */
export class ApiDispatcher {
  readonly #context: GoogleContext;
  readonly #methods: { method: ApiMethod; segments: string[] }[];

  constructor(context: GoogleContext, methods: readonly ApiMethod[]) {
    this.#context = context;
    // Fixed words before parameters, so that `events/import` is not taken for an event id.
    this.#methods = methods
      .map((method) => ({ method, segments: method.path.split("/") }))
      .sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments));
  }

  /** Answers one call; never throws for what the API itself would answer. */
  async answer(call: RawCall): Promise<RawAnswer> {
    try {
      return await this.#run(call);
    } catch (error) {
      if (error instanceof GoogleApiError) return { status: error.status, body: error.toBody() };
      throw error;
    }
  }

  /** The resource a call writes to, or null: two parts of a batch on the same one are in conflict. */
  writtenResource(call: RawCall): string | null {
    const found = this.#find(call);
    if (!found?.method.writes || !found.params.eventId) return null;
    return `${found.params.calendarId} ${found.params.eventId}`;
  }

  async #run(call: RawCall): Promise<RawAnswer> {
    const found = this.#find(call);
    if (!found) throw new GoogleApiError(404, "global", "notFound", "The sandbox serves no such method.");
    const { method, params, query } = found;
    this.#context.stats.count(method.id);
    const actor = this.#actor(call.headers);
    const calendarId = params.calendarId === "primary" ? actor?.email : params.calendarId;
    const subject = { method: method.id, account: actor?.email, calendarId };
    const { faults, store, quota } = this.#context;
    const faulty = !actor?.page;
    if (faulty) {
      const delay = faults.strikes("delay", subject);
      if (delay) await new Promise((resolve) => setTimeout(resolve, delay.delayMs ?? 1_000));
      if (faults.strikes("dropConnection", subject)) return { status: 0, cut: true };
      const failure = faults.strikes("serverError", subject);
      if (failure) throw backendError(failure.status ?? 503);
      const limit = faults.strikes("rateLimit", subject);
      if (limit) throw rateLimitExceeded(limit.status === 429 ? 429 : 403);
      if (faults.strikes("quotaExceeded", subject)) throw quotaExceeded();
      if (actor && faults.strikes("expireAccessToken", subject)) {
        store.oauth.expireAccessTokens(actor.email);
        throw authError();
      }
    }
    if (!actor) throw authError();
    if (method.scopes.length > 0 && !method.scopes.some((scope) => actor.scopes.has(scope))) {
      throw insufficientPermissions();
    }
    quota.charge(actor, method.units ?? 1, method.writes ? (calendarId ?? null) : null);

    const answer = await method.handle(this.#context, {
      params,
      query,
      headers: call.headers,
      body: parseJson(call.text),
      actor,
    });
    if (faulty && faults.strikes("loseAnswer", subject)) {
      answer.afterwards?.();
      return { status: 0, cut: true };
    }
    const result: RawAnswer = { status: answer.status };
    if (answer.afterwards) result.afterwards = answer.afterwards;
    if (answer.body) {
      const etag = (answer.body as { etag?: string }).etag;
      if (etag) result.etag = etag;
      const fields = query.get("fields");
      result.body = fields ? applyFields(answer.body, fields) : answer.body;
    }
    return result;
  }

  #find(call: RawCall): { method: ApiMethod; params: Record<string, string>; query: URLSearchParams } | null {
    const cut = call.target.indexOf("?");
    const path = cut < 0 ? call.target : call.target.slice(0, cut);
    if (!path.startsWith(PREFIX)) return null;
    const segments = path.slice(PREFIX.length).split("/");
    for (const candidate of this.#methods) {
      if (candidate.method.verb !== call.verb) continue;
      const params = matchPath(candidate.segments, segments);
      if (params) {
        const query = new URLSearchParams(cut < 0 ? "" : call.target.slice(cut + 1));
        return { method: candidate.method, params, query };
      }
    }
    return null;
  }

  #actor(headers: Record<string, string | undefined>): Actor | null {
    const token = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "")?.[1];
    const found = token ? this.#context.store.oauth.accessToken(token) : null;
    if (!found) return null;
    const { email, clientId, projectId, scopes, page } = found;
    return { email, clientId, projectId, page, scopes: new Set(scopes) };
  }
}

function parameterCount(segments: string[]): number {
  return segments.filter((segment) => segment.startsWith("{")).length;
}

function matchPath(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] as string;
    if (expected.startsWith("{")) {
      try {
        params[expected.slice(1, -1)] = decodeURIComponent(actual);
      } catch {
        return null;
      }
    } else if (expected !== actual) {
      return null;
    }
  }
  return params;
}
