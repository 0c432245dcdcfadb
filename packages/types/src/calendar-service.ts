import type { CalendarTables } from "./calendar-mapping.ts";
import type { ChangePage, Cursor, PullOptions } from "./changes.ts";
import type { Channel, ChannelRequest } from "./channel.ts";
import type {
  CalendarEvent,
  EventRef,
  EventVersion,
  ExternalEvent,
  IdempotencyKey,
  WrittenEvent,
} from "./event.ts";
import type { ExternalCalendar } from "./external-calendar.ts";
import type { BusyInterval, Interval } from "./time.ts";

/** How a provider differs from others, as data. The engine asks these, never the provider's name. */
export interface CalendarCapabilities {
  /** How it tells of changes: per channel, per subscription, per integration, or not at all (then it is polled). */
  notifications: "channel" | "subscription" | "integration" | "none";
  /** How a cursor works: a token lists what changed since; a watermark is a time; a snapshot is diffed by us. */
  changes: "token" | "watermark" | "snapshot";
  write: boolean;
  freeBusy: boolean;
  recurrence: boolean;
  /**
   * Whether events carry attendees. `read`: those whom people have put on an event are read, but none is ever written, because the
   * provider would mail everybody who is: invitations are ours to send. Attendees whom a booking has lost are taken off all the same.
   */
  attendees: boolean | "read";
  /** Whether a write can be made conditional on a version. */
  preconditions: boolean;
  clientChosenIds: boolean;
  /** Longest life of a subscription in milliseconds; null when there is none or no limit. */
  maxSubscriptionMs: number | null;
  /** Shortest pause between two polls of one calendar, in milliseconds. */
  minPollMs: number;
  /**
   * Longest pause between two polls of a calendar whose changes nobody announces, in milliseconds, however quiet it is; the engine's
   * own when left out. For providers whose polls are cheap beside what they allow.
   */
  maxPollMs?: number;
  /**
   * Whether a listing may keep silent about an event that was made and deleted since its cursor. Then a pull is told what was written
   * meanwhile (`PullOptions.written`), and an event of ours that a person has deleted at once is missed all the same.
   */
  silentAboutShortLived?: boolean;
  /**
   * How many events of one calendar may be written at once; one when left out. Writes of one event, or of one series, are never side by
   * side. Only for providers that take it: most count what one account does at once, or lock the calendar for each write anyway.
   */
  writesAtOnce?: number;
  /** Whether a date that was deleted from a series never comes back as one of its dates, whatever is written. */
  deletedDatesStay?: boolean;
  /** Whether calendars are tables whose columns a person assigns to the fields of events. */
  tables?: boolean;
  /** The unit that an event's `updatedAt` is rounded down to, in milliseconds; a second when left out. */
  clockGranularityMs?: number;
}

/**
 * One connected account at one provider. Every method may throw `CalendarError` (package lib) and nothing else; which
 * codes are special to a method is said there. Methods may be called again after any failure.
 */
export interface CalendarService {
  readonly capabilities: CalendarCapabilities;
  /** Present where calendars are tables whose columns a person assigns to the fields of events. */
  readonly tables?: CalendarTables;

  /** All calendars that the account can read, the primary first. */
  listCalendars(): Promise<ExternalCalendar[]>;

  /**
   * When the given calendars are busy. Transparent and declined events do not count. Merged, sorted, cut to the range.
   * @throws CalendarError CALENDAR_NOT_FOUND when one cannot be read: a gap would look free.
   */
  getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]>;

  /**
   * Creates the event. When an earlier call with the same key has made it already (lost answer, crash), nothing is written:
   * gives that event as it is now, also when it has been deleted since, with `existed: true`.
   */
  createEvent(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent>;

  /**
   * Makes the event equal to `event`. What the provider keeps beside our fields (reminders, colour, conference link)
   * stays. A cancelled event is brought back where the provider can. An event that is equal already is success and is not
   * written again, whatever its version: so an update whose answer was lost may be repeated.
   * @throws CalendarError VERSION_CONFLICT when it changed since `ifVersion`; EVENT_NOT_FOUND when it is gone for good.
   */
  updateEvent(ref: EventRef, event: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent>;

  /** Deletes the event; already gone is success. @throws CalendarError VERSION_CONFLICT as `updateEvent`. */
  deleteEvent(ref: EventRef, ifVersion: EventVersion | null): Promise<void>;

  /**
   * Reads one event now. Gives null when it does not exist, and an event with status `cancelled` when it is deleted but remembered.
   * @throws CalendarError EVENT_UNREADABLE when the provider does not tell one that is gone from one that is hidden from the account
   */
  getEvent(ref: EventRef): Promise<ExternalEvent | null>;

  /** @throws CalendarError WATCH_UNSUPPORTED when this calendar (or provider) cannot be watched. */
  watchCalendar(calendarId: string, channel: ChannelRequest): Promise<Channel>;

  /**
   * Lets a channel live on where it stands, under the same id and secret; also the answer to a provider that wants it authorized
   * again. Left out where a channel's life cannot be changed: then it is replaced before it ends.
   * @param lifetimeMs wanted life from now on; the provider may shorten it
   * @returns null when the provider does not know the channel any more
   */
  renewChannel?(channel: Channel, lifetimeMs: number | null): Promise<Channel | null>;

  /** Stops a channel; one that is unknown or over is success. */
  unwatchCalendar(channel: Channel): Promise<void>;

  /**
   * The calendar says that something changed, or a poll is due: yields the normalised changes since `cursor`, page by
   * page, each with the cursor to go on from. Without a cursor it lists everything that touches the window.
   * @throws CalendarError CURSOR_EXPIRED when the cursor is refused: call again without one. CALENDAR_NOT_FOUND.
   */
  onWatchedCalendarChange(
    calendarId: string,
    cursor: Cursor | null,
    options: PullOptions,
  ): AsyncIterable<ChangePage>;
}
