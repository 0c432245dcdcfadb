import type { GoogleContext } from "../context.ts";
import { invalid } from "../errors.ts";
import type { Actor } from "../types.ts";

/** One call of an API method, whether it came alone or as a part of a batch. */
export interface ApiCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly actor: Actor;
}

/** What a method answers. No `body` means an empty answer. */
export interface ApiAnswer {
  status: number;
  body?: object;
  /** Work that happens once the answer is on its way. */
  afterwards?: () => void;
}

/** One method of the API: where it is, what it needs, what it costs, what it does. */
export interface ApiMethod {
  /** As the discovery document calls it, e.g. `calendar.events.list`. */
  readonly id: string;
  readonly verb: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/calendar/v3/`, with `{names}` for parameters. */
  readonly path: string;
  /** One of these is enough; empty: any valid token. */
  readonly scopes: readonly string[];
  /** Quota units; 1 when left out. */
  readonly units?: number;
  /** Counts into the burst limit of the calendar. */
  readonly writes?: boolean;
  handle(context: GoogleContext, call: ApiCall): ApiAnswer | Promise<ApiAnswer>;
}

/** A 200 with a JSON body. */
export function ok(body: object): ApiAnswer {
  return { status: 200, body };
}

/** A boolean parameter; `fallback` when absent. @throws GoogleApiError 400. */
export function booleanParam(query: URLSearchParams, name: string, fallback: boolean): boolean {
  const value = query.get(name);
  if (value === null || value === "") return fallback;
  if (value === "true" || value === "false") return value === "true";
  throw invalid(`Invalid boolean value: '${value}'.`, name);
}

/** A whole-number parameter within bounds; values over `max` are cut to it as the API does. @throws GoogleApiError 400. */
export function integerParam(query: URLSearchParams, name: string, fallback: number, max: number): number {
  const value = query.get(name);
  if (value === null || value === "") return fallback;
  if (!/^\d+$/.test(value) || Number(value) < 1) throw invalid(`Invalid integer value: '${value}'.`, name);
  return Math.min(Number(value), max);
}

/** A path parameter that the route is known to have. */
export function pathParam(call: ApiCall, name: string): string {
  return call.params[name] as string;
}
