import type { GoogleContext } from "../context.ts";
import {
  badRequest,
  fullSyncRequired,
  invalid,
  syncTokenWithRestrictions,
  timeRangeEmpty,
  updatedMinTooLongAgo,
} from "../errors.ts";
import { isTimeZone, parseInstant } from "../event-times.ts";
import { type ListFilter, listed } from "../events/list.ts";
import { calendarFor, readingRole } from "../events/lookup.ts";
import {
  fingerprint,
  type PagePosition,
  printPageToken,
  printSyncToken,
  readPageToken,
  readSyncToken,
} from "../events/tokens.ts";
import { viewEvent } from "../events/view.ts";
import type { Calendar } from "../GoogleStore.ts";
import { etagOf } from "../GoogleStore.ts";
import type { AccessRole, StoredEvent } from "../types.ts";
import { type ApiAnswer, type ApiCall, booleanParam, integerParam, ok, pathParam } from "./ApiMethod.ts";

/** Documented: none of these may accompany a sync token. */
const FORBIDDEN_WITH_SYNC_TOKEN = [
  "iCalUID",
  "orderBy",
  "privateExtendedProperty",
  "sharedExtendedProperty",
  "q",
  "timeMin",
  "timeMax",
  "updatedMin",
];
/** Documented: these must equal the initial request. Any other value is "undefined behaviour"; we refuse it. */
const SAME_WITH_SYNC_TOKEN = [
  "singleEvents",
  "eventTypes",
  "showHiddenInvitations",
  "maxAttendees",
  "timeZone",
];
/** Parameters that may differ from page to page. */
const PAGING_PARAMETERS = new Set([
  "pageToken",
  "maxResults",
  "fields",
  "alt",
  "key",
  "prettyPrint",
  "quotaUser",
]);

/** `events.list`: full and incremental rounds, page by page. */
export function listEvents(context: GoogleContext, call: ApiCall): ApiAnswer {
  const { query, actor } = call;
  const calendar = calendarFor(context, actor, pathParam(call, "calendarId"));
  const role = readingRole(context, actor, calendar);
  const syncToken = query.get("syncToken");
  const parameters = fingerprint(SAME_WITH_SYNC_TOKEN.map((name) => query.getAll(name).sort()));
  const afterSeq = syncToken === null ? 0 : incrementalStart(context, call, calendar, syncToken, parameters);
  const filter = readFilter(context, query, role, syncToken !== null);
  const orderBy = readOrder(query, filter);
  const maxResults = integerParam(query, "maxResults", 250, 2500);
  const timeZone = readTimeZone(query) ?? calendar.timeZone;
  const maxAttendees = query.has("maxAttendees") ? integerParam(query, "maxAttendees", 1, 10_000) : undefined;

  const queryMark = fingerprint([...query].filter(([name]) => !PAGING_PARAMETERS.has(name)).sort());
  const pageToken = query.get("pageToken");
  const position: PagePosition = pageToken
    ? readPageToken(pageToken, queryMark)
    : { afterSeq, partialSeq: 0, skip: 0, roundSeq: calendar.events.seq, query: queryMark };

  const subject = { method: "calendar.events.list", account: actor.email, calendarId: calendar.id };
  const page = context.faults.strikes("emptyPage", subject)
    ? { items: [], next: position }
    : orderBy
      ? sortedPage(context, calendar, filter, orderBy, position, maxResults)
      : changePage(context, calendar, filter, position, maxResults);

  const body: Record<string, unknown> = {
    kind: "calendar#events",
    etag: etagOf(calendar.events.seq),
    summary: calendar.summary,
    description: calendar.description ?? "",
    updated: context.store.clock.nowIso(),
    timeZone,
    accessRole: role,
    defaultReminders:
      context.store.accounts.get(actor.email)?.entries.get(calendar.id)?.defaultReminders ?? [],
  };
  if (page.next) {
    body.nextPageToken = printPageToken(page.next);
  } else if (!orderBy) {
    const issuedAtMs = context.store.clock.nowMs();
    body.nextSyncToken = printSyncToken(calendar, actor.email, {
      seq: position.roundSeq,
      parameters,
      issuedAtMs,
    });
  }
  body.items = page.items.map((event) =>
    viewEvent(context, calendar, event, { role, timeZone, maxAttendees }),
  );
  return ok(body);
}

interface Page {
  items: StoredEvent[];
  next: PagePosition | null;
}

/** A page in order of change: reads the change log from the position on. */
function changePage(
  context: GoogleContext,
  calendar: Calendar,
  filter: ListFilter,
  position: PagePosition,
  maxResults: number,
): Page {
  const items: StoredEvent[] = [];
  let afterSeq = position.afterSeq;
  for (const event of calendar.events.changedAfter(position.afterSeq)) {
    const shown = listed(context, calendar, event, filter);
    const skip = event.seq === position.partialSeq ? position.skip : 0;
    const room = maxResults - items.length;
    if (room === 0 && shown.length > skip)
      return { items, next: { ...position, afterSeq, partialSeq: 0, skip: 0 } };
    items.push(...shown.slice(skip, skip + room));
    if (shown.length - skip > room) {
      return { items, next: { ...position, afterSeq, partialSeq: event.seq, skip: skip + room } };
    }
    afterSeq = event.seq;
  }
  return { items, next: null };
}

/** A page of the whole list in a wanted order. */
function sortedPage(
  context: GoogleContext,
  calendar: Calendar,
  filter: ListFilter,
  orderBy: "startTime" | "updated",
  position: PagePosition,
  maxResults: number,
): Page {
  const all: StoredEvent[] = [];
  for (const event of calendar.events.values()) all.push(...listed(context, calendar, event, filter));
  if (orderBy === "startTime") all.sort((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
  else all.sort((a, b) => ((a.body.updated ?? "") < (b.body.updated ?? "") ? -1 : 1));
  const end = position.skip + maxResults;
  return { items: all.slice(position.skip, end), next: end < all.length ? { ...position, skip: end } : null };
}

function incrementalStart(
  context: GoogleContext,
  call: ApiCall,
  calendar: Calendar,
  token: string,
  parameters: string,
): number {
  const { query, actor } = call;
  if (FORBIDDEN_WITH_SYNC_TOKEN.some((name) => query.has(name))) throw syncTokenWithRestrictions();
  if (!booleanParam(query, "showDeleted", true)) throw syncTokenWithRestrictions();
  const subject = { method: "calendar.events.list", account: actor.email, calendarId: calendar.id };
  if (context.faults.strikes("loseSyncToken", subject)) throw fullSyncRequired();
  const position = readSyncToken(context, calendar, actor.email, token);
  if (position.parameters !== parameters) {
    throw badRequest(
      `The sync token was issued for other values of ${SAME_WITH_SYNC_TOKEN.join(", ")}. ` +
        "The real API leaves the outcome undefined; the sandbox refuses.",
      "syncToken",
    );
  }
  return position.seq;
}

function readFilter(
  context: GoogleContext,
  query: URLSearchParams,
  role: AccessRole,
  incremental: boolean,
): ListFilter {
  const instant = (name: string) => (query.has(name) ? parseInstant(query.get(name) as string, name) : null);
  const timeMinMs = instant("timeMin");
  const timeMaxMs = instant("timeMax");
  if (timeMinMs !== null && timeMaxMs !== null && timeMaxMs <= timeMinMs) throw timeRangeEmpty();
  const updatedMinMs = instant("updatedMin");
  const oldestMs = context.store.clock.nowMs() - context.faults.behaviours.updatedMinLimitMs;
  if (updatedMinMs !== null && updatedMinMs < oldestMs) throw updatedMinTooLongAgo();
  return {
    // Who sees only free and busy gets instances whatever was asked for (recurring-events guide).
    singleEvents: booleanParam(query, "singleEvents", false) || role === "freeBusyReader",
    withDeleted: incremental || updatedMinMs !== null || booleanParam(query, "showDeleted", false),
    timeMinMs,
    timeMaxMs,
    updatedMinMs,
    eventTypes: new Set(query.getAll("eventTypes")),
    iCalUid: query.get("iCalUID"),
    text: query.get("q")?.toLowerCase() ?? null,
    privateProperties: properties(query, "privateExtendedProperty"),
    sharedProperties: properties(query, "sharedExtendedProperty"),
  };
}

function properties(query: URLSearchParams, name: string): [string, string][] {
  return query.getAll(name).map((constraint) => {
    const cut = constraint.indexOf("=");
    if (cut < 1) throw invalid(`Invalid value for: ${name} must be propertyName=value.`, name);
    return [constraint.slice(0, cut), constraint.slice(cut + 1)];
  });
}

function readOrder(query: URLSearchParams, filter: ListFilter): "startTime" | "updated" | null {
  const orderBy = query.get("orderBy");
  if (orderBy === null) return null;
  if (orderBy !== "startTime" && orderBy !== "updated") throw invalid(`Invalid value: ${orderBy}`, "orderBy");
  if (orderBy === "startTime" && !filter.singleEvents) {
    throw badRequest("The requested ordering is not available for the particular query.", "orderBy");
  }
  return orderBy;
}

/** The `timeZone` parameter. @throws GoogleApiError 400 for an unknown zone. */
export function readTimeZone(query: URLSearchParams): string | undefined {
  const timeZone = query.get("timeZone");
  if (timeZone === null) return undefined;
  if (!isTimeZone(timeZone)) throw invalid(`Invalid time zone: ${timeZone}`, "timeZone");
  return timeZone;
}
