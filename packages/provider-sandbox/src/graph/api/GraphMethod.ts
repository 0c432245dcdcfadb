import type { GraphContext } from "../context.ts";
import { unreadableBody } from "../errors.ts";
import type { Reader } from "../events/view.ts";
import type { GraphAccount, GraphActor } from "../types.ts";

/** One call of an API method, whether it came alone or as a part of a batch. */
export interface GraphCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The JSON body; undefined for none. */
  readonly body: unknown;
  readonly actor: GraphActor;
  /** Whose mailbox the path names; absent for methods outside of one. */
  readonly account: GraphAccount | null;
  /** How events are to be shown. */
  readonly reader: Reader;
  /** `Prefer: odata.maxpagesize=N` */
  readonly maxPageSize: number | null;
  /** Address of the call without its query, for links to further pages. */
  readonly address: string;
}

/** What a method answers. No `body` means an empty answer. */
export interface GraphAnswer {
  status: number;
  body?: object;
  headers?: Record<string, string>;
  /** Work that happens once the answer is on its way. */
  afterwards?: () => void;
}

/** One method of the API: where it is, what it needs, what it does. */
export interface GraphMethod {
  /** e.g. `graph.events.create`. */
  readonly id: string;
  readonly verb: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the mailbox (`/me`, `/users/{id}`), or below the version's root with `global`; `{names}` stand for parameters. */
  readonly paths: readonly string[];
  readonly global?: boolean;
  /** One of these is enough; empty: any valid token. */
  readonly scopes: readonly string[];
  /** Query options that the method takes. */
  readonly query?: readonly string[];
  handle(context: GraphContext, call: GraphCall): GraphAnswer | Promise<GraphAnswer>;
}

/** A 200 with a JSON body. */
export function ok(body: object): GraphAnswer {
  return { status: 200, body };
}

/** A path parameter that the route is known to have. */
export function pathParam(call: GraphCall, name: string): string {
  return call.params[name] as string;
}

/** The mailbox of a call whose route has one. */
export function mailboxOf(call: GraphCall): GraphAccount {
  if (!call.account) throw new Error("The method is outside of a mailbox.");
  return call.account;
}

/** The object in a call's body. @throws GraphApiError 400 */
export function bodyOf(call: GraphCall): Record<string, unknown> {
  if (typeof call.body === "object" && call.body !== null && !Array.isArray(call.body)) {
    return call.body as Record<string, unknown>;
  }
  throw unreadableBody();
}
