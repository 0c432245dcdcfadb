import { addDate, excludedStarts, foldLines, type IcsEvent, timeAt, zoneBlock } from "@calsync/icalendar";
import { CalendarError } from "@calsync/lib";
import type { AttendeeResponse, CalendarEvent, EventTime } from "@calsync/types";
import ICAL from "ical.js";
import { Temporal } from "temporal-polyfill";
import { MARKER, type ReadObject } from "./event-mapper.ts";

/** Which VEVENT of an object a write is about: the event itself, or one occurrence by its original start. */
export type Target = { originalStart: string | null };

/** What a write needs beside the event. */
export interface WriteContext {
  /** The account's address, which becomes the organizer when there are attendees; null when none is known. */
  ownAddress: string | null;
  now: Date;
}

const PARTSTAT: Record<AttendeeResponse, string> = {
  "needs-action": "NEEDS-ACTION",
  accepted: "ACCEPTED",
  tentative: "TENTATIVE",
  declined: "DECLINED",
};

/** The text of a new object that holds one event. */
export function newObject(event: CalendarEvent, uid: string, context: WriteContext): string {
  const calendar = new ICAL.Component("vcalendar");
  calendar.addPropertyWithValue("version", "2.0");
  calendar.addPropertyWithValue("prodid", "-//calsync//calsync//EN");
  const vevent = new ICAL.Component("vevent");
  vevent.addPropertyWithValue("uid", uid);
  calendar.addSubcomponent(vevent);
  setTime(vevent, event.time);
  setRule(vevent, event.recurrence ?? []);
  setFields(vevent, event, null, context);
  addZone(calendar, event.time);
  return textOf(calendar);
}

/**
 * An object's text with one of its events made equal to `wanted`. What we do not speak of (alarms, unknown properties, the
 * parameters of attendees) stays as it is. Null when nothing would change.
 * @throws CalendarError INVALID_ICS_FORMAT when the object cannot be taken apart without loss
 */
export function updatedObject(
  text: string,
  held: ReadObject,
  wanted: CalendarEvent,
  target: Target,
  context: WriteContext,
): string | null {
  const calendar = parse(text);
  const before = JSON.stringify(calendar.toJSON());
  const events = calendar.getAllSubcomponents("vevent");
  const master = events.find((event) => !event.hasProperty("recurrence-id")) ?? null;
  if (target.originalStart === null) {
    if (!master || !held.master) throw unreadable();
    updateMaster(calendar, master, held, wanted);
    setFields(master, wanted, held.master, context);
  } else {
    const { originalStart } = target;
    const current = held.exceptions.find(({ recurrenceId }) => recurrenceId === originalStart) ?? null;
    const vevent = current
      ? exceptionOf(events, held, originalStart)
      : newException(calendar, master, held, originalStart);
    const shown = current ?? asInstance(held.master, originalStart);
    if (!shown || !sameTime(shown.time, wanted.time)) setTime(vevent, wanted.time);
    setFields(vevent, wanted, current, context);
    if (master && held.master) dropExcluded(master, held.master, originalStart);
  }
  addZone(calendar, wanted.time);
  return JSON.stringify(calendar.toJSON()) === before ? null : touched(calendar, target, events, context);
}

/** The object's text without one occurrence of its series. Null when it is out already. */
export function withoutInstance(text: string, held: ReadObject, originalStart: string): string | null {
  const calendar = parse(text);
  const events = calendar.getAllSubcomponents("vevent");
  const master = events.find((event) => !event.hasProperty("recurrence-id"));
  const exception = held.exceptions.some(({ recurrenceId }) => recurrenceId === originalStart);
  if (!exception && held.holes.includes(originalStart)) return null;
  if (exception) calendar.removeSubcomponent(exceptionOf(events, held, originalStart));
  if (master && held.master && !held.holes.includes(originalStart))
    addDate(master, "exdate", originalStart, held.master.time);
  return textOf(calendar);
}

function updateMaster(
  calendar: ICAL.Component,
  master: ICAL.Component,
  held: ReadObject,
  wanted: CalendarEvent,
): void {
  const before = held.master;
  if (!before) throw unreadable();
  const moved = !sameTime(before.time, wanted.time);
  if (moved) setTime(master, wanted.time);
  const lines = (list: readonly string[] | null) => (list ?? []).filter((line) => !/^EXDATE/i.test(line));
  const rule = lines(wanted.recurrence);
  if (rule.join("\n") !== lines(before.recurrence).join("\n")) setRule(master, rule);
  const exceptions = calendar
    .getAllSubcomponents("vevent")
    .filter((event) => event.hasProperty("recurrence-id"));
  if (rule.length === 0) {
    master.removeAllProperties("exdate");
    for (const exception of exceptions) calendar.removeSubcomponent(exception);
  } else if (moved && before.time.start !== wanted.time.start) {
    // Occurrences are named by their original start: when the series moves, the names of its exceptions move along.
    const shift = shiftBetween(before.time, wanted.time);
    const holes = held.holes.map(shift);
    master.removeAllProperties("exdate");
    for (const hole of holes) addDate(master, "exdate", hole, wanted.time);
    const standing = exceptions.filter((exception) => !isCancelled(exception));
    if (standing.length !== held.exceptions.length) throw unreadable();
    // A cancelled exception is a hole by now.
    for (const exception of exceptions) if (isCancelled(exception)) calendar.removeSubcomponent(exception);
    for (const [index, exception] of standing.entries()) {
      const original = held.exceptions[index]?.recurrenceId;
      if (!original) throw unreadable();
      exception.removeAllProperties("recurrence-id");
      addDate(exception, "recurrence-id", shift(original), wanted.time);
    }
  }
}

/** How the wall clock of a series has moved, as a function on original starts. */
function shiftBetween(before: EventTime, after: EventTime): (originalStart: string) => string {
  const wall = (time: EventTime, value: string) =>
    time.allDay
      ? Temporal.PlainDate.from(value.slice(0, 10)).toPlainDateTime()
      : Temporal.Instant.from(value).toZonedDateTimeISO(time.timeZone).toPlainDateTime();
  const by = wall(before, before.start).until(wall(after, after.start));
  return (originalStart) => {
    const moved = wall(before, originalStart).add(by);
    if (after.allDay) return moved.toPlainDate().toString();
    return new Date(moved.toZonedDateTime(after.timeZone).epochMilliseconds).toISOString();
  };
}

function setFields(
  vevent: ICAL.Component,
  wanted: CalendarEvent,
  held: IcsEvent | null,
  { ownAddress, now }: WriteContext,
): void {
  const text = (name: string, value: string, before: string | undefined) => {
    if (before === value) return;
    vevent.removeAllProperties(name);
    if (value !== "") vevent.addPropertyWithValue(name, value);
  };
  text("summary", wanted.title, held?.title);
  text("description", wanted.description.replaceAll("\r\n", "\n"), held?.description);
  text("location", wanted.location, held?.location);
  if (held?.transparency !== wanted.transparency) {
    vevent.removeAllProperties("x-microsoft-cdo-busystatus");
    vevent.updatePropertyWithValue("transp", wanted.transparency === "free" ? "TRANSPARENT" : "OPAQUE");
  }
  if (held ? held.visibility !== wanted.visibility : wanted.visibility === "private") {
    vevent.updatePropertyWithValue("class", wanted.visibility === "private" ? "PRIVATE" : "PUBLIC");
  }
  if (held?.status === "cancelled") vevent.updatePropertyWithValue("status", "CONFIRMED");
  if (wanted.marker !== null && held?.kept[MARKER] !== wanted.marker)
    vevent.updatePropertyWithValue(MARKER.toLowerCase(), wanted.marker);
  if (wanted.sequence > (held?.sequence ?? 0)) vevent.updatePropertyWithValue("sequence", wanted.sequence);
  setAttendees(vevent, wanted, ownAddress);
  if (!vevent.hasProperty("dtstamp")) vevent.addPropertyWithValue("dtstamp", instant(now));
}

/** Those wanted, each with what the server keeps beside; the organizer stays. */
function setAttendees(vevent: ICAL.Component, wanted: CalendarEvent, ownAddress: string | null): void {
  const organizer = addressOf(vevent.getFirstProperty("organizer")) ?? ownAddress;
  const guests = wanted.attendees.filter(({ email }) => email.toLowerCase() !== organizer);
  const held = new Map(
    vevent.getAllProperties("attendee").map((property) => [addressOf(property), property]),
  );
  const names = new Set(guests.map(({ email }) => email.toLowerCase()));
  for (const [address, property] of held) {
    const room = /^(room|resource)$/i.test(String(property.getFirstParameter("cutype") ?? ""));
    if (address !== organizer && !names.has(address ?? "") && !room) vevent.removeProperty(property);
  }
  for (const guest of guests) {
    const known = held.get(guest.email.toLowerCase());
    const property = known ?? vevent.addPropertyWithValue("attendee", `mailto:${guest.email}`);
    if (
      String(property.getFirstParameter("partstat") || "NEEDS-ACTION").toUpperCase() !==
      PARTSTAT[guest.response]
    ) {
      property.setParameter("partstat", PARTSTAT[guest.response]);
    }
    const role = String(property.getFirstParameter("role") ?? "").toUpperCase();
    if (guest.optional !== /^(OPT|NON)-PARTICIPANT$/.test(role)) {
      property.setParameter("role", guest.optional ? "OPT-PARTICIPANT" : "REQ-PARTICIPANT");
    }
    if (guest.name !== null && property.getFirstParameter("cn") !== guest.name) {
      property.setParameter("cn", guest.name.replaceAll(/[\r\n"^]/g, " "));
    }
    // We send invitations ourselves: a server that schedules (RFC 6638 §7.1) is not to send a second one.
    if (!known) property.setParameter("schedule-agent", "CLIENT");
  }
  if (guests.length > 0 && organizer && !vevent.hasProperty("organizer")) {
    vevent.addPropertyWithValue("organizer", `mailto:${organizer}`);
  }
}

function addressOf(property: ICAL.Property | null): string | null {
  const value = property?.getFirstValue();
  return typeof value === "string" ? value.replace(/^mailto:/i, "").toLowerCase() : null;
}

function setTime(vevent: ICAL.Component, time: EventTime): void {
  for (const name of ["dtstart", "dtend", "duration"]) vevent.removeAllProperties(name);
  addDate(vevent, "dtstart", time.start, time);
  if (time.end > time.start) addDate(vevent, "dtend", time.end, time);
  // DTEND must lie behind DTSTART, and iCloud takes no event without DTEND or DURATION.
  else vevent.addPropertyWithValue("duration", ICAL.Duration.fromSeconds(0));
}

function setRule(vevent: ICAL.Component, lines: readonly string[]): void {
  for (const name of ["rrule", "rdate"]) vevent.removeAllProperties(name);
  for (const line of lines) vevent.addProperty(ICAL.Property.fromString(line));
}

/** A VTIMEZONE for the zone of the event (RFC 5545 §3.2.19 wants one for each TZID). */
function addZone(calendar: ICAL.Component, time: EventTime): void {
  if (time.allDay || time.timeZone === "UTC") return;
  const known = calendar.getAllSubcomponents("vtimezone").map((zone) => zone.getFirstPropertyValue("tzid"));
  const block = known.includes(time.timeZone) ? null : zoneBlock(time.timeZone);
  if (!block) return;
  const zone = new ICAL.Component(
    ICAL.parse(block.join("\r\n")) as ConstructorParameters<typeof ICAL.Component>[0],
  );
  calendar.addSubcomponent(zone);
}

/** The VEVENT of an exception: the one at the same place among the exceptions, in the order of the file. */
function exceptionOf(
  events: readonly ICAL.Component[],
  held: ReadObject,
  originalStart: string,
): ICAL.Component {
  const named = events.filter((event) => event.hasProperty("recurrence-id") && !isCancelled(event));
  const index = held.exceptions.findIndex(({ recurrenceId }) => recurrenceId === originalStart);
  const found = named.length === held.exceptions.length ? named[index] : undefined;
  if (!found) throw unreadable();
  return found;
}

const isCancelled = (event: ICAL.Component): boolean =>
  String(event.getFirstPropertyValue("status") ?? "").toUpperCase() === "CANCELLED";

/** A new exception looks like its series, without what makes it one. */
function newException(
  calendar: ICAL.Component,
  master: ICAL.Component | null,
  held: ReadObject,
  originalStart: string,
): ICAL.Component {
  if (!master || !held.master) throw new CalendarError("EVENT_NOT_FOUND", "CalDAV: the series has gone");
  // What an occurrence takes out of the series is no exception any more.
  for (const other of calendar.getAllSubcomponents("vevent")) {
    if (other.hasProperty("recurrence-id") && isCancelled(other)) calendar.removeSubcomponent(other);
  }
  const json = JSON.parse(JSON.stringify(master.toJSON())) as ConstructorParameters<typeof ICAL.Component>[0];
  const vevent = new ICAL.Component(json);
  for (const name of ["rrule", "rdate", "exdate"]) vevent.removeAllProperties(name);
  const instance = asInstance(held.master, originalStart);
  if (instance) setTime(vevent, instance.time);
  addDate(vevent, "recurrence-id", originalStart, held.master.time);
  calendar.addSubcomponent(vevent);
  return vevent;
}

const asInstance = (master: IcsEvent | null, originalStart: string): IcsEvent | null =>
  master && { ...master, time: timeAt(master.time, originalStart) };

/** An occurrence that is written again is no hole any more. */
function dropExcluded(master: ICAL.Component, event: IcsEvent, originalStart: string): void {
  const holes = master.getAllProperties("exdate");
  if (holes.length === 0) return;
  const starts = excludedStarts(event).filter((start) => start !== originalStart);
  if (starts.length === excludedStarts(event).length) return;
  master.removeAllProperties("exdate");
  for (const start of starts) addDate(master, "exdate", start, event.time);
}

function touched(
  calendar: ICAL.Component,
  target: Target,
  before: readonly ICAL.Component[],
  { now }: WriteContext,
): string {
  const events = calendar.getAllSubcomponents("vevent");
  const changed =
    target.originalStart === null
      ? events.filter((event) => !event.hasProperty("recurrence-id"))
      : events.filter((event) => !before.includes(event) || event.hasProperty("recurrence-id"));
  for (const event of changed) {
    event.updatePropertyWithValue("dtstamp", instant(now));
    event.updatePropertyWithValue("last-modified", instant(now));
  }
  return textOf(calendar);
}

const instant = (date: Date) => ICAL.Time.fromDateTimeString(`${date.toISOString().slice(0, 19)}Z`);
const textOf = (calendar: ICAL.Component): string => `${foldLines(calendar.toString())}\r\n`;

const sameTime = (a: EventTime, b: EventTime): boolean =>
  a.start === b.start && a.end === b.end && (a.allDay ? b.allDay : !b.allDay && a.timeZone === b.timeZone);

function parse(text: string): ICAL.Component {
  try {
    return new ICAL.Component(ICAL.parse(text) as ConstructorParameters<typeof ICAL.Component>[0]);
  } catch (error) {
    throw unreadable(error);
  }
}

const unreadable = (cause?: unknown) =>
  new CalendarError("INVALID_ICS_FORMAT", "CalDAV: the event's text cannot be changed without loss", {
    cause,
  });
