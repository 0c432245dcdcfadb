import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import type { GoogleContext } from "../context.ts";
import { GoogleApiError, invalid, required, timeRangeEmpty } from "../errors.ts";
import { isTimeZone, parseInstant } from "../event-times.ts";
import { ownAttendee } from "../events/guests.ts";
import { type ListFilter, listed } from "../events/list.ts";
import { viewInterval } from "../events/view.ts";
import type { Calendar } from "../GoogleStore.ts";
import { SCOPES } from "../scopes.ts";
import { type ApiAnswer, type ApiCall, type ApiMethod, ok } from "./ApiMethod.ts";

/** Documented limits of one query. */
const MAX_CALENDARS = 50;
/** Observed: about three months. */
const MAX_RANGE_MS = 93 * 86_400_000;

/** `freeBusy.query`, colours and settings: what is asked of an account as a whole. */
export const accountMethods: readonly ApiMethod[] = [
  {
    id: "calendar.freebusy.query",
    verb: "POST",
    path: "freeBusy",
    scopes: SCOPES.freeBusy,
    handle: queryFreeBusy,
  },
  {
    id: "calendar.settings.list",
    verb: "GET",
    path: "users/me/settings",
    scopes: SCOPES.settingsRead,
    handle: (context, call) =>
      ok({
        kind: "calendar#settings",
        etag: '"0"',
        items: settingsOf(context, call),
        nextSyncToken: "settings",
      }),
  },
  {
    id: "calendar.settings.get",
    verb: "GET",
    path: "users/me/settings/{setting}",
    scopes: SCOPES.settingsRead,
    handle: (context, call) => {
      const setting = settingsOf(context, call).find(({ id }) => id === call.params.setting);
      if (!setting) throw new GoogleApiError(404, "global", "notFound", "Not Found");
      return ok(setting);
    },
  },
];

function settingsOf(context: GoogleContext, call: ApiCall) {
  const values = {
    timezone: context.store.accounts.get(call.actor.email)?.timeZone ?? "UTC",
    locale: "en",
    weekStart: "1",
    format24HourTime: "true",
  };
  return Object.entries(values).map(([id, value]) => ({ kind: "calendar#setting", etag: '"0"', id, value }));
}

function queryFreeBusy(context: GoogleContext, call: ApiCall): ApiAnswer {
  const {
    timeMin,
    timeMax,
    timeZone = "UTC",
    items,
  } = (call.body ?? {}) as calendar_v3.Schema$FreeBusyRequest;
  if (!timeMin) throw required("Missing timeMin parameter.", "timeMin");
  if (!timeMax) throw required("Missing timeMax parameter.", "timeMax");
  if (!timeZone || !isTimeZone(timeZone)) throw invalid(`Invalid time zone: ${timeZone}`, "timeZone");
  const fromMs = parseInstant(timeMin, "timeMin");
  const toMs = parseInstant(timeMax, "timeMax");
  if (toMs <= fromMs) throw timeRangeEmpty();
  if (toMs - fromMs > MAX_RANGE_MS) {
    throw new GoogleApiError(400, "calendar", "timeRangeTooLong", "The requested time range is too long.", {
      type: "parameter",
      name: "timeMax",
    });
  }
  const calendars: Record<string, calendar_v3.Schema$FreeBusyCalendar> = {};
  for (const [index, item] of (Array.isArray(items) ? items : []).entries()) {
    if (typeof item?.id !== "string") throw required("Missing calendar id.", "items");
    const key = item.id === "primary" ? call.actor.email : item.id;
    const calendar = context.store.calendars.get(key);
    if (index >= MAX_CALENDARS) {
      calendars[item.id] = { errors: [{ domain: "global", reason: "tooManyCalendarsRequested" }], busy: [] };
    } else if (!calendar || context.store.roleOf(calendar, call.actor.email) === "none") {
      calendars[item.id] = { errors: [{ domain: "global", reason: "notFound" }], busy: [] };
    } else {
      const busy = busyIntervals(context, calendar, fromMs, toMs);
      calendars[item.id] = { busy: busy.map((interval) => viewInterval(interval, timeZone)) };
    }
  }
  return ok({
    kind: "calendar#freeBusy",
    timeMin: new Date(fromMs).toISOString(),
    timeMax: new Date(toMs).toISOString(),
    groups: {},
    calendars,
  });
}

/** Busy time of a calendar, cut to the window and merged. Transparent and declined events leave time free. */
function busyIntervals(context: GoogleContext, calendar: Calendar, fromMs: number, toMs: number) {
  const filter: ListFilter = {
    singleEvents: true,
    withDeleted: false,
    timeMinMs: fromMs,
    timeMaxMs: toMs,
    updatedMinMs: null,
    eventTypes: new Set(),
    iCalUid: null,
    text: null,
    privateProperties: [],
    sharedProperties: [],
  };
  const busy: { startMs: number; endMs: number }[] = [];
  for (const event of calendar.events.values()) {
    if (event.body.transparency === "transparent") continue;
    if (ownAttendee(calendar, event.body)?.responseStatus === "declined") continue;
    for (const { startMs, endMs } of listed(context, calendar, event, filter)) {
      if (endMs > startMs) busy.push({ startMs: Math.max(startMs, fromMs), endMs: Math.min(endMs, toMs) });
    }
  }
  busy.sort((a, b) => a.startMs - b.startMs);
  const merged: typeof busy = [];
  for (const interval of busy) {
    const last = merged.at(-1);
    if (last && interval.startMs <= last.endMs) last.endMs = Math.max(last.endMs, interval.endMs);
    else merged.push({ ...interval });
  }
  return merged;
}
