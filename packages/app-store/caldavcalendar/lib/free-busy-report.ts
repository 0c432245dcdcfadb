import type { Interval } from "@calsync/types";
import ICAL from "ical.js";
import { ownAddresses } from "./credential-schema.ts";
import { type DavSession, NAMESPACES } from "./DavSession.ts";
import { propfind, textOf } from "./discovery.ts";
import { readObject } from "./event-mapper.ts";

/**
 * When a calendar is busy, as its server reckons it (RFC 4791 §7.10): one answer in place of every event. Null where there is no such
 * report, or its answer is not what the RFC says: then it is reckoned from the events.
 *
 * Radicale offers none. Xandikos offers one that counts a series at its first date alone, and a gap would look free; its answer does
 * not call itself a calendar either (`text/calendar`), and nothing that does not is believed. The RFC looks at STATUS and TRANSP alone, so
 * that what its owner has declined is busy (Cyrus): a report that is not empty is believed when nothing in the range is declined.
 * What is built on SabreDAV is not asked (ADR 0052).
 *
 * @throws CalendarError as a listing of the calendar does
 */
export async function freeBusyReport(
  session: DavSession,
  calendarUrl: string,
  range: Interval,
): Promise<Interval[] | null> {
  const { text: described } = await session.query({
    method: "PROPFIND",
    url: calendarUrl,
    subject: "calendar",
    depth: "0",
    body: propfind({ "d:supported-report-set": {}, "d:resourcetype": {} }),
  });
  if (!/[<:]free-busy-query[\s/>]/.test(described) || SABRE.test(described)) return null;
  const response = await session.call(
    {
      method: "REPORT",
      url: calendarUrl,
      subject: "calendar",
      headers: { depth: "1", "content-type": "application/xml; charset=utf-8" },
      body:
        `<?xml version="1.0" encoding="utf-8"?><c:free-busy-query xmlns:c="${NAMESPACES["xmlns:c"]}">` +
        `<c:time-range start="${utc(range.start)}" end="${utc(range.end)}"/></c:free-busy-query>`,
    },
    REFUSALS,
  );
  if (response.status !== 200 || response.truncated) return null;
  if (!/^text\/calendar\b/i.test(response.headers["content-type"] ?? "")) return null;
  const busy = readFreeBusy(Buffer.from(response.body).toString("utf8"));
  if (busy === null || busy.length === 0) return busy;
  return (await hasDeclined(session, calendarUrl, range)) ? null : busy;
}

/**
 * Whether the account has declined something in a range, or the server does not say. It is asked for the events in which the account
 * takes part, and not for those that it has declined (as in RFC 4791 §7.8.6): Cyrus finds nothing by an attendee's parameters.
 */
async function hasDeclined(session: DavSession, calendarUrl: string, range: Interval): Promise<boolean> {
  const own = ownAddresses(await session.credential());
  if (own.length === 0) return false;
  const { status, responses } = await session.query(
    {
      method: "REPORT",
      url: calendarUrl,
      subject: "calendar",
      depth: "1",
      body: {
        "c:calendar-query": {
          _attributes: NAMESPACES,
          "d:prop": { "d:getetag": {}, "c:calendar-data": {} },
          "c:filter": {
            "c:comp-filter": {
              _attributes: { name: "VCALENDAR" },
              "c:comp-filter": {
                _attributes: { name: "VEVENT" },
                "c:time-range": { _attributes: { start: utc(range.start), end: utc(range.end) } },
                "c:prop-filter": {
                  _attributes: { name: "ATTENDEE" },
                  // One filter looks for one address; with several, everything with attendees is looked into.
                  ...(own.length === 1 ? { "c:text-match": own[0] } : {}),
                },
              },
            },
          },
        },
      },
    },
    REFUSALS,
  );
  if (status >= 300) return true;
  for (const { props } of responses) {
    const read = await readObject(textOf(props?.["calendarData"]), async () => "UTC");
    const declined = [read?.master, ...(read?.exceptions ?? [])].some((event) =>
      event?.attendees.some(({ email, response }) => response === "declined" && own.includes(email)),
    );
    if (declined) return true;
  }
  return false;
}

/**
 * SabreDAV declares its own namespace in every multistatus, and so does what is built on it (Nextcloud, Baïkal). Its recurrence leaves out dates
 * that are added to a rule (RDATE) and rules by week or day of the year: they would look free.
 */
const SABRE = /["']http:\/\/sabredav\.org\/ns["']/;

/** What servers answer to a report that they do not know. */
const REFUSALS = [400, 403, 404, 405, 409, 415, 500, 501];

const utc = (date: Date): string => `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;

/** Times of a VFREEBUSY in which its calendar is not free. Null for a text that is none, or that gives a time without its zone. */
function readFreeBusy(text: string): Interval[] | null {
  try {
    const calendar = new ICAL.Component(ICAL.parse(text) as ConstructorParameters<typeof ICAL.Component>[0]);
    const answers = calendar.getAllSubcomponents("vfreebusy");
    if (answers.length === 0) return null;
    const periods = answers
      .flatMap((answer) => answer.getAllProperties("freebusy"))
      .filter((property) => String(property.getFirstParameter("fbtype") ?? "").toUpperCase() !== "FREE")
      .flatMap((property) => property.getValues() as ICAL.Period[]);
    if (periods.some(({ start }) => start?.zone !== ICAL.Timezone.utcTimezone)) return null;
    return periods.map((period) => ({ start: period.start.toJSDate(), end: period.getEnd().toJSDate() }));
  } catch {
    return null;
  }
}
