import type { Calendar as CalendarResource } from "@microsoft/microsoft-graph-types";
import { z } from "zod";
import type { GraphContext } from "../context.ts";
import { accessDenied, badRequest, GraphApiError } from "../errors.ts";
import { getCalendar } from "../events/lookup.ts";
import { changeKeyOf, type GraphCalendar } from "../GraphStore.ts";
import { NEEDED_SCOPES } from "../scopes.ts";
import type { GraphAccount } from "../types.ts";
import { bodyOf, type GraphCall, type GraphMethod, mailboxOf, ok, pathParam } from "./GraphMethod.ts";
import { contextOf, pageOf } from "./query-options.ts";

const ONE = ["calendar", "calendars/{calendarId}"];

/** Users' profiles, mailbox settings and calendars. */
export const calendarMethods: readonly GraphMethod[] = [
  {
    id: "graph.users.get",
    verb: "GET",
    paths: [""],
    scopes: NEEDED_SCOPES.profile,
    query: ["$select"],
    handle: (_context, call) => {
      const { id, name, email } = mailboxOf(call);
      return ok({
        "@odata.context": contextOf(call, "users/$entity"),
        id,
        displayName: name,
        mail: email,
        userPrincipalName: email,
      });
    },
  },
  {
    id: "graph.mailboxSettings.get",
    verb: "GET",
    paths: ["mailboxSettings"],
    scopes: NEEDED_SCOPES.mailboxSettings,
    handle: (_context, call) => ok({ timeZone: mailboxOf(call).timeZone }),
  },
  {
    id: "graph.calendars.list",
    verb: "GET",
    paths: ["calendars"],
    scopes: NEEDED_SCOPES.readBasic,
    query: ["$top", "$skip", "$select", "$orderby"],
    handle: (context, call) => {
      const account = mailboxOf(call);
      const calendars = context.store.calendarsOf(account.email).map((one) => viewCalendar(account, one));
      const { page, nextLink } = pageOf(call, calendars);
      return ok({
        "@odata.context": contextOf(call, "users('me')/calendars"),
        ...(nextLink ? { "@odata.nextLink": nextLink } : {}),
        value: page,
      });
    },
  },
  {
    id: "graph.calendars.get",
    verb: "GET",
    paths: ONE,
    scopes: NEEDED_SCOPES.readBasic,
    query: ["$select"],
    handle: (context, call) => ok(viewCalendar(mailboxOf(call), calendarOf(context, call))),
  },
  {
    id: "graph.calendars.create",
    verb: "POST",
    paths: ["calendars"],
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      const account = mailboxOf(call);
      const name = readName(call);
      const taken = context.store.calendarsOf(account.email).some((one) => one.name === name);
      if (taken) {
        throw new GraphApiError(409, "ErrorFolderExists", "A folder with the specified name already exists.");
      }
      const calendar = context.store.addCalendar({ email: account.email, name });
      return { status: 201, body: viewCalendar(account, calendar) };
    },
  },
  {
    id: "graph.calendars.update",
    verb: "PATCH",
    paths: ONE,
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      const calendar = calendarOf(context, call);
      renameCalendar(context, calendar, readName(call));
      return ok(viewCalendar(mailboxOf(call), calendar));
    },
  },
  {
    id: "graph.calendars.delete",
    verb: "DELETE",
    paths: ["calendars/{calendarId}"],
    scopes: NEEDED_SCOPES.write,
    handle: (context, call) => {
      removeCalendar(context, calendarOf(context, call));
      return { status: 204 };
    },
  },
];

/** The calendar that a path names; the default one where it names none. @throws GraphApiError 404 */
export function calendarOf(context: GraphContext, call: GraphCall): GraphCalendar {
  const account = mailboxOf(call);
  return call.params.calendarId === undefined
    ? context.store.defaultCalendar(account.email)
    : getCalendar(context, account, pathParam(call, "calendarId"));
}

/** Gives a calendar another name. */
export function renameCalendar(context: GraphContext, calendar: GraphCalendar, name: string): void {
  calendar.name = name;
  calendar.version = context.store.nextVersion();
  context.store.announce({ resource: "calendarList", email: calendar.email });
}

/** Deletes a calendar with its events. @throws GraphApiError 403 for the default one and those that can only be read */
export function removeCalendar(context: GraphContext, calendar: GraphCalendar): void {
  if (calendar.isDefault || !calendar.canEdit) throw accessDenied("The calendar cannot be deleted.");
  context.store.calendars.delete(calendar.id);
  for (const [id, { calendarId }] of context.store.subscriptions) {
    if (calendarId === calendar.id) context.store.subscriptions.delete(id);
  }
  context.store.announce({ resource: "calendarList", email: calendar.email });
}

function viewCalendar(account: GraphAccount, calendar: GraphCalendar): CalendarResource {
  const provider = account.personal ? "skypeForConsumer" : "teamsForBusiness";
  return {
    id: calendar.id,
    name: calendar.name,
    color: calendar.color as NonNullable<CalendarResource["color"]>,
    hexColor: "",
    isDefaultCalendar: calendar.isDefault,
    changeKey: changeKeyOf(calendar.version),
    canShare: calendar.canEdit,
    canViewPrivateItems: true,
    canEdit: calendar.canEdit,
    isRemovable: !calendar.isDefault,
    isTallyingResponses: calendar.isDefault,
    allowedOnlineMeetingProviders: [provider],
    defaultOnlineMeetingProvider: provider,
    owner: { name: account.name, address: account.email },
  };
}

function readName(call: GraphCall): string {
  const { data } = z.object({ name: z.string().trim().min(1) }).safeParse(bodyOf(call));
  if (!data) throw badRequest("ErrorInvalidRequest", "A calendar needs a name.");
  return data.name;
}
