import type { GraphContext } from "../context.ts";
import { accessDenied, badRequest, itemNotFound } from "../errors.ts";
import type { GraphCalendar } from "../GraphStore.ts";
import { readItemId, readOccurrenceKey } from "../item-ids.ts";
import { type Occurrence, seriesOf } from "../recurrence.ts";
import type { GraphAccount, StoredEvent } from "../types.ts";

/** What an event's id names: a kept event, or an ordinary occurrence of a series. */
export interface FoundEvent {
  calendar: GraphCalendar;
  /** The single event, series or exception; of an ordinary occurrence its series. */
  event: StoredEvent;
  /** Set for an ordinary occurrence. */
  occurrence: Occurrence | null;
}

/** A calendar of a mailbox by id. @throws GraphApiError 404 */
export function getCalendar(context: GraphContext, account: GraphAccount, calendarId: string): GraphCalendar {
  const calendar = context.store.calendars.get(calendarId);
  if (!calendar || calendar.email !== account.email) throw itemNotFound();
  return calendar;
}

/** @throws GraphApiError 403 when the calendar can only be read */
export function assertWritable(calendar: GraphCalendar): void {
  if (!calendar.canEdit) throw accessDenied("The calendar can only be read.");
}

/**
 * An event of a mailbox by either kind of id.
 * @param calendarId only in this calendar
 * @throws GraphApiError 400 for a word that is no id, 404 when there is no such event
 */
export function getEvent(
  context: GraphContext,
  account: GraphAccount,
  eventId: string,
  calendarId: string | null,
): FoundEvent {
  const id = readItemId(eventId);
  if (!id) throw badRequest("ErrorInvalidIdMalformed", "Id is malformed.");
  if (id.mailboxKey !== account.key) throw itemNotFound();
  const calendars = context.store
    .calendarsOf(account.email)
    .filter((calendar) => calendarId === null || calendar.id === calendarId)
    // A default id names the folder too: it ends when the event moves to another one.
    .filter((calendar) => id.folder === null || calendar.folder === id.folder);
  for (const calendar of calendars) {
    const found = findInCalendar(calendar, id.itemKey);
    if (found) return found;
  }
  throw itemNotFound();
}

/** An event of a calendar by its key; null when there is none. */
function findInCalendar(calendar: GraphCalendar, key: string): FoundEvent | null {
  const event = calendar.events.live(key);
  if (event) return { calendar, event, occurrence: null };
  const parts = readOccurrenceKey(key);
  const master = parts ? calendar.events.live(parts.masterKey) : undefined;
  if (!parts || !master?.series || master.series.revision !== parts.revision) return null;
  if (master.series.cancelled.includes(parts.date)) return null;
  const occurrence = seriesOf(master).on(parts.date);
  return occurrence ? { calendar, event: master, occurrence } : null;
}

/** Occurrences of a series in a window, and its exceptions there, those that were deleted left out; both by time. */
export function instancesBetween(
  calendar: GraphCalendar,
  master: StoredEvent,
  fromMs: number,
  toMs: number,
): { occurrences: Occurrence[]; exceptions: StoredEvent[] } {
  const all = calendar.events.exceptionsOf(master.key);
  const excepted = new Set(all.map((exception) => exception.exception?.date));
  const cancelled = new Set(master.series?.cancelled);
  return {
    occurrences: seriesOf(master)
      .between(fromMs, toMs)
      .filter(({ date }) => !excepted.has(date) && !cancelled.has(date)),
    exceptions: all
      .filter(({ span }) => overlaps(span.startMs, span.endMs, fromMs, toMs))
      .sort((a, b) => a.span.startMs - b.span.startMs),
  };
}

/** True when an event lies in a window at least in part. */
export function overlaps(startMs: number, endMs: number, fromMs: number, toMs: number): boolean {
  return startMs < toMs && (endMs > fromMs || startMs >= fromMs);
}
