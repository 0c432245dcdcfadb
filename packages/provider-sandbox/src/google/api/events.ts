import type { GoogleContext } from "../context.ts";
import { forbidden, invalid, notFound, timeRangeEmpty } from "../errors.ts";
import { eventInstant, parseInstant } from "../event-times.ts";
import type { WriteOptions } from "../events/input.ts";
import { calendarFor, calendarWithRole, getEvent, isPurged, readingRole } from "../events/lookup.ts";
import { fingerprint, printPageToken, readPageToken } from "../events/tokens.ts";
import { instanceOf, viewEvent } from "../events/view.ts";
import {
  deleteEvent,
  importEvent,
  insertEvent,
  moveEvent,
  patchEvent,
  updateEvent,
  type WriteRequest,
} from "../events/write.ts";
import { etagOf } from "../GoogleStore.ts";
import { OWNED_ONLY_SCOPES, SCOPES } from "../scopes.ts";
import type { StoredEvent } from "../types.ts";
import {
  type ApiAnswer,
  type ApiCall,
  type ApiMethod,
  booleanParam,
  integerParam,
  ok,
  pathParam,
} from "./ApiMethod.ts";
import { listEvents, readTimeZone } from "./events-list.ts";

/** Methods of the `events` collection, but for `watch`. */
export const eventMethods: readonly ApiMethod[] = [
  {
    id: "calendar.events.list",
    verb: "GET",
    path: "calendars/{calendarId}/events",
    scopes: SCOPES.eventsRead,
    handle: listEvents,
  },
  {
    id: "calendar.events.get",
    verb: "GET",
    path: "calendars/{calendarId}/events/{eventId}",
    scopes: SCOPES.eventsRead,
    handle: (context, call) => {
      const calendar = calendarFor(context, call.actor, pathParam(call, "calendarId"));
      const event = getEvent(context, calendar, pathParam(call, "eventId"));
      if (call.headers["if-none-match"] === etagOf(event.version)) return { status: 304 };
      return ok(view(context, call, calendar.id, event));
    },
  },
  {
    id: "calendar.events.instances",
    verb: "GET",
    path: "calendars/{calendarId}/events/{eventId}/instances",
    scopes: SCOPES.eventsRead,
    handle: listInstances,
  },
  {
    id: "calendar.events.insert",
    verb: "POST",
    path: "calendars/{calendarId}/events",
    scopes: SCOPES.eventsWrite,
    writes: true,
    handle: (context, call) => written(context, call, (request) => insertEvent(context, request, call.body)),
  },
  {
    id: "calendar.events.import",
    verb: "POST",
    path: "calendars/{calendarId}/events/import",
    scopes: SCOPES.eventsWrite,
    writes: true,
    handle: (context, call) => written(context, call, (request) => importEvent(context, request, call.body)),
  },
  {
    id: "calendar.events.patch",
    verb: "PATCH",
    path: "calendars/{calendarId}/events/{eventId}",
    scopes: SCOPES.eventsWrite,
    // Documented: a patch costs three units.
    units: 3,
    writes: true,
    handle: (context, call) =>
      written(context, call, (request) =>
        patchEvent(context, request, pathParam(call, "eventId"), call.body, call.headers["if-match"]),
      ),
  },
  {
    id: "calendar.events.update",
    verb: "PUT",
    path: "calendars/{calendarId}/events/{eventId}",
    scopes: SCOPES.eventsWrite,
    writes: true,
    handle: (context, call) =>
      written(context, call, (request) =>
        updateEvent(context, request, pathParam(call, "eventId"), call.body, call.headers["if-match"]),
      ),
  },
  {
    id: "calendar.events.delete",
    verb: "DELETE",
    path: "calendars/{calendarId}/events/{eventId}",
    scopes: SCOPES.eventsWrite,
    writes: true,
    handle: (context, call) => {
      deleteEvent(context, writeRequest(context, call), pathParam(call, "eventId"), call.headers["if-match"]);
      return { status: 204 };
    },
  },
  {
    id: "calendar.events.move",
    verb: "POST",
    path: "calendars/{calendarId}/events/{eventId}/move",
    scopes: SCOPES.eventsWrite,
    writes: true,
    handle: (context, call) => {
      const destinationId = call.query.get("destination");
      if (!destinationId) throw invalid("Required parameter: destination", "destination");
      const destination = calendarWithRole(context, call.actor, destinationId, "writerWithoutPrivateAccess");
      const moved = moveEvent(context, writeRequest(context, call), pathParam(call, "eventId"), destination);
      return ok(view(context, call, destination.id, moved));
    },
  },
];

function written(
  context: GoogleContext,
  call: ApiCall,
  write: (request: WriteRequest) => StoredEvent,
): ApiAnswer {
  const request = writeRequest(context, call);
  const event = write(request);
  const answer = ok(view(context, call, request.calendar.id, event));
  const subject = {
    method: "calendar.events.touch",
    account: call.actor.email,
    calendarId: request.calendar.id,
  };
  if (!call.actor.page && context.faults.strikes("touchAfterWrite", subject)) {
    // Google's own follow-up change: the etag that the client is about to read is stale already.
    answer.afterwards = () => {
      const kept = request.calendar.events.get(event.id);
      if (kept) context.store.putEvent(request.calendar, { ...kept });
    };
  }
  return answer;
}

function writeRequest(context: GoogleContext, call: ApiCall): WriteRequest {
  const { actor, query } = call;
  const calendar = calendarWithRole(
    context,
    actor,
    pathParam(call, "calendarId"),
    "writerWithoutPrivateAccess",
  );
  const ownedOnly = [...actor.scopes].every(
    (scope) => !SCOPES.eventsWrite.includes(scope) || OWNED_ONLY_SCOPES.has(scope),
  );
  if (ownedOnly && context.store.roleOf(calendar, actor.email) !== "owner") throw forbidden();
  return { actor, calendar, options: readWriteOptions(query) };
}

function readWriteOptions(query: URLSearchParams): WriteOptions {
  const sendUpdates =
    query.get("sendUpdates") ?? (query.get("sendNotifications") === "true" ? "all" : "none");
  if (sendUpdates !== "all" && sendUpdates !== "externalOnly" && sendUpdates !== "none") {
    throw invalid(`Invalid value: ${sendUpdates}`, "sendUpdates");
  }
  const version = query.get("conferenceDataVersion") ?? "0";
  if (version !== "0" && version !== "1") throw invalid(`Invalid value: ${version}`, "conferenceDataVersion");
  return { sendUpdates, conferenceDataVersion: Number(version) };
}

function view(context: GoogleContext, call: ApiCall, calendarId: string, event: StoredEvent) {
  const calendar = calendarFor(context, call.actor, calendarId);
  return viewEvent(context, calendar, event, {
    role: readingRole(context, call.actor, calendar),
    timeZone: readTimeZone(call.query),
    maxAttendees: call.query.has("maxAttendees")
      ? integerParam(call.query, "maxAttendees", 1, 10_000)
      : undefined,
  });
}

function listInstances(context: GoogleContext, call: ApiCall): ApiAnswer {
  const { query, actor } = call;
  const calendar = calendarFor(context, actor, pathParam(call, "calendarId"));
  const role = readingRole(context, actor, calendar);
  const series = getEvent(context, calendar, pathParam(call, "eventId"));
  if (!series.body.recurrence || isPurged(context, series)) throw notFound();
  const showDeleted = booleanParam(query, "showDeleted", false);
  const timeMinMs = query.has("timeMin") ? parseInstant(query.get("timeMin") as string, "timeMin") : null;
  const timeMaxMs = query.has("timeMax") ? parseInstant(query.get("timeMax") as string, "timeMax") : null;
  if (timeMinMs !== null && timeMaxMs !== null && timeMaxMs <= timeMinMs) throw timeRangeEmpty();

  const byId = new Map<string, StoredEvent>();
  // In this method the lower bound on the end is inclusive, unlike in `events.list`.
  const from = timeMinMs === null ? null : timeMinMs - 1;
  for (const occurrence of context.store.seriesOf(calendar, series).between(from, timeMaxMs)) {
    byId.set(occurrence.instanceId, instanceOf(series, occurrence));
  }
  for (const exception of calendar.events.exceptionsOf(series.id)) {
    const inRange =
      (from === null || exception.endMs > from) && (timeMaxMs === null || exception.startMs < timeMaxMs);
    if (inRange) byId.set(exception.id, exception);
    else byId.delete(exception.id);
  }
  const originalStart = query.get("originalStart");
  const wantedMs =
    originalStart === null
      ? null
      : eventInstant(
          originalStart.length === 10 ? { date: originalStart } : { dateTime: originalStart },
          calendar.timeZone,
        );
  const found = [...byId.values()]
    .filter((event) => showDeleted || event.body.status !== "cancelled")
    .filter((event) => wantedMs === null || event.originalStartMs === wantedMs)
    .sort((a, b) => a.startMs - b.startMs);

  const maxResults = integerParam(query, "maxResults", 250, 2500);
  const mark = fingerprint([series.id, timeMinMs, timeMaxMs, showDeleted, originalStart]);
  const pageToken = query.get("pageToken");
  const skip = pageToken ? readPageToken(pageToken, mark).skip : 0;
  const end = skip + maxResults;
  const timeZone = readTimeZone(query) ?? calendar.timeZone;
  return ok({
    kind: "calendar#events",
    etag: etagOf(calendar.events.seq),
    summary: calendar.summary,
    updated: context.store.clock.nowIso(),
    timeZone,
    accessRole: role,
    defaultReminders: [],
    ...(end < found.length
      ? { nextPageToken: printPageToken({ afterSeq: 0, partialSeq: 0, skip: end, roundSeq: 0, query: mark }) }
      : {}),
    items: found.slice(skip, end).map((event) => viewEvent(context, calendar, event, { role, timeZone })),
  });
}
