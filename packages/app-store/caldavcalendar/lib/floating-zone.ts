import { zoneByName } from "@calsync/icalendar";
import type { DavSession } from "./DavSession.ts";
import { propfind, textOf, zoneOf } from "./discovery.ts";

/** Zones that were asked for, by calendar; asked once in the life of a session. */
const ASKED = new WeakMap<DavSession, Map<string, Promise<string>>>();

/**
 * The zone of a calendar's times without one, and of its days (RFC 4791 §5.2.2): the calendar's own, else that of the account's
 * owner. Few objects need it, and it costs a request, so that it is asked for only then.
 * @returns an IANA name
 * @throws CalendarError as a listing of the calendar does
 */
export function floatingZoneOf(
  session: DavSession,
  calendarUrl: string,
  signal?: AbortSignal,
): Promise<string> {
  const known = ASKED.get(session) ?? new Map<string, Promise<string>>();
  ASKED.set(session, known);
  const found = known.get(calendarUrl) ?? ask(session, calendarUrl, signal);
  known.set(calendarUrl, found);
  found.catch(() => known.delete(calendarUrl));
  return found;
}

async function ask(session: DavSession, url: string, signal: AbortSignal | undefined): Promise<string> {
  const { responses } = await session.query({
    method: "PROPFIND",
    url,
    subject: "calendar",
    depth: "0",
    body: propfind({ "c:calendar-timezone": {}, "c:calendar-timezone-id": {}, "d:resourcetype": {} }),
    signal,
  });
  const props = responses[0]?.props ?? {};
  const { timeZone } = await session.credential();
  return (
    zoneOf(textOf(props["calendarTimezone"])) ??
    zoneByName(textOf(props["calendarTimezoneId"])) ??
    timeZone ??
    "UTC"
  );
}

/** Whether an object's text has times in no zone (RFC 5545 §3.3.5 form 1). Those that describe a zone are none. */
export function hasFloatingTimes(text: string): boolean {
  const unfolded = text.replace(/\r?\n[ \t]/g, "").replace(/^BEGIN:VTIMEZONE[\s\S]*?^END:VTIMEZONE/gim, "");
  return /^(?:DTSTART|DTEND|RECURRENCE-ID|RDATE|EXDATE)(?![^:\n]*;TZID=)[^:\n]*:[^\n]*T\d{6}(?!\d|Z)/im.test(
    unfolded,
  );
}
