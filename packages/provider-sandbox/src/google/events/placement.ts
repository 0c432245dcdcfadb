import { eventInstant, inZone } from "../event-times.ts";
import type { Calendar } from "../GoogleStore.ts";
import type { GoogleEvent, StoredEvent } from "../types.ts";

/**
 * An event as another calendar keeps it: times printed with that calendar's offset, all-day events placed at its
 * midnights. Needed when a copy crosses calendars, and when a calendar's zone changes.
 */
export function placedIn<Event extends Pick<StoredEvent, "body" | "startMs" | "endMs" | "originalStartMs">>(
  calendar: Calendar,
  event: Event,
): Event {
  const { start, end, originalStartTime } = event.body;
  if (!start || !end) return event;
  const body: GoogleEvent = {
    ...event.body,
    start: inZone(start, calendar.timeZone),
    end: inZone(end, calendar.timeZone),
  };
  const placed: Event = {
    ...event,
    body,
    startMs: eventInstant(start, calendar.timeZone),
    endMs: eventInstant(end, calendar.timeZone),
  };
  if (originalStartTime) {
    body.originalStartTime = inZone(originalStartTime, calendar.timeZone);
    placed.originalStartMs = eventInstant(originalStartTime, calendar.timeZone);
  }
  return placed;
}
