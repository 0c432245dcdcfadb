import type { GraphContext } from "../context.ts";
import { badRequest, GraphApiError } from "../errors.ts";
import { answerInvitation } from "../events/guests.ts";
import { type FoundEvent, getEvent } from "../events/lookup.ts";
import { idOf, type Reader, viewEvent, viewOccurrence } from "../events/view.ts";
import { cancelEvent, createEvent, deleteEvent, updateEvent } from "../events/write.ts";
import { etagOf, type GraphCalendar } from "../GraphStore.ts";
import { occurrenceKey, readItemId } from "../item-ids.ts";
import { NEEDED_SCOPES } from "../scopes.ts";
import type { GraphAccount, GraphEvent, StoredEvent } from "../types.ts";
import { calendarOf } from "./calendars.ts";
import {
  type GraphAnswer,
  type GraphCall,
  type GraphMethod,
  mailboxOf,
  ok,
  pathParam,
} from "./GraphMethod.ts";
import { expandedProperties, selected, selectedNames } from "./query-options.ts";

const COLLECTION = ["events", "calendar/events", "calendars/{calendarId}/events"];
const ONE = COLLECTION.map((path) => `${path}/{eventId}`);

/** Single events: create, read, update, delete, cancel and answer. */
export const eventMethods: readonly GraphMethod[] = [
  {
    id: "graph.events.create",
    verb: "POST",
    paths: COLLECTION,
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      const account = mailboxOf(call);
      const calendar = calendarOf(context, call);
      const event = createEvent(context, account, calendar, call.body);
      return written(context, call, 201, calendar, event);
    },
  },
  {
    id: "graph.events.get",
    verb: "GET",
    paths: ONE,
    scopes: NEEDED_SCOPES.read,
    query: ["$select", "$expand"],
    handle: (context, call) => {
      const found = eventOf(context, call);
      return ok(selected(call, { ...viewFound(context, found, call.reader), ...details(call, found) }));
    },
  },
  {
    id: "graph.events.update",
    verb: "PATCH",
    paths: ONE,
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      const found = eventOf(context, call);
      const event = updateEvent(context, mailboxOf(call), found, call.body, call.headers["if-match"]);
      return written(context, call, 200, found.calendar, event);
    },
  },
  {
    id: "graph.events.delete",
    verb: "DELETE",
    paths: ONE,
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      deleteEvent(context, deletableEvent(context, call), call.headers["if-match"]);
      return { status: 204 };
    },
  },
  {
    id: "graph.events.cancel",
    verb: "POST",
    paths: ONE.map((path) => `${path}/cancel`),
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      cancelEvent(context, eventOf(context, call));
      return { status: 202 };
    },
  },
  answerMethod("accept", "accepted"),
  answerMethod("decline", "declined"),
  answerMethod("tentativelyAccept", "tentativelyAccepted"),
  {
    id: "graph.translateExchangeIds",
    verb: "POST",
    paths: ["translateExchangeIds"],
    scopes: NEEDED_SCOPES.read,
    handle: translateIds,
  },
];

/** An event that a call names by its id. @throws GraphApiError 400, 404 */
export function eventOf(context: GraphContext, call: GraphCall): FoundEvent {
  return getEvent(context, mailboxOf(call), pathParam(call, "eventId"), call.params.calendarId ?? null);
}

/** An event or occurrence as a reader sees it. */
export function viewFound(context: GraphContext, found: FoundEvent, reader: Reader): GraphEvent {
  return found.occurrence
    ? viewOccurrence(context, found.calendar, found.event, found.occurrence, reader)
    : viewEvent(context, found.calendar, found.event, reader);
}

/** What only a read by id gives: own metadata by `$expand`, and `cancelledOccurrences` when `$select` names it. */
function details(call: GraphCall, found: FoundEvent): GraphEvent {
  const { event, calendar, occurrence } = found;
  const expanded = occurrence ? {} : expandedProperties(call, event);
  if (occurrence || !event.series || !selectedNames(call)?.has("cancelledoccurrences")) return expanded;
  const masterId = idOf(mailboxOf(call), calendar, event.key, call.reader);
  const cancelledOccurrences = event.series.cancelled.map((date) => `OID.${masterId}.${date}`);
  return { ...expanded, cancelledOccurrences };
}

function written(
  context: GraphContext,
  call: GraphCall,
  status: number,
  calendar: GraphCalendar,
  event: StoredEvent,
): GraphAnswer {
  const answer: GraphAnswer = {
    status,
    body: viewEvent(context, calendar, event, call.reader),
    headers: { etag: etagOf(event.version) },
  };
  const subject = { method: "graph.events.touch", account: calendar.email, calendarId: calendar.id };
  if (!call.actor.page && context.faults.strikes("touchAfterWrite", subject)) {
    // The server's own follow-up change: the etag that the client is about to read is stale already.
    answer.afterwards = () => {
      const kept = calendar.events.live(event.key);
      if (kept) context.store.putEvent(calendar, kept, "updated");
    };
  }
  return answer;
}

/** The event to delete; one that is gone is refused as the switch wants it. */
function deletableEvent(context: GraphContext, call: GraphCall): FoundEvent {
  try {
    return eventOf(context, call);
  } catch (error) {
    throw secondDeletion(context, error);
  }
}

function secondDeletion(context: GraphContext, error: unknown): unknown {
  const missing = error instanceof GraphApiError && error.status === 404;
  if (!missing || context.faults.behaviours.secondDelete === 404) return error;
  return new GraphApiError(403, "ErrorCannotDeleteObject", "Cannot delete object.", { cause: error });
}

function answerMethod(
  action: "accept" | "decline" | "tentativelyAccept",
  response: "accepted" | "declined" | "tentativelyAccepted",
): GraphMethod {
  return {
    id: `graph.events.${action}`,
    verb: "POST",
    paths: ONE.map((path) => `${path}/${action}`),
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      const { calendar, event, occurrence } = eventOf(context, call);
      if (event.isOrganizer) {
        throw badRequest(
          "ErrorInvalidRequest",
          "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.",
        );
      }
      if (occurrence) {
        throw badRequest("ErrorInvalidRequest", "The sandbox takes answers to whole events and series only.");
      }
      const { sendResponse } = (call.body ?? {}) as { sendResponse?: unknown };
      answerInvitation(context, calendar, event, response, sendResponse !== false);
      return { status: 202 };
    },
  };
}

const ID_TYPES = new Set(["restId", "restImmutableEntryId"]);
const MAX_TRANSLATED = 1000;

function translateIds(context: GraphContext, call: GraphCall): GraphAnswer {
  const { inputIds, sourceIdType, targetIdType } = (call.body ?? {}) as Record<string, unknown>;
  const known = ID_TYPES.has(String(sourceIdType)) && ID_TYPES.has(String(targetIdType));
  if (!Array.isArray(inputIds) || inputIds.length > MAX_TRANSLATED || !known) {
    throw badRequest(
      "ErrorInvalidRequest",
      `inputIds (at most ${MAX_TRANSLATED}), sourceIdType and targetIdType (restId or restImmutableEntryId) are needed.`,
    );
  }
  const reader = { ...call.reader, immutableIds: targetIdType === "restImmutableEntryId" };
  const value = inputIds.map((sourceId: unknown) => {
    try {
      return { sourceId, targetId: translated(context, mailboxOf(call), String(sourceId), reader) };
    } catch (error) {
      if (!(error instanceof GraphApiError)) throw error;
      return { sourceId, errorDetails: { code: error.code, message: error.message } };
    }
  });
  return ok({ value });
}

function translated(context: GraphContext, account: GraphAccount, id: string, reader: Reader): string {
  const { calendar, event, occurrence } = getEvent(context, account, id, null);
  const key = occurrence
    ? occurrenceKey(event.key, event.series?.revision ?? 0, occurrence.date)
    : (readItemId(id)?.itemKey ?? event.key);
  return idOf(account, calendar, key, reader);
}
