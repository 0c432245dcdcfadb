import type { GoogleContext } from "../context.ts";
import type { Calendar } from "../GoogleStore.ts";
import { MAX_OCCURRENCES } from "../series.ts";
import type { GoogleEvent, StoredEvent } from "../types.ts";
import { isPurged } from "./lookup.ts";
import { instanceOf } from "./view.ts";

/** Which events a list names. */
export interface ListFilter {
  singleEvents: boolean;
  /** Deleted events too: `showDeleted`, `updatedMin`, or a sync token. */
  withDeleted: boolean;
  /** Exclusive lower bound on the end. */
  timeMinMs: number | null;
  /** Exclusive upper bound on the start. */
  timeMaxMs: number | null;
  updatedMinMs: number | null;
  eventTypes: ReadonlySet<string>;
  iCalUid: string | null;
  /** Free text, lower case. */
  text: string | null;
  /** Pairs that must all match. */
  privateProperties: readonly [string, string][];
  sharedProperties: readonly [string, string][];
}

/**
 * What a list shows of one kept event: itself, the instances it stands for, or nothing.
 * Deletions are shown per the `status` rules of the reference: cancelled instances of a live series always without
 * `singleEvents`, everything else only with {@link ListFilter.withDeleted}.
 */
export function listed(
  context: GoogleContext,
  calendar: Calendar,
  event: StoredEvent,
  filter: ListFilter,
): StoredEvent[] {
  if (event.goneWithSeries || isPurged(context, event) || !matchesContent(event, filter)) return [];
  if (event.body.recurrence && filter.singleEvents) return instances(context, calendar, event, filter);
  if (event.body.recurrence) return seriesItself(context, calendar, event, filter) ? [event] : [];
  if (event.body.status === "cancelled") {
    const hole = event.body.recurringEventId !== undefined && !event.stub;
    if (!filter.withDeleted && !(hole && !filter.singleEvents && seriesLives(calendar, event))) return [];
    // A stub has lost its times: nothing could tell that it lies outside a window.
    if (event.stub) return [event];
  }
  return overlaps(event, filter) ? [event] : [];
}

function seriesLives(calendar: Calendar, exception: StoredEvent): boolean {
  return calendar.events.get(exception.body.recurringEventId as string)?.body.status !== "cancelled";
}

function seriesItself(
  context: GoogleContext,
  calendar: Calendar,
  event: StoredEvent,
  filter: ListFilter,
): boolean {
  if (event.body.status === "cancelled" && !filter.withDeleted) return false;
  if (filter.timeMinMs === null && filter.timeMaxMs === null) return true;
  return context.store.seriesOf(calendar, event).between(filter.timeMinMs, filter.timeMaxMs, 1).length > 0;
}

/** The instances of a series that have no exception; exceptions are kept events and list themselves. */
function instances(
  context: GoogleContext,
  calendar: Calendar,
  event: StoredEvent,
  filter: ListFilter,
): StoredEvent[] {
  const cancelled = event.body.status === "cancelled";
  if (cancelled && (!filter.withDeleted || event.stub)) return [];
  let { timeMinMs, timeMaxMs } = filter;
  if (cancelled) {
    // A deleted series reports its instances for a limited time ahead only.
    const now = context.store.clock.nowMs();
    timeMinMs = Math.max(timeMinMs ?? now, now);
    timeMaxMs = Math.min(
      timeMaxMs ?? Number.POSITIVE_INFINITY,
      now + context.faults.behaviours.cancelledHorizonMs,
    );
    if (timeMaxMs <= timeMinMs) return [];
  }
  const excepted = new Set(
    calendar.events
      .exceptionsOf(event.id)
      .filter((exception) => !exception.goneWithSeries)
      .map((exception) => exception.id),
  );
  return context.store
    .seriesOf(calendar, event)
    .between(timeMinMs, timeMaxMs, MAX_OCCURRENCES)
    .filter((occurrence) => !excepted.has(occurrence.instanceId))
    .map((occurrence) => instanceOf(event, occurrence));
}

function overlaps(event: StoredEvent, filter: ListFilter): boolean {
  if (filter.timeMaxMs !== null && event.startMs >= filter.timeMaxMs) return false;
  return filter.timeMinMs === null || event.endMs > filter.timeMinMs;
}

function matchesContent(event: StoredEvent, filter: ListFilter): boolean {
  const { body } = event;
  if (filter.eventTypes.size > 0 && !filter.eventTypes.has(body.eventType ?? "default")) return false;
  if (filter.iCalUid !== null && body.iCalUID !== filter.iCalUid) return false;
  if (filter.updatedMinMs !== null && Date.parse(body.updated ?? "") < filter.updatedMinMs) return false;
  const properties = body.extendedProperties;
  if (!hasAll(properties?.private, filter.privateProperties)) return false;
  if (!hasAll(properties?.shared, filter.sharedProperties)) return false;
  return filter.text === null || searchText(body).includes(filter.text);
}

function hasAll(kept: Record<string, string> | undefined, wanted: readonly [string, string][]): boolean {
  return wanted.every(([key, value]) => kept?.[key] === value);
}

function searchText(body: GoogleEvent): string {
  const guests = (body.attendees ?? []).flatMap((attendee) => [attendee.displayName, attendee.email]);
  return [
    body.summary,
    body.description,
    body.location,
    body.organizer?.email,
    body.organizer?.displayName,
    ...guests,
  ]
    .join("\n")
    .toLowerCase();
}
