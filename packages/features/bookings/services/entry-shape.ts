import type { MailKind } from "@calsync/notifications";
import type { Interval } from "@calsync/types";
import type { Entry, UpdateEntry } from "../entries-dto.ts";
import type { EntryChanges, EntryRow } from "../repositories/EntryRepository.ts";
import { toEventTime } from "./event-time.ts";

/** Names the state of an entry: changes with every change, whoever makes it. */
export function versionOf({ sequence, updatedAt }: EntryRow): string {
  return `${sequence}-${updatedAt.getTime()}`;
}

/** An entry as its host sees it. */
export function toEntry(row: EntryRow): Entry {
  return {
    uid: row.uid,
    version: versionOf(row),
    status: lower(row.status),
    title: row.title,
    description: row.description,
    location: row.location,
    time: { ...toEventTime(row), timeZone: row.timeZone },
    attendees: row.attendees.map(({ name, email, response }) => ({
      name,
      email,
      response: response === "NEEDS_ACTION" ? ("needs-action" as const) : lower(response),
    })),
    calendars: row.references.map(({ status, lastError, calendarSync }) => ({
      ...calendarSync,
      status: lower(status),
      lastError,
    })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** What a request changes about an entry. */
export interface EntryDifference {
  /** False when it asks for what is so already. */
  changed: boolean;
  values: EntryChanges;
  /** What people are told of it. */
  kind: MailKind;
  /** Addresses of those who take part from now on, and of those who do no more. */
  joined: string[];
  left: string[];
  /** The changed fields, for the record. */
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** Compares an entry with what is wanted of it. */
export function differenceOf(
  row: EntryRow,
  wanted: UpdateEntry,
  place: (Interval & { timeZone: string; allDay: boolean }) | null,
): EntryDifference {
  const values: EntryChanges = {};
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  const note = (field: string, was: unknown, is: unknown) => {
    before[field] = was;
    after[field] = is;
  };
  for (const field of ["title", "description", "location"] as const) {
    const value = wanted[field];
    if (value === undefined || value === row[field]) continue;
    values[field] = value;
    note(field, row[field], value);
  }
  if (place && !samePlace(row, place)) {
    values.time = place;
    note("time", toEventTime(row), toEventTime({ ...place, startTime: place.start, endTime: place.end }));
  }
  const known = row.attendees.map(({ email }) => email);
  const people = wanted.attendees?.map(({ email }) => email) ?? known;
  const joined = people.filter((email) => !known.includes(email));
  const left = known.filter((email) => !people.includes(email));
  if (joined.length + left.length > 0) {
    values.attendees = people.length;
    note("attendees", known, people);
  }
  const standsIn = row.references.map(({ calendarSync }) => calendarSync.id);
  const calendars = wanted.calendars ?? standsIn;
  const elsewhere = calendars.length !== standsIn.length || calendars.some((id) => !standsIn.includes(id));
  if (elsewhere) note("calendars", standsIn, calendars);
  return {
    changed: Object.keys(after).length > 0,
    values,
    kind: values.time ? "rescheduled" : "changed",
    joined,
    left,
    before,
    after,
  };
}

function samePlace(row: EntryRow, place: Interval & { timeZone: string; allDay: boolean }): boolean {
  return (
    row.startTime.getTime() === place.start.getTime() &&
    row.endTime.getTime() === place.end.getTime() &&
    row.timeZone === place.timeZone &&
    row.allDay === place.allDay
  );
}

function lower<T extends string>(text: T): Lowercase<T> {
  return text.toLowerCase() as Lowercase<T>;
}
