import { busyTimes } from "@calsync/icalendar";
import { CalendarError } from "@calsync/lib";
import type {
  BusyInterval,
  CalendarEvent,
  CalendarService,
  CalendarTables,
  ChangePage,
  Channel,
  ChannelRequest,
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
import { NotionCalendarTables } from "./CalendarTables.ts";
import { NotionPages } from "./NotionPages.ts";
import { NotionRequests } from "./NotionRequests.ts";
import { NotionTables } from "./NotionTable.ts";
import { glanceAt, pullChanges } from "./pull-changes.ts";
import { parseSettings } from "./settings.ts";

/** One installation in a Notion workspace. A calendar's id is that of a data source, an event's that of its page. */
export class NotionCalendarService implements CalendarService {
  readonly capabilities = metadata.capabilities;
  readonly tables: CalendarTables;
  readonly #requests: NotionRequests;
  readonly #tables: NotionTables;
  readonly #lists: NotionCalendarTables;
  readonly #pages: NotionPages;
  readonly #now: () => Date;
  readonly #announced: boolean;

  /** @throws Error for unusable settings */
  constructor(dependencies: ServiceDependencies) {
    const settings = parseSettings(dependencies.settings);
    this.#requests = new NotionRequests(dependencies, settings);
    this.#tables = new NotionTables(this.#requests, dependencies.mappings, dependencies.now);
    this.#lists = new NotionCalendarTables(this.#requests, this.#tables);
    this.tables = this.#lists;
    this.#pages = new NotionPages(this.#requests, this.#tables);
    this.#now = dependencies.now;
    this.#announced = dependencies.announced ?? false;
  }

  listCalendars(): Promise<ExternalCalendar[]> {
    return this.#lists.listCalendars();
  }

  /** From the rows themselves: Notion knows no free and busy. */
  async getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]> {
    const busy: BusyInterval[] = [];
    for (const calendarId of new Set(calendarIds)) {
      const { mapping } = await this.#tables.open(calendarId);
      const options = { window: range, now: this.#now() };
      const changes = await glanceAt(this.#requests, this.#tables, calendarId, options);
      busy.push(...busyTimes(calendarId, changes, range, mapping.timeZone));
    }
    return busy;
  }

  createEvent(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    return this.#pages.create(calendarId, event, key);
  }

  updateEvent(ref: EventRef, event: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    return this.#pages.update(ref, event, ifVersion);
  }

  deleteEvent(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    return this.#pages.delete(ref, ifVersion);
  }

  getEvent(ref: EventRef): Promise<ExternalEvent | null> {
    return this.#pages.read(ref);
  }

  /** Nothing is asked of Notion: the integration's webhook tells of every table that is shared with it. */
  async watchCalendar(calendarId: string, channel: ChannelRequest): Promise<Channel> {
    await this.#tables.schema(calendarId);
    const { kind } = await this.#requests.credential();
    if (!this.#announced || kind === "internal") {
      throw new CalendarError(
        "WATCH_UNSUPPORTED",
        kind === "internal"
          ? "Notion: our webhook does not hear of integrations of your own; the database is polled"
          : "Notion: no webhook is set up for the integration; the database is polled",
      );
    }
    return {
      providerSubscriptionId: channel.id,
      providerResourceId: calendarId,
      calendarId,
      expiresAt: null,
    };
  }

  async unwatchCalendar(): Promise<void> {}

  onWatchedCalendarChange(
    calendarId: string,
    cursor: Cursor | null,
    options: PullOptions,
  ): AsyncIterable<ChangePage> {
    return pullChanges(this.#requests, this.#tables, calendarId, cursor, { ...options, now: this.#now() });
  }
}
