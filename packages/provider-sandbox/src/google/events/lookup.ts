import type { GoogleContext } from "../context.ts";
import { alreadyDeleted, calendarForbidden, forbidden, notFound } from "../errors.ts";
import type { Calendar } from "../GoogleStore.ts";
import { FREE_BUSY_SCOPE, OWNED_ONLY_SCOPES, SCOPES } from "../scopes.ts";
import { type AccessRole, type Actor, roleAllows, type StoredEvent } from "../types.ts";
import { instanceOf } from "./view.ts";

/** The calendar that a path names for a user; `primary` is the user's own. @throws GoogleApiError 404 when unknown or invisible. */
export function calendarFor(context: GoogleContext, actor: Actor, calendarId: string): Calendar {
  const id = calendarId === "primary" ? actor.email : calendarId.toLowerCase();
  const calendar = context.store.calendars.get(id) ?? context.store.calendars.get(calendarId);
  if (!calendar || context.store.roleOf(calendar, actor.email) === "none") throw notFound();
  return calendar;
}

/** What an actor sees of a calendar's events: the user's role, as far as the token's scopes reach. @throws GoogleApiError 403. */
export function readingRole(context: GoogleContext, actor: Actor, calendar: Calendar): AccessRole {
  const role = context.store.roleOf(calendar, actor.email);
  const reading = SCOPES.eventsRead.filter((scope) => actor.scopes.has(scope));
  const beyondBusy = reading.filter((scope) => scope !== FREE_BUSY_SCOPE);
  if (beyondBusy.length === 0) return roleAllows(role, "freeBusyReader") ? "freeBusyReader" : role;
  if (role !== "owner" && beyondBusy.every((scope) => OWNED_ONLY_SCOPES.has(scope))) throw forbidden();
  return role;
}

/** Like {@link calendarFor}, for a call that needs a role. @throws GoogleApiError 403 when the role is weaker. */
export function calendarWithRole(
  context: GoogleContext,
  actor: Actor,
  calendarId: string,
  needed: AccessRole,
): Calendar {
  const calendar = calendarFor(context, actor, calendarId);
  const role = context.store.roleOf(calendar, actor.email);
  if (roleAllows(role, needed)) return calendar;
  if (roleAllows(needed, "writerWithoutPrivateAccess")) {
    throw calendarForbidden("requiredAccessLevel", "You need to have writer access to this calendar.");
  }
  throw forbidden();
}

/** An event or an ordinary instance of a series by id, or undefined. Purged events are not found. */
export function findEvent(
  context: GoogleContext,
  calendar: Calendar,
  eventId: string,
): StoredEvent | undefined {
  const stored = calendar.events.get(eventId);
  if (stored) return isPurged(context, stored) ? undefined : stored;
  const cut = eventId.lastIndexOf("_");
  if (cut < 0) return undefined;
  const series = calendar.events.get(eventId.slice(0, cut));
  if (!series?.body.recurrence || isPurged(context, series)) return undefined;
  const occurrence = context.store.seriesOf(calendar, series).occurrence(eventId);
  return occurrence ? instanceOf(series, occurrence) : undefined;
}

/** An event by id. @throws GoogleApiError 404. */
export function getEvent(context: GoogleContext, calendar: Calendar, eventId: string): StoredEvent {
  const event = findEvent(context, calendar, eventId);
  if (!event) throw notFound();
  return event;
}

/** True once a deleted event has vanished altogether. */
export function isPurged(context: GoogleContext, event: StoredEvent): boolean {
  const limitMs = context.faults.behaviours.purgeDeletedAfterMs;
  if (limitMs === null || event.deletedAtMs === undefined) return false;
  return context.store.clock.nowMs() - event.deletedAtMs >= limitMs;
}

/** The answer to deleting what is deleted, as the switch wants it. */
export function secondDeletion(context: GoogleContext) {
  return context.faults.behaviours.secondDelete === 403 ? forbidden() : alreadyDeleted();
}
