import { badRequest, invalidQuery } from "../errors.ts";
import { samePropertyId } from "../events/fields.ts";
import type { GraphEvent, StoredEvent } from "../types.ts";
import type { GraphCall } from "./GraphMethod.ts";

/** OData options that lists of events take. */
export const LIST_OPTIONS = ["$select", "$top", "$skip", "$filter", "$orderby", "$expand", "$count"];
const MAX_TOP = 1000;
/** Documented by what clients meet: lists page by ten. */
const DEFAULT_TOP = 10;

/** The page of a list that a call asks for, with the link to the next one. */
export function pageOf<Item>(call: GraphCall, items: readonly Item[]): { page: Item[]; nextLink?: string } {
  const top = wholeNumber(call, "$top") ?? call.maxPageSize ?? DEFAULT_TOP;
  if (top < 1 || top > MAX_TOP) {
    throw invalidQuery(`The value '${top}' of the query option $top must be from 1 to ${MAX_TOP}.`);
  }
  const skip = wholeNumber(call, "$skip") ?? 0;
  const page = items.slice(skip, skip + top);
  if (skip + top >= items.length) return { page };
  const query = new URLSearchParams(call.query);
  query.set("$top", String(top));
  query.set("$skip", String(skip + top));
  return { page, nextLink: `${call.address}?${query}` };
}

function wholeNumber(call: GraphCall, name: string): number | null {
  const value = call.query.get(name);
  if (value === null) return null;
  if (!/^\d+$/.test(value))
    throw invalidQuery(`The value '${value}' of the query option ${name} is no number.`);
  return Number(value);
}

/** The annotation `@odata.context` of a collection. */
export function contextOf(call: GraphCall, what: string): string {
  return `${call.address.slice(0, call.address.indexOf("/v1.0/"))}/v1.0/$metadata#${what}`;
}

/** Only the properties that `$select` names; `id` and the etag are always there, and so is what `$expand` has added. */
export function selected<Item extends object>(call: GraphCall, event: Item): Item {
  const names = selectedNames(call);
  if (names === null) return event;
  const entries = Object.entries(event).filter(
    ([name]) =>
      name === "id" ||
      name === "singleValueExtendedProperties" ||
      name.startsWith("@odata.") ||
      names.has(name.toLowerCase()),
  );
  return Object.fromEntries(entries) as Item;
}

/** Names in `$select`, in lower case; null without it. */
export function selectedNames(call: GraphCall): Set<string> | null {
  const value = call.query.get("$select");
  if (!value) return null;
  return new Set(value.split(",").map((name) => name.trim().toLowerCase()));
}

/** The own metadata that `$expand` asks for by id; none without it. @throws GraphApiError 400 for another expansion */
export function expandedProperties(call: GraphCall, event: StoredEvent): GraphEvent {
  const value = call.query.get("$expand");
  if (!value) return {};
  const inner = /^singleValueExtendedProperties\s*\(\s*\$filter\s*=\s*([\s\S]+)\)\s*$/i.exec(
    value.trim(),
  )?.[1];
  const ids = [...(inner ?? "").matchAll(/id\s+eq\s+'((?:[^']|'')*)'/gi)].map(([, id]) =>
    (id ?? "").replaceAll("''", "'"),
  );
  if (ids.length === 0)
    throw invalidQuery(`The value '${value}' of the query option $expand is not supported.`);
  const found = event.extendedProperties.filter(({ id }) => ids.some((wanted) => samePropertyId(id, wanted)));
  // Absent rather than empty when the event has none of them.
  return found.length === 0 ? {} : { singleValueExtendedProperties: found };
}

type Test = (event: GraphEvent, stored: StoredEvent) => boolean;

/**
 * The `$filter` of a list of events: comparisons of some properties and one of own metadata, joined by `and`.
 * @throws GraphApiError 400 for what the sandbox cannot evaluate
 */
export function filterOf(call: GraphCall): Test {
  const value = call.query.get("$filter");
  if (!value) return () => true;
  const tests = splitAnd(value).map(readTest);
  return (event, stored) => tests.every((test) => test(event, stored));
}

/** Parts of a filter between `and`; quoted text and parentheses are left whole. */
function splitAnd(filter: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let index = 0; index < filter.length; index += 1) {
    const char = filter[index];
    if (char === "'") quoted = !quoted;
    if (quoted) continue;
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    if (depth === 0 && /^\s+and\s/i.test(filter.slice(index, index + 6))) {
      parts.push(filter.slice(start, index));
      start = index + filter.slice(index).search(/and/i) + 3;
      index = start;
    }
  }
  return [...parts, filter.slice(start)].map((part) => part.trim());
}

const COMPARISON = /^([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+(?:'((?:[^']|'')*)'|(\S+))$/i;
const STARTS_WITH = /^startswith\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)$/i;
const PROPERTY =
  /^singleValueExtendedProperties\/any\(\s*(\w+)\s*:\s*\1\/id\s+eq\s+'((?:[^']|'')*)'\s+and\s+\1\/value\s+eq\s+'((?:[^']|'')*)'\s*\)$/i;

function readTest(text: string): Test {
  const own = PROPERTY.exec(text);
  if (own) {
    const [id, value] = [unquote(own[2]), unquote(own[3]).toLowerCase()];
    // The value is compared without regard to case, the name with it.
    return (_event, { extendedProperties }) =>
      extendedProperties.some((one) => samePropertyId(one.id, id) && one.value.toLowerCase() === value);
  }
  const start = STARTS_WITH.exec(text);
  if (start) {
    const [path, prefix] = [start[1] as string, unquote(start[2]).toLowerCase()];
    return (event) =>
      String(valueAt(event, path) ?? "")
        .toLowerCase()
        .startsWith(prefix);
  }
  const comparison = COMPARISON.exec(text);
  if (!comparison) throw invalidQuery(`Invalid filter clause: '${text}'.`);
  const [, path, operator, quoted, bare] = comparison as unknown as [string, string, string, string, string];
  const wanted = quoted === undefined ? bare : unquote(quoted);
  return (event) => compare(valueAt(event, path), operator.toLowerCase(), wanted);
}

function unquote(text: string | undefined): string {
  return (text ?? "").replaceAll("''", "'");
}

const FILTERABLE = new Set([
  "subject",
  "icaluid",
  "type",
  "iscancelled",
  "isorganizer",
  "isallday",
  "showas",
  "seriesmasterid",
  "createddatetime",
  "lastmodifieddatetime",
  "start/datetime",
  "end/datetime",
]);

function valueAt(event: GraphEvent, path: string): unknown {
  if (!FILTERABLE.has(path.toLowerCase())) {
    throw badRequest("ErrorInvalidProperty", `The property '${path}' does not support filtering.`);
  }
  let value: unknown = event;
  for (const name of path.split("/")) {
    const entry = Object.entries((value ?? {}) as object).find(
      ([key]) => key.toLowerCase() === name.toLowerCase(),
    );
    value = entry?.[1];
  }
  return value;
}

function compare(value: unknown, operator: string, wanted: string): boolean {
  const left = comparable(String(value));
  const right = comparable(wanted);
  switch (operator) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "ge":
      return left >= right;
    case "gt":
      return left > right;
    case "le":
      return left <= right;
    default:
      return left < right;
  }
}

/** Times are compared as instants, whatever their precision; everything else as text without case. */
function comparable(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}(T|$)/.test(text)) return text.toLowerCase();
  const ms = Date.parse(
    /(Z|[+-]\d{2}:\d{2})$/i.test(text) ? text : `${text.includes("T") ? text : `${text}T00:00`}Z`,
  );
  return Number.isNaN(ms) ? text : String(ms).padStart(16, "0");
}

/** The order that `$orderby` asks for; as they are without it. @throws GraphApiError 400 for an unknown property */
export function ordered(call: GraphCall, events: GraphEvent[]): GraphEvent[] {
  const value = call.query.get("$orderby");
  if (!value) return events;
  const [path, direction] = value.trim().split(/\s+/) as [string, string | undefined];
  const sign = direction?.toLowerCase() === "desc" ? -1 : 1;
  const key = (event: GraphEvent) => comparable(String(valueAt(event, path)));
  return [...events].sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0));
}
