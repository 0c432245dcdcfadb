import type { GraphContext } from "../context.ts";
import { badRequest, GraphApiError } from "../errors.ts";
import { queryInstant } from "../event-times.ts";
import { instancesBetween, overlaps } from "../events/lookup.ts";
import { type Reader, viewEvent, viewOccurrence } from "../events/view.ts";
import type { GraphCalendar } from "../GraphStore.ts";
import { NEEDED_SCOPES } from "../scopes.ts";
import type { GraphEvent, StoredEvent } from "../types.ts";
import { calendarOf } from "./calendars.ts";
import { eventOf } from "./events.ts";
import { type GraphAnswer, type GraphCall, type GraphMethod, mailboxOf, ok } from "./GraphMethod.ts";
import {
  contextOf,
  expandedProperties,
  filterOf,
  LIST_OPTIONS,
  ordered,
  pageOf,
  selected,
} from "./query-options.ts";

const DAY_MS = 86_400_000;
/** Observed: a longer calendarView is refused. */
const MAX_VIEW_DAYS = 1825;

/** Lists of events: `events`, `calendarView` and `instances`. */
export const eventListMethods: readonly GraphMethod[] = [
  {
    id: "graph.events.list",
    verb: "GET",
    paths: ["events", "calendar/events", "calendars/{calendarId}/events"],
    scopes: NEEDED_SCOPES.read,
    query: LIST_OPTIONS,
    handle: listEvents,
  },
  {
    id: "graph.calendarView.list",
    verb: "GET",
    paths: ["calendarView", "calendar/calendarView", "calendars/{calendarId}/calendarView"],
    scopes: NEEDED_SCOPES.readBasic,
    query: [...LIST_OPTIONS, "startDateTime", "endDateTime"],
    handle: listView,
  },
  {
    id: "graph.events.instances",
    verb: "GET",
    paths: [
      "events/{eventId}/instances",
      "calendar/events/{eventId}/instances",
      "calendars/{calendarId}/events/{eventId}/instances",
    ],
    scopes: NEEDED_SCOPES.read,
    query: [...LIST_OPTIONS, "startDateTime", "endDateTime"],
    handle: listInstances,
  },
  {
    id: "graph.events.delta",
    verb: "GET",
    paths: ["events/delta", "calendar/events/delta", "calendars/{calendarId}/events/delta"],
    scopes: NEEDED_SCOPES.read,
    query: LIST_OPTIONS,
    handle: () => {
      throw badRequest(
        "ErrorInvalidRequest",
        "The delta of events without calendarView is not part of v1.0.",
      );
    },
  },
];

/** The window of a call. @throws GraphApiError 400 when it is missing, unreadable or ends before it starts */
export function windowOf(call: GraphCall): { fromMs: number; toMs: number } {
  const start = call.query.get("startDateTime");
  const end = call.query.get("endDateTime");
  if (!start || !end) {
    throw badRequest(
      "ErrorInvalidParameter",
      "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
    );
  }
  const fromMs = queryInstant(start, "startDateTime");
  const toMs = queryInstant(end, "endDateTime");
  if (toMs < fromMs)
    throw badRequest("ErrorInvalidParameter", "The EndDateTime is before the StartDateTime.");
  return { fromMs, toMs };
}

/** @throws GraphApiError 400 for a window that is longer than the API expands */
export function assertWindowLength({ fromMs, toMs }: { fromMs: number; toMs: number }): void {
  if (toMs - fromMs <= MAX_VIEW_DAYS * DAY_MS) return;
  throw badRequest(
    "ErrorInvalidRequest",
    `Your request can't be completed. The range between the start and end dates is greater than the allowed range. Maximum number of days: ${MAX_VIEW_DAYS}`,
  );
}

/** Single events, occurrences and exceptions in a window, by their start. */
export function viewWindow(
  context: GraphContext,
  calendar: GraphCalendar,
  window: { fromMs: number; toMs: number },
  reader: Reader,
): { view: GraphEvent; stored: StoredEvent; startMs: number }[] {
  const { fromMs, toMs } = window;
  const found: { view: GraphEvent; stored: StoredEvent; startMs: number }[] = [];
  for (const event of calendar.events.roots()) {
    if (!event.series) {
      const { startMs, endMs } = event.span;
      if (overlaps(startMs, endMs, fromMs, toMs))
        found.push({ view: viewEvent(context, calendar, event, reader), stored: event, startMs });
      continue;
    }
    const { occurrences, exceptions } = instancesBetween(calendar, event, fromMs, toMs);
    for (const occurrence of occurrences) {
      const view = viewOccurrence(context, calendar, event, occurrence, reader);
      found.push({ view, stored: event, startMs: occurrence.startMs });
    }
    for (const exception of exceptions) {
      const view = viewEvent(context, calendar, exception, reader);
      found.push({ view, stored: exception, startMs: exception.span.startMs });
    }
  }
  return found.sort((a, b) => a.startMs - b.startMs);
}

function listEvents(context: GraphContext, call: GraphCall): GraphAnswer {
  // Without a calendar in its path it lists the whole mailbox' default calendar, as /me/calendar does.
  const calendar = calendarOf(context, call);
  const matches = filterOf(call);
  const byId = new Map<string, StoredEvent>();
  const events: GraphEvent[] = [];
  for (const stored of calendar.events.roots()) {
    const event = viewEvent(context, calendar, stored, call.reader);
    if (!matches(event, stored)) continue;
    byId.set(event.id ?? "", stored);
    events.push(event);
  }
  return answerList(call, ordered(call, events), byId);
}

function listView(context: GraphContext, call: GraphCall): GraphAnswer {
  const window = windowOf(call);
  assertWindowLength(window);
  for (const name of ["createdDateTime", "lastModifiedDateTime"]) {
    if (call.query.get("$select")?.toLowerCase().includes(name.toLowerCase())) {
      throw badRequest(
        "ErrorInvalidProperty",
        `The property '${name}' cannot be selected on a calendarView.`,
      );
    }
  }
  const matches = filterOf(call);
  const found = viewWindow(context, calendarOf(context, call), window, call.reader).filter(
    ({ view, stored }) => matches(view, stored),
  );
  const byId = new Map(found.map(({ view, stored }) => [view.id ?? "", stored]));
  const views = found.map(({ view }) => view);
  return answerList(call, ordered(call, views), byId);
}

function listInstances(context: GraphContext, call: GraphCall): GraphAnswer {
  const { calendar, event, occurrence } = eventOf(context, call);
  if (occurrence || !event.series) {
    throw new GraphApiError(400, "ErrorInvalidRequest", "Only a series master has instances.");
  }
  const window = windowOf(call);
  assertWindowLength(window);
  const { occurrences, exceptions } = instancesBetween(calendar, event, window.fromMs, window.toMs);
  const views = [
    ...occurrences.map((one) => viewOccurrence(context, calendar, event, one, call.reader)),
    ...exceptions.map((one) => viewEvent(context, calendar, one, call.reader)),
  ].sort((a, b) => ((a.start?.dateTime ?? "") < (b.start?.dateTime ?? "") ? -1 : 1));
  return answerList(call, views, new Map());
}

function answerList(
  call: GraphCall,
  events: GraphEvent[],
  stored: ReadonlyMap<string, StoredEvent>,
): GraphAnswer {
  const { page, nextLink } = pageOf(call, events);
  const value = page.map((event) => {
    const kept = stored.get(event.id ?? "");
    return selected(call, kept ? { ...event, ...expandedProperties(call, kept) } : event);
  });
  return ok({
    "@odata.context": contextOf(call, `users('${encodeURIComponent(mailboxOf(call).id)}')/events`),
    ...(call.query.get("$count") === "true" ? { "@odata.count": events.length } : {}),
    value,
    ...(nextLink ? { "@odata.nextLink": nextLink } : {}),
  });
}
