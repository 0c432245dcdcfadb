import { zoneByName } from "@calsync/icalendar";
import { CalendarError, isCalendarError } from "@calsync/lib";
import type { ExternalCalendar } from "@calsync/types";
import type { DAVResponse } from "tsdav";
import { type DavSession, NAMESPACES } from "./DavSession.ts";
import { segments } from "./path-segments.ts";

/** What discovery finds of an account (RFC 6764 §6, RFC 4791 §6.2, RFC 6638 §2). */
export interface DavAccount {
  /** The account itself, as the server knows it. */
  principalUrl: string;
  homeUrls: string[];
  /** Where invitations come in and go out (RFC 6638 §2.1, §2.2), on servers that do so. */
  schedulingUrls: string[];
  /** Addresses under which the account is invited, in lower case. */
  addresses: string[];
}

/**
 * Finds the calendar homes of an account: from the given address, or else the well-known one, to the principal, and from
 * there to its homes. An address that is itself a calendar home or a calendar works too.
 * @throws CalendarError CREDENTIAL_INVALID; CALENDAR_NOT_FOUND when no CalDAV is found there
 */
export async function discover(session: DavSession): Promise<DavAccount> {
  const { serverUrl } = await session.credential();
  for (const start of [serverUrl, new URL("/.well-known/caldav", serverUrl).href]) {
    const principalUrl = await findPrincipal(session, start);
    if (!principalUrl) continue;
    const account = await readPrincipal(session, principalUrl);
    if (account.homeUrls.length > 0) return account;
  }
  throw new CalendarError(
    "CALENDAR_NOT_FOUND",
    "CalDAV: no calendars are found at this address; use the address that your provider gives for CalDAV",
  );
}

async function findPrincipal(session: DavSession, url: string): Promise<string | null> {
  try {
    const { responses, url: answeredAt } = await session.query({
      method: "PROPFIND",
      url,
      subject: "account",
      depth: "0",
      body: propfind({ "d:current-user-principal": {}, "d:resourcetype": {} }),
    });
    const principal = hrefOf(responses[0]?.props?.["currentUserPrincipal"]);
    return principal ? new URL(principal, answeredAt).href : null;
  } catch (error) {
    // What is not there, or does not speak WebDAV, is no account; a wrong password or a dead server is another matter.
    // One that may not be called at all is the guard's word, not the server's.
    const answered = isCalendarError(error) && error.status !== undefined;
    if (answered && ["CALENDAR_NOT_FOUND", "INVALID_REQUEST", "PERMISSION_DENIED"].includes(error.code))
      return null;
    if (isCalendarError(error, "CALENDAR_API_ERROR") && (error.status ?? 0) < 500) return null;
    throw error;
  }
}

async function readPrincipal(session: DavSession, principalUrl: string): Promise<DavAccount> {
  const { responses, url } = await session.query({
    method: "PROPFIND",
    url: principalUrl,
    subject: "account",
    depth: "0",
    body: propfind({
      "c:calendar-home-set": {},
      "c:calendar-user-address-set": {},
      "c:schedule-inbox-URL": {},
      "c:schedule-outbox-URL": {},
    }),
  });
  const props = responses[0]?.props ?? {};
  return {
    principalUrl: url,
    homeUrls: hrefsOf(props["calendarHomeSet"]).map((href) => new URL(href, url).href),
    schedulingUrls: [...hrefsOf(props["scheduleInboxURL"]), ...hrefsOf(props["scheduleOutboxURL"])].map(
      (href) => new URL(href, url).href,
    ),
    addresses: hrefsOf(props["calendarUserAddressSet"])
      .filter((href) => /^mailto:/i.test(href))
      .map((href) => href.slice(7).toLowerCase()),
  };
}

/** The calendars of the session's account. */
export async function listCalendars(session: DavSession): Promise<ExternalCalendar[]> {
  return listCalendarsOf(session, await discover(session));
}

/**
 * The calendars in the account's homes that can hold events. Task lists, inboxes and outboxes are none, also where they call themselves
 * calendars (DAViCal): what is in them stands in a calendar too.
 */
export async function listCalendarsOf(
  session: DavSession,
  { homeUrls, schedulingUrls }: DavAccount,
): Promise<ExternalCalendar[]> {
  const scheduling = new Set(schedulingUrls.map(spelledOnce));
  const calendars = new Map<string, ExternalCalendar>();
  for (const home of homeUrls) {
    const { responses, url } = await session.query({
      method: "PROPFIND",
      url: home,
      subject: "account",
      depth: "1",
      body: propfind({
        "d:resourcetype": {},
        "d:displayname": {},
        "d:current-user-privilege-set": {},
        "c:supported-calendar-component-set": {},
        "c:calendar-timezone": {},
        "ca:calendar-color": {},
      }),
    });
    for (const response of responses) {
      const calendar = toCalendar(response, url);
      if (calendar && !scheduling.has(spelledOnce(calendar.id))) calendars.set(calendar.id, calendar);
    }
  }
  // No server tells which calendar is the main one; the first that can be written to stands first.
  return [...calendars.values()].sort((a, b) => Number(b.writable) - Number(a.writable));
}

function toCalendar({ href, props = {} }: DAVResponse, base: string): ExternalCalendar | null {
  const types = Object.keys(asObject(props["resourcetype"]));
  if (!href || !types.includes("calendar")) return null;
  const components = asArray(asObject(props["supportedCalendarComponentSet"])["comp"]).flatMap((part) => {
    const name = asObject(asObject(part)["_attributes"])["name"];
    return typeof name === "string" ? [name.toUpperCase()] : [];
  });
  if (components.length > 0 && !components.includes("VEVENT")) return null;
  const id = withSlash(new URL(href, base).href);
  const name = textOf(props["displayname"]) || decodeURIComponent(id.split("/").at(-2) ?? "") || id;
  const color = textOf(props["calendarColor"]).slice(0, 7);
  return {
    id,
    name,
    primary: false,
    writable: mayWrite(props["currentUserPrivilegeSet"]),
    timeZone: zoneOf(textOf(props["calendarTimezone"])),
    color: /^#[0-9a-f]{6}$/i.test(color) ? color : null,
  };
}

/** A server without access control (RFC 3744) names no privileges: then a write finds out. */
function mayWrite(set: unknown): boolean {
  const privileges = asArray(asObject(set)["privilege"]).flatMap((privilege) =>
    Object.keys(asObject(privilege)),
  );
  if (privileges.length === 0) return true;
  return privileges.some((name) => ["all", "write", "writeContent", "bind"].includes(name));
}

/** The IANA zone that a `calendar-timezone` (a calendar with one VTIMEZONE, RFC 4791 §5.2.2) names; null when it names none. */
export function zoneOf(ics: string): string | null {
  const tzid = /^TZID[^:]*:(.+)$/m.exec(ics)?.[1];
  return tzid ? zoneByName(tzid) : null;
}

/** A PROPFIND body for the given properties. */
export function propfind(props: Record<string, object>): Record<string, unknown> {
  return { "d:propfind": { _attributes: NAMESPACES, "d:prop": props } };
}

/** Text of a property; tsdav gives what looks like a number or a truth value as one. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const cdata = asObject(value)["_cdata"];
  return typeof cdata === "string" ? cdata : "";
}

const hrefsOf = (value: unknown): string[] =>
  asArray(asObject(value)["href"])
    .map(textOf)
    .filter((href) => href !== "");
const hrefOf = (value: unknown): string | null => hrefsOf(value)[0] ?? null;
const asArray = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** An address in one spelling, to compare it by. */
const spelledOnce = (url: string): string => {
  const { host, pathname } = new URL(url);
  return [host, ...segments(pathname)].join("/");
};

/** Collections end in a slash (RFC 4918 §5.2), also where a server's href does not. */
const withSlash = (url: string): string => (url.endsWith("/") ? url : `${url}/`);
