import {
  excludedStarts,
  expand,
  type IcsEvent,
  RecurrenceError,
  readCalendar,
  timeAt,
} from "@calsync/icalendar";
import type { ExternalEvent } from "@calsync/types";
import { hasFloatingTimes } from "./floating-zone.ts";

/** The property in which our marker stands. */
export const MARKER = "X-CALSYNC-MARKER";

/** What is known of an object beside its text. */
export interface ObjectContext {
  calendarId: string;
  /** The object's name in its collection: the event's id. */
  name: string;
  etag: string | null;
  /** The account's own addresses, in lower case. */
  own: readonly string[];
}

/** A calendar object resource (RFC 4791 §4.1): a single event, or a series with its exceptions. */
export interface ReadObject {
  /** The single event, or the series itself; null when the object holds only exceptions. */
  master: IcsEvent | null;
  exceptions: IcsEvent[];
  /** Original starts of the occurrences that were taken out. */
  holes: string[];
}

/**
 * Reads an object's text. Null when nothing in it can be read as an event.
 * @param zone of times that name none; asked for only when there are some
 */
export async function readObject(text: string, zone: () => Promise<string>): Promise<ReadObject | null> {
  const floatingZone = hasFloatingTimes(text) ? await zone() : "UTC";
  const exceptions: IcsEvent[] = [];
  let master: IcsEvent | null = null;
  const source = [Buffer.from(text)];
  for await (const item of readCalendar(source, { floatingZone, keep: [MARKER] })) {
    if (item.type !== "event") continue;
    if (item.event.recurrenceId === null) master ??= item.event;
    else exceptions.push(item.event);
  }
  if (!master && exceptions.length === 0) return null;
  const cancelled = exceptions.filter(({ status }) => status === "cancelled").map(nameOfOccurrence);
  const holes = new Set([...(master ? excludedStarts(master) : []), ...cancelled]);
  return { master, exceptions: exceptions.filter(({ status }) => status !== "cancelled"), holes: [...holes] };
}

const nameOfOccurrence = (event: IcsEvent): string => event.recurrenceId ?? "";

/**
 * The occurrence of a series at an original start, as it is while no exception stands there. Null when the rule gives none at it,
 * or it was taken out.
 */
export function ordinaryOccurrence({ master, holes }: ReadObject, originalStart: string): IcsEvent | null {
  if (!master || holes.includes(originalStart)) return null;
  const at = Date.parse(originalStart);
  // A day more on both sides: an all-day occurrence begins when its day does, wherever that is.
  const window = { start: new Date(at - DAY_MS), end: new Date(at + DAY_MS) };
  try {
    const given = expand(master, { window, timeZone: "UTC" });
    if (!given.some((occurrence) => occurrence.originalStart === originalStart)) return null;
  } catch (error) {
    // A rule that cannot be followed gives nothing that could be named.
    if (error instanceof RecurrenceError) return null;
    throw error;
  }
  const time = timeAt(master.time, originalStart);
  return { ...master, time, recurrence: null, recurrenceId: originalStart };
}

const DAY_MS = 86_400_000;

/** An exception is named by its object and its original start. `#` stands in no encoded path. */
export const instanceId = (name: string, originalStart: string): string => `${name}#${originalStart}`;

/** An event of an object in our shape. */
export function toExternalEvent(event: IcsEvent, context: ObjectContext): ExternalEvent {
  const own = event.attendees.find(({ email }) => context.own.includes(email));
  const rule = event.recurrence?.filter((line) => !/^EXDATE/i.test(line)) ?? [];
  const organizer = event.organizer;
  return {
    id: event.recurrenceId === null ? context.name : instanceId(context.name, event.recurrenceId),
    calendarId: context.calendarId,
    iCalUid: event.uid,
    version: context.etag,
    sequence: event.sequence,
    status: event.status,
    title: event.title,
    description: event.description,
    location: event.location,
    time: event.time,
    attendees: event.attendees.filter(
      ({ email }) => email !== organizer?.email && !(context.own.includes(email) && organizer !== null),
    ),
    organizer: organizer ? { email: organizer.email, self: context.own.includes(organizer.email) } : null,
    selfResponse: own && organizer && !context.own.includes(organizer.email) ? own.response : null,
    transparency: event.transparency,
    visibility: event.visibility,
    // What is taken out of a series is told occurrence by occurrence, as everywhere.
    recurrence: rule.length > 0 ? rule : null,
    seriesId: event.recurrenceId === null ? null : context.name,
    originalStart: event.recurrenceId,
    marker: event.kept[MARKER] ?? null,
    updatedAt: event.lastModified ?? event.stampedAt,
    url: event.url,
  };
}
