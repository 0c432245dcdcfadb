import type { GoogleContext } from "../context.ts";
import {
  badRequest,
  calendarForbidden,
  conditionNotMet,
  duplicate,
  forbidden,
  invalid,
  required,
} from "../errors.ts";
import { type Calendar, etagOf } from "../GoogleStore.ts";
import type { Actor, GoogleEvent, StoredEvent } from "../types.ts";
import {
  isOrganizerCopy,
  ownAttendee,
  propagateResponse,
  propagateToGuests,
  recordGuestMail,
} from "./guests.ts";
import {
  checkedEventType,
  GUEST_FIELDS,
  mergePatch,
  normaliseBody,
  replaceBody,
  type WriteOptions,
} from "./input.ts";
import { readIdentity, readInput } from "./input-schema.ts";
import { getEvent, secondDeletion } from "./lookup.ts";
import { placedIn } from "./placement.ts";
import { alignExceptions, cancelExceptions, restoreExceptions, spreadVisibility } from "./series-writes.ts";

const EVENT_ID = /^[a-v0-9]{5,1024}$/;

/** Who writes, where, and with which parameters. */
export interface WriteRequest {
  actor: Actor;
  calendar: Calendar;
  options: WriteOptions;
}

/** `events.insert`. @throws GoogleApiError 400 for bad input, 409 for a taken id, also of a deleted event. */
export function insertEvent(context: GoogleContext, request: WriteRequest, raw: unknown): StoredEvent {
  const { actor, calendar, options } = request;
  const input = readInput(raw);
  const { id: givenId, iCalUID: givenUid, eventType } = readIdentity(raw);
  if (givenId !== undefined && givenId !== null && !EVENT_ID.test(givenId))
    throw invalid("Invalid resource id value.");
  const id = givenId ?? context.store.nextEventId();
  if (calendar.events.get(id)) throw duplicate();
  if (givenUid && calendar.events.withUid(givenUid).length > 0) throw duplicate();
  assertMayInvite(context, actor, input);

  const now = context.store.clock.nowIso();
  const draft: GoogleEvent = {
    ...withoutNulls(input),
    id,
    iCalUID: givenUid ?? `${id}@google.com`,
    created: now,
    updated: now,
    sequence: input.sequence ?? 0,
    eventType: checkedEventType(eventType),
    creator: { email: actor.email },
    organizer: organizerOf(calendar),
  };
  const event = context.store.putEvent(calendar, {
    id,
    ...normaliseBody(draft, calendar, null, options),
    ...deletionOf(context, draft),
  });
  propagateToGuests(context, calendar, null, event);
  recordGuestMail(context, calendar, null, event.body, options);
  return event;
}

/** `events.import`: a private copy; a known iCalUID updates that event; nobody is mailed or invited. */
export function importEvent(context: GoogleContext, request: WriteRequest, raw: unknown): StoredEvent {
  const { actor, calendar, options } = request;
  const input = readInput(raw);
  const { iCalUID, organizer, eventType } = readIdentity(raw);
  if (!iCalUID) throw required("Missing iCalUID.");
  if (eventType && eventType !== "default") throw invalid("Only events of type default can be imported.");
  const known = calendar.events.withUid(iCalUID).find((event) => !event.body.recurringEventId);
  const now = context.store.clock.nowIso();
  const id = known?.id ?? context.store.nextEventId();
  const draft: GoogleEvent = {
    ...withoutNulls(input),
    id,
    iCalUID,
    created: known?.body.created ?? now,
    updated: now,
    sequence: input.sequence ?? known?.body.sequence ?? 0,
    eventType: "default",
    creator: known?.body.creator ?? { email: actor.email },
    organizer: organizer?.email ? { email: organizer.email.toLowerCase() } : organizerOf(calendar),
  };
  if (!known || known.body.privateCopy) draft.privateCopy = true;
  return context.store.putEvent(calendar, {
    id,
    ...normaliseBody(draft, calendar, known?.body ?? null, options),
    ...deletionOf(context, draft),
  });
}

/** `events.patch`. @throws GoogleApiError 412 when `ifMatch` is stale, 400, 403, 404. */
export function patchEvent(
  context: GoogleContext,
  request: WriteRequest,
  eventId: string,
  raw: unknown,
  ifMatch: string | undefined,
): StoredEvent {
  const before = getEvent(context, request.calendar, eventId);
  assertMatches(before, ifMatch);
  const input = readInput(raw);
  assertSequence(before, input);
  assertGuestFields(request.calendar, before, input, false);
  const { updated: _, ...current } = before.body;
  return change(context, request, before, mergePatch(current, input), input);
}

/** `events.update`: a full replacement. @throws GoogleApiError 412 when `ifMatch` is stale, 400, 403, 404. */
export function updateEvent(
  context: GoogleContext,
  request: WriteRequest,
  eventId: string,
  raw: unknown,
  ifMatch: string | undefined,
): StoredEvent {
  const before = getEvent(context, request.calendar, eventId);
  assertMatches(before, ifMatch);
  const input = readInput(raw);
  assertSequence(before, input);
  assertGuestFields(request.calendar, before, input, true);
  return change(context, request, before, replaceBody(before.body, input), input);
}

/** `events.delete`; of an instance: it becomes a cancelled exception. @throws GoogleApiError 404, 410, 412. */
export function deleteEvent(
  context: GoogleContext,
  request: WriteRequest,
  eventId: string,
  ifMatch: string | undefined,
): void {
  const { calendar, options } = request;
  const before = getEvent(context, calendar, eventId);
  if (before.body.status === "cancelled") throw secondDeletion(context);
  assertMatches(before, ifMatch);
  const now = context.store.clock.nowIso();
  const deleted = context.store.putEvent(calendar, {
    ...before,
    body: { ...before.body, status: "cancelled", updated: now },
    deletedAtMs: context.store.clock.nowMs(),
  });
  cancelExceptions(context, calendar, deleted);
  if (isOrganizerCopy(calendar, before.body)) {
    propagateToGuests(context, calendar, before.body, deleted);
  } else if (ownAttendee(calendar, before.body)) {
    declineOnDeletion(context, calendar, deleted);
  }
  recordGuestMail(context, calendar, before.body, deleted.body, options);
}

/** `events.move`: another calendar becomes the organizer; a bare stub stays behind. Only default events. */
export function moveEvent(
  context: GoogleContext,
  request: WriteRequest,
  eventId: string,
  destination: Calendar,
): StoredEvent {
  const { calendar, options } = request;
  const before = getEvent(context, calendar, eventId);
  if (before.body.status === "cancelled") throw secondDeletion(context);
  if ((before.body.eventType ?? "default") !== "default" || before.body.recurringEventId) {
    throw badRequest("Only events of type default that are no instances can be moved.");
  }
  if (!isOrganizerCopy(calendar, before.body)) throw notOrganizer();
  const occupied = destination.events.get(before.id);
  if (occupied && occupied.body.status !== "cancelled") throw duplicate();
  const updated = context.store.clock.nowIso();
  for (const exception of [before, ...calendar.events.exceptionsOf(before.id)]) {
    const moved = { ...exception, body: { ...exception.body, organizer: organizerOf(destination), updated } };
    propagateToGuests(
      context,
      destination,
      exception.body,
      context.store.putEvent(destination, placedIn(destination, moved)),
    );
    context.store.putEvent(calendar, {
      ...exception,
      body: { ...exception.body, status: "cancelled", updated },
      deletedAtMs: context.store.clock.nowMs(),
      stub: true,
      goneWithSeries: exception !== before,
    });
  }
  const kept = destination.events.get(before.id) as StoredEvent;
  recordGuestMail(context, destination, before.body, kept.body, options);
  return kept;
}

/** Fields whose change makes a new revision in the sense of iCalendar. */
const RESCHEDULING = ["start", "end", "recurrence"] as const;

function change(
  context: GoogleContext,
  request: WriteRequest,
  before: StoredEvent,
  next: GoogleEvent,
  input: GoogleEvent,
): StoredEvent {
  const { actor, calendar, options } = request;
  if (input.attendees && isOrganizerCopy(calendar, before.body)) assertMayInvite(context, actor, input);
  const restoring = before.body.status === "cancelled" && (next.status ?? "confirmed") !== "cancelled";
  if (restoring && context.faults.behaviours.restoreDeleted === "forbidden") throw forbidden();
  if (restoring && before.stub) throw forbidden();

  const { body, startMs, endMs } = normaliseBody(next, calendar, before.body, options);
  const onlyReminders = differsOnlyInReminders(before.body, body);
  body.updated = onlyReminders ? (before.body.updated ?? null) : context.store.clock.nowIso();
  const rescheduled = RESCHEDULING.some((field) => differs(before.body[field], body[field]));
  const given = input.sequence ?? before.body.sequence ?? 0;
  const current = before.body.sequence ?? 0;
  body.sequence = rescheduled && given <= current ? current + 1 : given;
  if (before.body.recurringEventId)
    body.visibility = spreadVisibility(context, calendar, before, body) ?? null;
  if (!body.visibility) delete body.visibility;

  const draft: StoredEvent = { ...before, body, startMs, endMs };
  delete draft.goneWithSeries;
  if (body.status === "cancelled") draft.deletedAtMs ??= context.store.clock.nowMs();
  else delete draft.deletedAtMs;
  const quiet = onlyReminders && !context.faults.behaviours.reminderChangesAreListed;
  const saved = quiet
    ? context.store.putEventQuietly(calendar, draft)
    : context.store.putEvent(calendar, draft);

  if (saved.body.recurrence || before.body.recurrence) {
    if (saved.body.status === "cancelled") cancelExceptions(context, calendar, saved);
    else {
      const followed = restoring
        ? restoreExceptions(context, calendar, saved)
        : alignExceptions(context, calendar, before, saved);
      for (const exception of followed) {
        propagateToGuests(context, calendar, exception.before.body, exception.after);
      }
    }
  }
  if (!onlyReminders) tellTheOthers(context, calendar, before, saved);
  recordGuestMail(context, calendar, before.body, saved.body, options);
  return saved;
}

function tellTheOthers(
  context: GoogleContext,
  calendar: Calendar,
  before: StoredEvent,
  saved: StoredEvent,
): void {
  if (isOrganizerCopy(calendar, saved.body)) {
    propagateToGuests(context, calendar, before.body, saved);
    return;
  }
  propagateResponse(context, calendar, saved);
  if (saved.body.guestsCanModify) pushGuestEdit(context, calendar, saved);
}

/** With guestsCanModify a guest's edit becomes the organizer's; otherwise it stays on the guest's copy. */
function pushGuestEdit(context: GoogleContext, calendar: Calendar, copy: StoredEvent): void {
  const organizerCalendar = context.store.calendars.get(copy.body.organizer?.email ?? "");
  const source = organizerCalendar?.events.get(copy.id);
  if (!organizerCalendar || !source || source.body.status === "cancelled") return;
  const { summary, description, location, start, end, recurrence } = copy.body;
  const edited = Object.fromEntries(
    Object.entries({ summary, description, location, start, end, recurrence }).filter(
      ([, value]) => value != null,
    ),
  ) as GoogleEvent;
  const body: GoogleEvent = { ...source.body, ...edited, updated: context.store.clock.nowIso() };
  const edit = placedIn(organizerCalendar, { ...source, body, startMs: copy.startMs, endMs: copy.endMs });
  const kept = context.store.putEvent(organizerCalendar, edit);
  if (organizerCalendar !== calendar) propagateToGuests(context, organizerCalendar, source.body, kept);
}

function declineOnDeletion(context: GoogleContext, calendar: Calendar, deleted: StoredEvent): void {
  const attendees = (deleted.body.attendees ?? []).map((attendee) =>
    attendee.email?.toLowerCase() === calendar.id ? { ...attendee, responseStatus: "declined" } : attendee,
  );
  propagateResponse(context, calendar, { ...deleted, body: { ...deleted.body, attendees } });
}

function organizerOf(calendar: Calendar): NonNullable<GoogleEvent["organizer"]> {
  return calendar.id === calendar.dataOwner
    ? { email: calendar.id }
    : { email: calendar.id, displayName: calendar.summary };
}

function assertMatches(event: StoredEvent, ifMatch: string | undefined): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return;
  if (!ifMatch.split(",").some((etag) => etag.trim() === etagOf(event.version))) throw conditionNotMet();
}

function assertSequence(before: StoredEvent, input: GoogleEvent): void {
  const current = before.body.sequence ?? 0;
  if (input.sequence === undefined || input.sequence === null || input.sequence >= current) return;
  throw invalid(
    "Invalid sequence value. The specified sequence number is below the current sequence number of the resource. " +
      "Re-fetch the resource and use its sequence number on the following request.",
  );
}

function assertGuestFields(
  calendar: Calendar,
  before: StoredEvent,
  input: GoogleEvent,
  replacing: boolean,
): void {
  if (isOrganizerCopy(calendar, before.body) || before.body.privateCopy) return;
  const defaults = { guestsCanInviteOthers: true, guestsCanModify: false, guestsCanSeeOtherGuests: true };
  for (const field of GUEST_FIELDS) {
    const kept = before.body[field] ?? defaults[field];
    // In a PUT a field that was left out counts as an attempt to set its default.
    if (input[field] === undefined ? replacing : input[field] !== kept) throw notOrganizer();
  }
}

function notOrganizer() {
  return calendarForbidden(
    "forbiddenForNonOrganizer",
    "Shared properties can only be changed by the organizer of the event.",
  );
}

function assertMayInvite(context: GoogleContext, actor: Actor, input: GoogleEvent): void {
  const account = context.store.accounts.get(actor.email);
  if (!account?.serviceAccount || account.delegated || !input.attendees?.length) return;
  throw calendarForbidden(
    "forbiddenForServiceAccounts",
    "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority.",
  );
}

/** An event that is written as cancelled counts as deleted from then on. */
function deletionOf(context: GoogleContext, body: GoogleEvent): Pick<StoredEvent, "deletedAtMs"> {
  return body.status === "cancelled" ? { deletedAtMs: context.store.clock.nowMs() } : {};
}

function withoutNulls(input: GoogleEvent): GoogleEvent {
  return mergePatch({}, input);
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);
}

function differsOnlyInReminders(before: GoogleEvent, after: GoogleEvent): boolean {
  if (!differs(before.reminders, after.reminders)) return false;
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof GoogleEvent>;
  for (const field of fields) {
    if (field !== "reminders" && field !== "updated" && differs(before[field], after[field])) return false;
  }
  return true;
}
