import { busyTimes } from "@calsync/icalendar";
import { CalendarError } from "@calsync/lib";
import type {
  BusyInterval,
  CalendarService,
  ChangePage,
  Channel,
  Cursor,
  EventRef,
  ExternalCalendar,
  ExternalEvent,
  Interval,
  PullOptions,
  ServiceDependencies,
  WrittenEvent,
} from "@calsync/types";
import { metadata } from "../metadata.ts";
import { type IcsFeedCredential, parseCredential } from "./credential-schema.ts";
import { fetchFeed } from "./fetch-feed.ts";
import { pullChanges } from "./pull-changes.ts";
import { FEED_CALENDAR_ID, type ReadFeed, readFeed } from "./read-feed.ts";
import { type IcsFeedSettings, parseSettings } from "./settings.ts";

/** One feed: an account with one calendar that can only be read. */
export class IcsFeedCalendarService implements CalendarService {
  readonly capabilities = metadata.capabilities;
  readonly #dependencies: ServiceDependencies;
  readonly #settings: IcsFeedSettings;

  /** @throws Error for unusable settings */
  constructor(dependencies: ServiceDependencies) {
    this.#dependencies = dependencies;
    this.#settings = parseSettings(dependencies.settings);
  }

  async listCalendars(): Promise<ExternalCalendar[]> {
    const credential = await this.#credential();
    const { calendar } = await this.#read();
    return [
      {
        id: FEED_CALENDAR_ID,
        name: calendar.name ?? new URL(credential.url.replace(/^webcals?:/i, "https:")).hostname,
        primary: true,
        writable: false,
        timeZone: calendar.timeZone,
        color: null,
      },
    ];
  }

  async getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]> {
    if (calendarIds.length === 0) return [];
    if (calendarIds.some((id) => id !== FEED_CALENDAR_ID)) throw notFound();
    const { timeZone } = await this.#credential();
    const { entries, calendar } = await this.#read();
    const changes = [...entries.values()].map(({ change }) => change);
    return busyTimes(FEED_CALENDAR_ID, changes, range, calendar.timeZone ?? timeZone);
  }

  async createEvent(): Promise<WrittenEvent> {
    throw readOnly();
  }

  async updateEvent(): Promise<WrittenEvent> {
    throw readOnly();
  }

  async deleteEvent(): Promise<void> {
    throw readOnly();
  }

  async getEvent({ calendarId, eventId }: EventRef): Promise<ExternalEvent | null> {
    if (calendarId !== FEED_CALENDAR_ID) throw notFound();
    const change = (await this.#read()).entries.get(eventId)?.change;
    return change?.type === "upsert" ? change.event : null;
  }

  async watchCalendar(): Promise<Channel> {
    throw new CalendarError("WATCH_UNSUPPORTED", "ICS feed: feeds send no notifications; the feed is polled");
  }

  async unwatchCalendar(): Promise<void> {}

  async *onWatchedCalendarChange(
    calendarId: string,
    cursor: Cursor | null,
    options: PullOptions,
  ): AsyncGenerator<ChangePage> {
    yield* pullChanges(await this.#credential(), this.#settings, calendarId, cursor, options);
  }

  async #credential(): Promise<IcsFeedCredential> {
    return parseCredential(await this.#dependencies.credential.read());
  }

  async #read(): Promise<ReadFeed> {
    const { url, timeZone } = await this.#credential();
    const fetched = await fetchFeed(url, { etag: null, lastModified: null }, this.#settings);
    const feed = fetched.unchanged ? null : await readFeed(fetched.bytes, timeZone);
    if (feed) return feed;
    throw new CalendarError(
      "INVALID_ICS_FORMAT",
      "ICS feed: what the address gives is cut off or no calendar",
    );
  }
}

const readOnly = () => new CalendarError("UNSUPPORTED_OPERATION", "ICS feed: a feed can only be read");
const notFound = () => new CalendarError("CALENDAR_NOT_FOUND", "ICS feed: there is no such calendar");
