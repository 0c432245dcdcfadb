import { busyTimes, mergeBusy } from "@calsync/icalendar";
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
  ExternalChange,
  ExternalEvent,
  IdempotencyKey,
  Interval,
  PullOptions,
  ServiceDependencies,
  WrittenEvent,
} from "@calsync/types";
import { metadata } from "../metadata.ts";
import { CalendarObjects } from "./CalendarObjects.ts";
import { DavCollection } from "./DavCollection.ts";
import { DavSession } from "./DavSession.ts";
import { listCalendars } from "./discovery.ts";
import { floatingZoneOf } from "./floating-zone.ts";
import { freeBusyReport } from "./free-busy-report.ts";
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

  /** As the server reckons it where it does so by the book, else from the events. */
  async getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]> {
    const busy: BusyInterval[] = [];
    for (const calendarId of new Set(calendarIds)) {
      const { url } = new DavCollection(this.#session, calendarId);
      const reckoned = await freeBusyReport(this.#session, url, range);
      if (reckoned) {
        busy.push(...mergeBusy(calendarId, reckoned, range));
        continue;
      }
      const changes: ExternalChange[] = [];
      for await (const page of pullChanges(this.#session, calendarId, null, { window: range })) {
        changes.push(...page.changes);
      }
      const hasDays = changes.some((change) => change.type === "upsert" && change.event.time.allDay);
      const zone = hasDays ? await floatingZoneOf(this.#session, url) : "UTC";
      busy.push(...busyTimes(calendarId, changes, range, zone));
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
