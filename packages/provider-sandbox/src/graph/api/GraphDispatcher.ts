import type { GraphContext } from "../context.ts";
import {
  accessDenied,
  badRequest,
  GraphApiError,
  invalidQuery,
  invalidToken,
  irresolvableConflict,
  serverError,
  throttled,
  unreadableBody,
} from "../errors.ts";
import { graphNames } from "../scopes.ts";
import type { GraphAccount, GraphActor } from "../types.ts";
import type { GraphAnswer, GraphCall, GraphMethod } from "./GraphMethod.ts";
import { readPreferences } from "./preferences.ts";

/** A request as it came in, alone or as a part of a batch. */
export interface RawCall {
  verb: string;
  /** Path and query, beginning with `/v1.0/`. */
  target: string;
  headers: Record<string, string | undefined>;
  /** The body as text; empty for none. */
  text: string;
}

/** An answer, or the decision not to give one. */
export interface RawAnswer {
  status: number;
  body?: object;
  headers: Record<string, string>;
  /** The connection is to be cut instead of answering. */
  cut?: boolean;
  afterwards?: () => void;
}

interface Route {
  method: GraphMethod;
  segments: string[];
}

/** A call that has found its method. */
interface Routed {
  method: GraphMethod;
  params: Record<string, string>;
  query: URLSearchParams;
  /** `me`, or the id or address of `/users/…`; null outside of a mailbox. */
  user: string | null;
  path: string;
}

const PREFIX = "/v1.0/";

/** Finds the method of a call and takes it through faults, authorization, limits and the method itself. */
export class GraphDispatcher {
  readonly #context: GraphContext;
  readonly #mailboxRoutes: Route[];
  readonly #globalRoutes: Route[];

  constructor(context: GraphContext, methods: readonly GraphMethod[]) {
    this.#context = context;
    const routes = methods.flatMap((method) =>
      method.paths.map((path) => ({ method, segments: path === "" ? [] : path.split("/") })),
    );
    // Fixed words before parameters, so that `events/delta` is not taken for an event's id.
    const sorted = routes.sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments));
    this.#mailboxRoutes = sorted.filter(({ method }) => !method.global);
    this.#globalRoutes = sorted.filter(({ method }) => method.global);
  }

  /** Answers one call; never throws for what the API itself would answer. */
  answer(call: RawCall): Promise<RawAnswer> {
    return this.refusals(call, () => this.#run(call));
  }

  /** What `run` gives, or its refusal as an answer. */
  async refusals(call: RawCall, run: () => Promise<RawAnswer>): Promise<RawAnswer> {
    const requestId = call.headers["client-request-id"];
    try {
      const answer = await run();
      if (requestId) answer.headers["client-request-id"] = requestId;
      return answer;
    } catch (error) {
      if (!(error instanceof GraphApiError)) throw error;
      const at = new Date(this.#context.store.clock.nowMs()).toISOString();
      return { status: error.status, body: error.toBody(at, requestId), headers: { ...error.headers } };
    }
  }

  async #run(call: RawCall): Promise<RawAnswer> {
    const routed = this.#find(call);
    if (!routed) {
      throw badRequest("BadRequest", `Resource not found for the segment '${call.target.split("?")[0]}'.`);
    }
    const { method, query } = routed;
    this.#context.stats.count(method.id);
    const actor = this.#actor(call.headers);
    const account = this.#account(routed, actor);
    const mailbox = account?.email ?? actor.email;
    const leave = this.#context.throttle.enter(actor, mailbox);
    try {
      const subject = {
        method: method.id,
        account: mailbox ?? undefined,
        // A path without a calendar is about the default one.
        calendarId: routed.params.calendarId ?? (account ? this.#defaultCalendarId(account) : undefined),
        eventId: routed.params.eventId,
      };
      if (!actor.page) {
        const struck = await this.#strike(subject, actor);
        if (struck) return struck;
      }
      this.#authorize(method, actor, account);
      for (const name of query.keys()) {
        if (!(method.query ?? []).includes(name)) {
          throw invalidQuery(`The query parameter '${name}' is not supported on this request.`);
        }
      }
      const { reader, maxPageSize, applied } = readPreferences(call.headers.prefer);
      const answer = await method.handle(this.#context, {
        params: routed.params,
        query,
        headers: call.headers,
        body: parseBody(call.text),
        actor,
        account,
        reader,
        maxPageSize,
        address: `${this.#context.graphUrl()}${PREFIX}${routed.path}`,
      } satisfies GraphCall);
      return this.#finish(answer, applied, actor, subject);
    } finally {
      leave();
    }
  }

  #finish(
    answer: GraphAnswer,
    applied: string,
    actor: GraphActor,
    subject: { method: string; account: string | undefined },
  ): RawAnswer {
    const lost = actor.page ? null : this.#context.faults.strikes("loseAnswer", subject);
    if (lost) {
      answer.afterwards?.();
      // Traps 7 and 10 of the real API: the write happened, and the client is told that it did not, or nothing at all.
      if (lost.status !== undefined) throw serverError(lost.status, lost.retryAfterSeconds);
      return { status: 0, headers: {}, cut: true };
    }
    const headers = { ...answer.headers, ...(applied ? { "preference-applied": applied } : {}) };
    const result: RawAnswer = { status: answer.status, headers };
    if (answer.afterwards) result.afterwards = answer.afterwards;
    if (answer.body) result.body = answer.body;
    return result;
  }

  /** Lets the faults of a call strike. @returns an answer that takes the place of the real one */
  async #strike(
    subject: { method: string; account: string | undefined },
    actor: GraphActor,
  ): Promise<RawAnswer | null> {
    const { faults, store } = this.#context;
    const { limits } = faults.behaviours;
    if (limits && limits.serviceMs > 0) await new Promise((resolve) => setTimeout(resolve, limits.serviceMs));
    const delay = faults.strikes("delay", subject);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay.delayMs ?? 1_000));
    if (faults.strikes("dropConnection", subject)) return { status: 0, headers: {}, cut: true };
    const failure = faults.strikes("serverError", subject);
    if (failure) throw serverError(failure.status ?? 503, failure.retryAfterSeconds);
    const limit = faults.strikes("rateLimit", subject);
    if (limit) {
      throw throttled("Application is over its MailboxConcurrency limit.", limit.retryAfterSeconds ?? 0.128);
    }
    const conflict = faults.strikes("conflict", subject);
    if (conflict) throw irresolvableConflict(conflict.status === 409 ? 409 : 412);
    if (actor.email !== null) {
      if (faults.strikes("expireAccessToken", subject)) {
        store.identity.expireAccessTokens(actor.email);
        throw invalidToken("Lifetime validation failed, the token is expired.");
      }
      if (faults.strikes("claimsChallenge", subject)) {
        const claims = JSON.stringify({
          access_token: { nbf: { essential: true, value: String(Math.floor(store.clock.nowMs() / 1000)) } },
        });
        store.identity.challenge(actor.email, claims);
        throw claimsChallenge(claims);
      }
    }
    return null;
  }

  #find(call: RawCall): Routed | null {
    const cut = call.target.indexOf("?");
    const path = cut < 0 ? call.target : call.target.slice(0, cut);
    if (!path.startsWith(PREFIX)) return null;
    const query = new URLSearchParams(cut < 0 ? "" : call.target.slice(cut + 1));
    const relative = path.slice(PREFIX.length).replace(/\/$/, "");
    const segments = relative.split("/");
    const inMailbox = segments[0] === "me" || (segments[0] === "users" && segments[1] !== undefined);
    const user = !inMailbox ? null : segments[0] === "me" ? "me" : decode(segments[1] as string);
    const rest = !inMailbox ? segments : segments.slice(user === "me" ? 1 : 2);
    for (const { method, segments: pattern } of inMailbox ? this.#mailboxRoutes : this.#globalRoutes) {
      if (method.verb !== call.verb) continue;
      const params = matchPath(pattern, rest);
      if (params) return { method, params, query, user, path: relative };
    }
    return null;
  }

  #actor(headers: Record<string, string | undefined>): GraphActor {
    const { identity, clock } = this.#context.store;
    const token = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "")?.[1];
    if (!token) throw invalidToken("Access token is empty.");
    const found = identity.accessToken(token);
    if (!found) throw invalidToken("Access token validation failure. Invalid audience.");
    if (clock.nowMs() >= found.expiresAtMs) {
      throw invalidToken("Lifetime validation failed, the token is expired.");
    }
    const missing = identity.missingClaims(found);
    if (missing !== null) throw claimsChallenge(missing);
    const { email, tenantId, clientId, page, expiresAtMs } = found;
    return {
      kind: email === null ? "application" : "delegated",
      email,
      tenantId,
      clientId,
      page,
      tokenExpiresMs: expiresAtMs,
      scopes: graphNames(found.scopes),
    };
  }

  #account({ user }: Routed, actor: GraphActor): GraphAccount | null {
    if (user === null) return null;
    const { store } = this.#context;
    if (user === "me") {
      if (actor.email === null) {
        throw badRequest("BadRequest", "/me request is only valid with delegated authentication flow.");
      }
      return store.accounts.get(actor.email) ?? null;
    }
    const account = store.account(user);
    const visible =
      account && account.tenantId === actor.tenantId && !(actor.email === null && account.personal);
    if (!visible)
      throw new GraphApiError(404, "ErrorInvalidUser", `The requested user '${user}' is invalid.`);
    return account;
  }

  #defaultCalendarId({ email }: GraphAccount): string {
    return this.#context.store.defaultCalendar(email).id;
  }

  #authorize(method: GraphMethod, actor: GraphActor, account: GraphAccount | null): void {
    const allowed = method.scopes.length === 0 || method.scopes.some((scope) => actor.scopes.has(scope));
    if (!allowed) throw accessDenied();
    // Another user's mailbox: for applications only; the sandbox's users share no calendars.
    if (account && actor.email !== null && actor.email !== account.email) throw accessDenied();
  }
}

function claimsChallenge(claims: string): GraphApiError {
  const encoded = Buffer.from(claims).toString("base64");
  return invalidToken(
    "Continuous access evaluation resulted in challenge with result: InteractionRequired.",
    `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${encoded}"`,
  );
}

function parseBody(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadableBody(cause);
  }
}

function parameterCount(segments: string[]): number {
  return segments.filter((segment) => segment.startsWith("{")).length;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function matchPath(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] as string;
    if (expected.startsWith("{")) params[expected.slice(1, -1)] = decode(actual);
    else if (expected.toLowerCase() !== actual.toLowerCase()) return null;
  }
  return params;
}
