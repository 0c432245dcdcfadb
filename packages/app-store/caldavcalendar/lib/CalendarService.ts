import { CalendarError } from "@calsync/lib";
import type {
  BusyInterval,
  CalendarEvent,
  CalendarService,
  ChangePage,
  Channel,
  Cursor,
  EventRef,
  EventVersion,
  ExternalCalendar,
  ExternalEvent,
  IdempotencyKey,
  Interval,
  PullOptions,
  ServiceDependencies,
  WrittenEvent,
} from "@calsync/types";
import { metadata } from "../metadata.ts";
import { CalendarObjects } from "./CalendarObjects.ts";
import { DavSession } from "./DavSession.ts";
import { listCalendars } from "./discovery.ts";
import { busyOf } from "./free-busy.ts";
import { pullChanges } from "./pull-changes.ts";
import { parseSettings } from "./settings.ts";

/** One connected CalDAV account. A calendar's id is its address, an event's the name of its object in there. */
export class CaldavCalendarService implements CalendarService {
  readonly capabilities = metadata.capabilities;
  readonly #session: DavSession;
  readonly #objects: CalendarObjects;

  /** @throws Error for unusable settings */
  constructor(dependencies: ServiceDependencies) {
    this.#session = new DavSession(dependencies, parseSettings(dependencies.settings));
    this.#objects = new CalendarObjects(this.#session, dependencies.now);
  }

  listCalendars(): Promise<ExternalCalendar[]> {
    return listCalendars(this.#session);
  }

  /**
   * From the events themselves: the report that servers have for it (RFC 4791 §7.10) answers without data on some and
   * misses later occurrences of a series on others, and a gap would look free.
   */
  async getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]> {
    const busy: BusyInterval[] = [];
    for (const calendarId of new Set(calendarIds)) {
      const events: ExternalEvent[] = [];
      const holes = new Set<string>();
      for await (const page of pullChanges(this.#session, calendarId, null, { window: range })) {
        for (const change of page.changes) {
          if (change.type === "upsert") events.push(change.event);
          else if (change.type === "delete") holes.add(change.eventId);
        }
      }
      busy.push(...busyOf(calendarId, [...events, ...holesAsEvents(events, holes)], range));
    }
    return busy;
  }

  createEvent(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    return this.#objects.create(calendarId, event, key);
  }

  updateEvent(ref: EventRef, event: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    return this.#objects.update(ref, event, ifVersion);
  }

  deleteEvent(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    return this.#objects.delete(ref, ifVersion);
  }

  getEvent(ref: EventRef): Promise<ExternalEvent | null> {
    return this.#objects.read(ref);
  }

  async watchCalendar(): Promise<Channel> {
    throw new CalendarError(
      "WATCH_UNSUPPORTED",
      "CalDAV: servers send no notifications; the calendar is polled",
    );
  }

  async unwatchCalendar(): Promise<void> {}

  onWatchedCalendarChange(
    calendarId: string,
    cursor: Cursor | null,
    options: PullOptions,
  ): AsyncIterable<ChangePage> {
    return pullChanges(this.#session, calendarId, cursor, options);
  }
}

/** Occurrences that were taken out, as cancelled events, so that their series leaves them out. */
function holesAsEvents(events: readonly ExternalEvent[], holes: ReadonlySet<string>): ExternalEvent[] {
  const series = new Map(events.map((event) => [event.id, event]));
  return [...holes].flatMap((id) => {
    const [seriesId = "", originalStart = null] = id.split("#");
    const event = series.get(seriesId);
    return event
      ? [{ ...event, id, seriesId, originalStart, recurrence: null, status: "cancelled" as const }]
      : [];
  });
}
