import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import type { GoogleContext } from "../context.ts";
import { badRequest, calendarForbidden, forbidden, invalid, notFound, required } from "../errors.ts";
import { isTimeZone } from "../event-times.ts";
import { calendarFor, calendarWithRole } from "../events/lookup.ts";
import { placedIn } from "../events/placement.ts";
import { type Calendar, etagOf } from "../GoogleStore.ts";
import { SCOPES } from "../scopes.ts";
import { ACCESS_ROLES, type AccessRole } from "../types.ts";
import { type ApiCall, type ApiMethod, ok, pathParam } from "./ApiMethod.ts";

/** Methods of `calendars` and `acl`, but for `acl.watch`. */
export const calendarMethods: readonly ApiMethod[] = [
  {
    id: "calendar.calendars.get",
    verb: "GET",
    path: "calendars/{calendarId}",
    scopes: SCOPES.calendarsRead,
    handle: (context, call) =>
      ok(viewCalendar(calendarFor(context, call.actor, pathParam(call, "calendarId")))),
  },
  {
    id: "calendar.calendars.insert",
    verb: "POST",
    path: "calendars",
    scopes: SCOPES.calendarsWrite,
    handle: (context, call) => {
      const { summary, timeZone, description, location } = (call.body ?? {}) as calendar_v3.Schema$Calendar;
      if (!summary) throw required("Missing title.", "summary");
      const account = context.store.accounts.get(call.actor.email);
      if (!account)
        throw calendarForbidden("notACalendarUser", "The user must be signed up for Google Calendar.");
      const calendar = context.store.addCalendar({
        summary,
        timeZone: checkedZone(timeZone) ?? account.timeZone,
        owner: call.actor.email,
      });
      if (description) calendar.description = description;
      if (location) calendar.location = location;
      return ok(viewCalendar(calendar));
    },
  },
  {
    ...writeMethod("calendar.calendars.patch", "PATCH"),
    handle: (context, call) => writeCalendar(context, call, false),
  },
  {
    ...writeMethod("calendar.calendars.update", "PUT"),
    handle: (context, call) => writeCalendar(context, call, true),
  },
  {
    ...writeMethod("calendar.calendars.delete", "DELETE"),
    handle: (context, call) => {
      const calendar = calendarFor(context, call.actor, pathParam(call, "calendarId"));
      if (calendar.id === calendar.dataOwner) throw badRequest("Primary calendars cannot be deleted.");
      // Since November 2025 only the data owner may delete a secondary calendar.
      if (calendar.dataOwner !== call.actor.email) throw forbidden();
      removeCalendar(context, calendar);
      return { status: 204 };
    },
  },
  {
    id: "calendar.acl.list",
    verb: "GET",
    path: "calendars/{calendarId}/acl",
    scopes: SCOPES.aclRead,
    handle: (context, call) => {
      const calendar = calendarWithRole(context, call.actor, pathParam(call, "calendarId"), "writer");
      const items = [...calendar.acl.keys()].map((scope) => viewRule(calendar, scope));
      return ok({ kind: "calendar#acl", etag: etagOf(calendar.version), items });
    },
  },
  {
    id: "calendar.acl.get",
    verb: "GET",
    path: "calendars/{calendarId}/acl/{ruleId}",
    scopes: SCOPES.aclRead,
    handle: (context, call) => {
      const calendar = calendarWithRole(context, call.actor, pathParam(call, "calendarId"), "writer");
      return ok(viewRule(calendar, ruleScope(pathParam(call, "ruleId"))));
    },
  },
  {
    id: "calendar.acl.insert",
    verb: "POST",
    path: "calendars/{calendarId}/acl",
    scopes: SCOPES.aclWrite,
    handle: (context, call) => {
      const { scope } = (call.body ?? {}) as calendar_v3.Schema$AclRule;
      if (scope?.type !== "default" && scope?.type !== "user") throw invalid("Invalid scope.", "scope");
      if (scope.type === "user" && typeof scope.value !== "string")
        throw required("Missing scope value.", "scope");
      const key = scope.type === "default" ? "default" : (scope.value as string).toLowerCase();
      return writeRule(context, call, key);
    },
  },
  ...(["PATCH", "PUT"] as const).map(
    (verb): ApiMethod => ({
      id: verb === "PATCH" ? "calendar.acl.patch" : "calendar.acl.update",
      verb,
      path: "calendars/{calendarId}/acl/{ruleId}",
      scopes: SCOPES.aclWrite,
      handle: (context, call) => writeRule(context, call, ruleScope(pathParam(call, "ruleId"))),
    }),
  ),
  {
    id: "calendar.acl.delete",
    verb: "DELETE",
    path: "calendars/{calendarId}/acl/{ruleId}",
    scopes: SCOPES.aclWrite,
    handle: (context, call) => {
      const calendar = calendarWithRole(context, call.actor, pathParam(call, "calendarId"), "owner");
      const scope = ruleScope(pathParam(call, "ruleId"));
      if (!calendar.acl.has(scope)) throw notFound();
      context.store.setRole(calendar, scope, "none");
      return { status: 204 };
    },
  },
];

function writeMethod(id: string, verb: ApiMethod["verb"]): Omit<ApiMethod, "handle"> {
  return { id, verb, path: "calendars/{calendarId}", scopes: SCOPES.calendarsWrite };
}

function writeCalendar(context: GoogleContext, call: ApiCall, replace: boolean) {
  const calendar = calendarWithRole(context, call.actor, pathParam(call, "calendarId"), "owner");
  const input = (call.body ?? {}) as calendar_v3.Schema$Calendar;
  if (replace && !input.summary) throw required("Missing title.", "summary");
  changeCalendar(context, calendar, {
    ...(input.summary ? { summary: input.summary } : {}),
    ...(input.timeZone ? { timeZone: checkedZone(input.timeZone) as string } : {}),
    ...(replace || input.description !== undefined ? { description: input.description ?? "" } : {}),
    ...(replace || input.location !== undefined ? { location: input.location ?? "" } : {}),
  });
  return ok(viewCalendar(calendar));
}

/** Changes read-only fields of list entries: no calendar list round reports that. */
export function changeCalendar(
  context: GoogleContext,
  calendar: Calendar,
  change: Partial<Pick<Calendar, "summary" | "description" | "location" | "timeZone">>,
): void {
  const zoneChanges = change.timeZone !== undefined && change.timeZone !== calendar.timeZone;
  Object.assign(calendar, change, { version: context.store.nextVersion() });
  if (!zoneChanges) return;
  for (const event of [...calendar.events.values()]) calendar.events.putQuietly(placedIn(calendar, event));
}

/** Deletes a secondary calendar: gone for all who had it on their list. */
export function removeCalendar(context: GoogleContext, calendar: Calendar): void {
  context.store.calendars.delete(calendar.id);
  for (const account of context.store.accounts.values()) {
    if (account.entries.has(calendar.id)) {
      context.store.putListEntry(account, { calendarId: calendar.id, deleted: true });
    }
  }
}

function writeRule(context: GoogleContext, call: ApiCall, scope: string) {
  const calendar = calendarWithRole(context, call.actor, pathParam(call, "calendarId"), "owner");
  const role = (call.body as calendar_v3.Schema$AclRule | undefined)?.role;
  if (!role || !ACCESS_ROLES.includes(role as AccessRole)) throw invalid("Invalid value for: role", "role");
  context.store.setRole(calendar, scope, role as AccessRole);
  return ok(role === "none" ? { kind: "calendar#aclRule", role } : viewRule(calendar, scope));
}

function viewRule(calendar: Calendar, scope: string): calendar_v3.Schema$AclRule {
  const rule = calendar.acl.get(scope);
  if (!rule) throw notFound();
  return {
    kind: "calendar#aclRule",
    etag: etagOf(rule.version),
    id: scope === "default" ? "default" : `user:${scope}`,
    scope: scope === "default" ? { type: "default" } : { type: "user", value: scope },
    role: rule.role,
  };
}

function ruleScope(ruleId: string): string {
  return ruleId.replace(/^user:/, "").toLowerCase();
}

function checkedZone(timeZone: string | null | undefined): string | undefined {
  if (!timeZone) return undefined;
  if (!isTimeZone(timeZone)) throw invalid(`Invalid time zone: ${timeZone}`, "timeZone");
  return timeZone;
}

function viewCalendar(calendar: Calendar): calendar_v3.Schema$Calendar {
  return {
    kind: "calendar#calendar",
    etag: etagOf(calendar.version),
    id: calendar.id,
    summary: calendar.summary,
    timeZone: calendar.timeZone,
    conferenceProperties: { allowedConferenceSolutionTypes: ["hangoutsMeet"] },
    ...(calendar.description ? { description: calendar.description } : {}),
    ...(calendar.location ? { location: calendar.location } : {}),
    ...(calendar.dataOwner && calendar.id !== calendar.dataOwner ? { dataOwner: calendar.dataOwner } : {}),
  };
}
