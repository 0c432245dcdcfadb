import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import type { GoogleContext } from "../context.ts";
import { badRequest, calendarForbidden, fullSyncRequired, invalid, notFound, required } from "../errors.ts";
import { calendarFor } from "../events/lookup.ts";
import { etagOf } from "../GoogleStore.ts";
import { SCOPES } from "../scopes.ts";
import { ACCESS_ROLES, type AccessRole, type Account, type ListEntry, roleAllows } from "../types.ts";
import {
  type ApiAnswer,
  type ApiCall,
  type ApiMethod,
  booleanParam,
  integerParam,
  ok,
  pathParam,
} from "./ApiMethod.ts";

const COLOR = { colorId: "14", backgroundColor: "#9fe1e7", foregroundColor: "#000000" };

/** Methods of `calendarList`, but for `watch`. */
export const calendarListMethods: readonly ApiMethod[] = [
  {
    id: "calendar.calendarList.list",
    verb: "GET",
    path: "users/me/calendarList",
    scopes: SCOPES.calendarListRead,
    handle: listEntries,
  },
  {
    id: "calendar.calendarList.get",
    verb: "GET",
    path: "users/me/calendarList/{calendarId}",
    scopes: SCOPES.calendarListRead,
    handle: (context, call) => {
      const account = accountOf(context, call);
      return ok(viewEntry(context, account, liveEntry(account, pathParam(call, "calendarId"))));
    },
  },
  {
    id: "calendar.calendarList.insert",
    verb: "POST",
    path: "users/me/calendarList",
    scopes: SCOPES.calendarListWrite,
    handle: (context, call) => {
      const account = accountOf(context, call);
      const input = (call.body ?? {}) as calendar_v3.Schema$CalendarListEntry;
      if (typeof input.id !== "string") throw required("Missing id.", "id");
      const calendar = calendarFor(context, call.actor, input.id);
      const entry = { calendarId: calendar.id, deleted: false, ...writable(input) };
      return ok(viewEntry(context, account, context.store.putListEntry(account, entry)));
    },
  },
  ...(["PATCH", "PUT"] as const).map(
    (verb): ApiMethod => ({
      id: verb === "PATCH" ? "calendar.calendarList.patch" : "calendar.calendarList.update",
      verb,
      path: "users/me/calendarList/{calendarId}",
      scopes: SCOPES.calendarListWrite,
      handle: (context, call) => {
        const account = accountOf(context, call);
        const entry = liveEntry(account, pathParam(call, "calendarId"));
        const input = writable((call.body ?? {}) as calendar_v3.Schema$CalendarListEntry);
        const changed = context.store.putListEntry(account, { calendarId: entry.calendarId, ...input });
        return ok(viewEntry(context, account, changed));
      },
    }),
  ),
  {
    id: "calendar.calendarList.delete",
    verb: "DELETE",
    path: "users/me/calendarList/{calendarId}",
    scopes: SCOPES.calendarListWrite,
    handle: (context, call) => {
      const account = accountOf(context, call);
      const entry = liveEntry(account, pathParam(call, "calendarId"));
      if (entry.calendarId === account.email)
        throw badRequest("The primary calendar cannot be removed from the list.");
      context.store.putListEntry(account, { calendarId: entry.calendarId, deleted: true });
      return { status: 204 };
    },
  },
];

function accountOf(context: GoogleContext, call: ApiCall): Account {
  const account = context.store.accounts.get(call.actor.email);
  if (!account)
    throw calendarForbidden("notACalendarUser", "The user must be signed up for Google Calendar.");
  return account;
}

function liveEntry(account: Account, calendarId: string): ListEntry {
  const entry = account.entries.get(calendarId === "primary" ? account.email : calendarId);
  if (!entry || entry.deleted) throw notFound();
  return entry;
}

function writable(input: calendar_v3.Schema$CalendarListEntry): Partial<ListEntry> {
  const { summaryOverride, colorId, hidden, selected, defaultReminders } = input;
  const given = { summaryOverride, colorId, hidden, selected, defaultReminders };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null)) as Partial<ListEntry>;
}

function listEntries(context: GoogleContext, call: ApiCall): ApiAnswer {
  const { query } = call;
  const account = accountOf(context, call);
  const syncToken = query.get("syncToken");
  const minRole = query.get("minAccessRole");
  if (minRole !== null && !ACCESS_ROLES.includes(minRole as AccessRole))
    throw invalid("Invalid value", "minAccessRole");
  let afterSeq = 0;
  if (syncToken !== null) {
    if (minRole !== null)
      throw badRequest("minAccessRole cannot be combined with syncToken.", "minAccessRole");
    if (!booleanParam(query, "showDeleted", true) || !booleanParam(query, "showHidden", true)) {
      throw badRequest("showDeleted and showHidden cannot be false with syncToken.", "syncToken");
    }
    const match = /^list-(\d+)-(\d+)$/.exec(Buffer.from(syncToken, "base64url").toString());
    if (!match) throw invalid("Invalid sync token value.", "syncToken");
    if (Number(match[1]) !== account.listGeneration) throw fullSyncRequired();
    afterSeq = Number(match[2]);
  }
  const withDeleted = syncToken !== null || booleanParam(query, "showDeleted", false);
  const withHidden = syncToken !== null || booleanParam(query, "showHidden", false);
  const entries = [...account.entries.values()]
    .filter((entry) => entry.seq > afterSeq)
    .filter((entry) => (entry.deleted ? withDeleted : context.store.calendars.has(entry.calendarId)))
    .filter((entry) => withHidden || !entry.hidden || entry.deleted)
    .filter((entry) => minRole === null || roleAllows(roleIn(context, account, entry), minRole as AccessRole))
    .sort((a, b) => a.seq - b.seq);
  const skip = Number(query.get("pageToken") ?? 0);
  if (!Number.isInteger(skip) || skip < 0) throw invalid("Invalid page token value.", "pageToken");
  const end = skip + integerParam(query, "maxResults", 100, 250);
  const token = Buffer.from(`list-${account.listGeneration}-${account.listSeq}`).toString("base64url");
  return ok({
    kind: "calendar#calendarList",
    etag: etagOf(account.listSeq),
    ...(end < entries.length ? { nextPageToken: String(end) } : { nextSyncToken: token }),
    items: entries.slice(skip, end).map((entry) => viewEntry(context, account, entry)),
  });
}

function roleIn(context: GoogleContext, account: Account, entry: ListEntry): AccessRole {
  const calendar = context.store.calendars.get(entry.calendarId);
  return calendar ? context.store.roleOf(calendar, account.email) : "none";
}

function viewEntry(
  context: GoogleContext,
  account: Account,
  entry: ListEntry,
): calendar_v3.Schema$CalendarListEntry {
  const head = { kind: "calendar#calendarListEntry", etag: etagOf(entry.version), id: entry.calendarId };
  const calendar = context.store.calendars.get(entry.calendarId);
  if (entry.deleted || !calendar) return { ...head, deleted: true };
  const primary = calendar.id === account.email;
  return {
    ...head,
    summary: calendar.summary,
    timeZone: calendar.timeZone,
    ...COLOR,
    ...(entry.colorId ? { colorId: entry.colorId } : {}),
    ...(calendar.description ? { description: calendar.description } : {}),
    ...(calendar.location ? { location: calendar.location } : {}),
    ...(entry.summaryOverride ? { summaryOverride: entry.summaryOverride } : {}),
    ...(entry.hidden ? { hidden: true } : {}),
    ...(entry.selected ? { selected: true } : {}),
    accessRole: context.store.roleOf(calendar, account.email),
    defaultReminders: entry.defaultReminders,
    ...(primary ? { primary: true } : {}),
    ...(!primary && calendar.dataOwner ? { dataOwner: calendar.dataOwner } : {}),
    conferenceProperties: { allowedConferenceSolutionTypes: ["hangoutsMeet"] },
  };
}
