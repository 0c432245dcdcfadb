import { CalendarError } from "@calsync/lib";
import type {
  ChannelRequest,
  EventRef,
  ExternalCalendar,
  ExternalEvent,
  NotificationKind,
} from "@calsync/types";
import type { MemoryCalendarState } from "./calendar-state.ts";
import { MemoryFaults, type MemoryMethod } from "./faults.ts";
import { MemoryPerson } from "./MemoryPerson.ts";
import { expandStarts, instanceTime } from "./recurrence.ts";
import { alignedException, hasInstance } from "./series-edits.ts";
import { copyEvent, type StoredEvent } from "./stored-event.ts";

/** A notification as the server sends it out. */
export interface MemoryNotification {
  providerSubscriptionId: string;
  address: string;
  secret: string;
  kind: NotificationKind;
  calendarId: string;
}

/** What a server in memory lives by. */
export interface MemoryCalendarServerOptions {
  /** The server's clock; nothing else tells it the time. */
  now: () => Date;
  /** Told of every notification, in the very call that caused it. */
  onNotification?: (notification: MemoryNotification) => void;
}

interface MemoryChannel {
  request: ChannelRequest;
  calendarId: string;
  resourceId: string;
  expiresAt: Date;
}

const WEEK_MS = 7 * 86_400_000;

/**
 * The far side of MemoryCalendar: accounts, calendars, events, change logs and channels, all in memory and without
 * chance, so that a failing run can be repeated. Several MemoryCalendars, of one account or of many, may share it.
 */
export class MemoryCalendarServer {
  readonly now: () => Date;
  readonly faults = new MemoryFaults();
  /** Whether services that are made from now on can renew a channel where it stands. */
  renewable = false;
  /** Edits as somebody makes them out there, past the contract. */
  readonly person: MemoryPerson;
  readonly #calendars = new Map<string, MemoryCalendarState>();
  readonly #removed = new Map<string, MemoryCalendarState>();
  readonly #channels = new Map<string, MemoryChannel>();
  readonly #calls = new Map<MemoryMethod, number>();
  readonly #onNotification: ((notification: MemoryNotification) => void) | null;
  #nextId = 1;

  constructor(options: MemoryCalendarServerOptions) {
    this.now = options.now;
    this.#onNotification = options.onNotification ?? null;
    this.person = new MemoryPerson(this);
  }

  /** Adds a calendar to an account; the account's first one is its primary. Gives the calendar's id. */
  addCalendar(
    account: string,
    options: {
      id?: string;
      name?: string;
      timeZone?: string;
      writable?: boolean;
      watchable?: boolean;
    } = {},
  ): string {
    const primary = ![...this.#calendars.values()].some((calendar) => calendar.owner === account);
    const id = options.id ?? (primary ? account : `calendar-${this.#nextId++}`);
    if (this.#calendars.has(id)) throw new Error(`there is a calendar ${id} already`);
    this.#calendars.set(id, {
      info: {
        id,
        name: options.name ?? id,
        primary,
        writable: options.writable ?? true,
        timeZone: options.timeZone ?? "UTC",
        color: null,
      },
      owner: account,
      watchable: options.watchable ?? true,
      events: new Map(),
      log: [],
      exceptions: new Map(),
      seq: 0,
      created: 0,
      epoch: 1,
    });
    return id;
  }

  /** Takes a calendar away with all that is in it; its channels fall silent. Somebody may bring it back: `restoreCalendar`. */
  removeCalendar(calendarId: string): void {
    const calendar = this.#calendars.get(calendarId);
    if (calendar) this.#removed.set(calendarId, calendar);
    this.#calendars.delete(calendarId);
    for (const [id, channel] of this.#channels)
      if (channel.calendarId === calendarId) this.#channels.delete(id);
  }

  /** Brings a calendar back that was taken away, with all that was in it; its channels do not come with it. */
  restoreCalendar(calendarId: string): void {
    const calendar = this.#removed.get(calendarId);
    if (!calendar || this.#calendars.has(calendarId))
      throw new Error(`no calendar ${calendarId} was removed`);
    this.#calendars.set(calendarId, calendar);
    this.#removed.delete(calendarId);
  }

  /** From now on the calendar sends notifications to whoever asks for them. */
  makeWatchable(calendarId: string): void {
    this.calendar(calendarId).watchable = true;
  }

  /** The calendars of an account, its primary first. */
  calendarsOf(account: string): ExternalCalendar[] {
    return [...this.#calendars.values()]
      .filter((calendar) => calendar.owner === account)
      .map((calendar) => ({ ...calendar.info }));
  }

  /** A calendar as `account` sees it. @throws CalendarError CALENDAR_NOT_FOUND. */
  calendar(calendarId: string, account?: string): MemoryCalendarState {
    const calendar = this.#calendars.get(calendarId);
    if (!calendar || (account !== undefined && calendar.owner !== account)) {
      throw new CalendarError("CALENDAR_NOT_FOUND", "there is no such calendar in this account");
    }
    return calendar;
  }

  /** The truth: every event of a calendar that is not cancelled, in order of creation. */
  events(calendarId: string): ExternalEvent[] {
    return [...this.calendar(calendarId).events.values()]
      .filter((stored) => stored.event.status !== "cancelled")
      .map((stored) => copyEvent(stored.event));
  }

  /** One event, also when cancelled; null when it never was or is forgotten. */
  event(calendarId: string, eventId: string): ExternalEvent | null {
    const stored = this.calendar(calendarId).events.get(eventId);
    return stored ? copyEvent(stored.event) : null;
  }

  /**
   * What a reference names: a stored event, or an instance that so far exists only through its series' rule (it is
   * stored by the first write to it). An instance may be named by its own id, or by its series' id and original start.
   */
  locate(calendar: MemoryCalendarState, ref: EventRef): StoredEvent | null {
    const direct = calendar.events.get(ref.eventId);
    if (direct && !(ref.originalStart && ref.eventId === ref.seriesId)) return direct;
    const named = ref.originalStart && ref.seriesId ? `${ref.seriesId}_${ref.originalStart}` : ref.eventId;
    const split = named.lastIndexOf("_");
    const seriesId = named.slice(0, split);
    const originalStart = named.slice(split + 1);
    const exceptionId = calendar.exceptions.get(seriesId)?.get(originalStart);
    if (exceptionId) return calendar.events.get(exceptionId) ?? null;
    const series = calendar.events.get(seriesId);
    const gone = series?.event.status === "cancelled";
    if (!series?.event.recurrence || gone || Number.isNaN(Date.parse(originalStart))) return null;
    const at = Date.parse(originalStart);
    const starts = expandStarts(series.event.time, series.event.recurrence, at, at + 1);
    if (!starts.includes(originalStart)) return null;
    const event: ExternalEvent = {
      ...copyEvent(series.event),
      id: `${seriesId}_${originalStart}`,
      time: instanceTime(series.event.time, originalStart),
      recurrence: null,
      seriesId,
      originalStart,
    };
    return { event, foreign: series.foreign, seq: series.seq, ordinal: series.ordinal };
  }

  /** Stores a new state of an event, logs it and notifies. Gives what was stored. */
  store(
    calendar: MemoryCalendarState,
    event: ExternalEvent,
    foreign: Readonly<Record<string, string>>,
  ): StoredEvent {
    const before = calendar.events.get(event.id)?.event;
    const stored = this.#append(calendar, event, foreign);
    if (before?.recurrence && event.recurrence) this.#alignExceptions(calendar, before, stored.event);
    const { seriesId, originalStart, id, status } = stored.event;
    if (seriesId && originalStart) {
      const exceptions = calendar.exceptions.get(seriesId) ?? new Map<string, string>();
      calendar.exceptions.set(seriesId, exceptions.set(originalStart, id));
    }
    if (status === "cancelled" && !seriesId) this.#forgetExceptions(calendar, id);
    this.#notify(calendar.info.id, "change");
    return stored;
  }

  /** The server changes an event on its own account: nothing that we know of changes but the version. */
  touch(calendar: MemoryCalendarState, eventId: string): void {
    const stored = calendar.events.get(eventId);
    if (stored) this.#append(calendar, stored.event, stored.foreign);
  }

  /** Forgets a deleted event altogether: a direct read gives null from now on. */
  purge(calendarId: string, eventId: string): void {
    const calendar = this.calendar(calendarId);
    calendar.events.delete(eventId);
    for (const exceptions of calendar.exceptions.values()) {
      for (const [start, id] of exceptions) if (id === eventId) exceptions.delete(start);
    }
  }

  /** Refuses every cursor that was given out so far, of one calendar or of all. */
  expireCursors(calendarId?: string): void {
    for (const calendar of calendarId ? [this.calendar(calendarId)] : this.#calendars.values())
      calendar.epoch++;
  }

  /** An id that the server has never used. */
  nextEventId(): string {
    return `event-${this.#nextId++}`;
  }

  /** How often a method was called since the start or the last `resetCalls`; all methods together without one. */
  callCount(method?: MemoryMethod): number {
    if (method) return this.#calls.get(method) ?? 0;
    return [...this.#calls.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Sets all counts of calls back to zero. */
  resetCalls(): void {
    this.#calls.clear();
  }

  /** Counts a call. Used by MemoryCalendar. */
  countCall(method: MemoryMethod): void {
    this.#calls.set(method, (this.#calls.get(method) ?? 0) + 1);
  }

  /** Opens a channel, or replaces the one of the same id. A life of more than a week is cut to one. */
  openChannel(
    calendar: MemoryCalendarState,
    request: ChannelRequest,
  ): { resourceId: string; expiresAt: Date } {
    if (!calendar.watchable) {
      throw new CalendarError("WATCH_UNSUPPORTED", "this calendar does not send notifications; poll it");
    }
    const calendarId = calendar.info.id;
    const lifetimeMs = Math.min(request.lifetimeMs ?? WEEK_MS, WEEK_MS);
    const expiresAt = new Date(this.now().getTime() + lifetimeMs);
    const channel = { request, calendarId, resourceId: `resource-of-${calendarId}`, expiresAt };
    this.#channels.set(request.id, channel);
    this.#send(channel, "confirmation");
    return { resourceId: channel.resourceId, expiresAt };
  }

  /** Lets a channel live on. @returns its new end; null when there is no such channel (any more) */
  renewChannel(id: string, lifetimeMs: number | null): Date | null {
    const channel = this.#channels.get(id);
    if (!channel || channel.expiresAt <= this.now()) return null;
    channel.expiresAt = new Date(this.now().getTime() + Math.min(lifetimeMs ?? WEEK_MS, WEEK_MS));
    return channel.expiresAt;
  }

  /** The server says something of a channel's life. "removed" ends it. */
  tellLife(id: string, kind: "reauthorize" | "removed" | "missed"): void {
    const channel = this.#channels.get(id);
    if (!channel) throw new Error(`there is no channel ${id}`);
    if (kind === "removed") this.#channels.delete(id);
    this.#send(channel, kind);
  }

  /** Closes a channel; an unknown one is no matter. */
  closeChannel(id: string): void {
    this.#channels.delete(id);
  }

  /** The ids of the channels that would be notified now. */
  openChannels(calendarId: string): string[] {
    const now = this.now();
    return [...this.#channels.values()]
      .filter((channel) => channel.calendarId === calendarId && channel.expiresAt > now)
      .map((channel) => channel.request.id);
  }

  #append(
    calendar: MemoryCalendarState,
    event: ExternalEvent,
    foreign: Readonly<Record<string, string>>,
  ): StoredEvent {
    const seq = ++calendar.seq;
    const stored: StoredEvent = {
      event: { ...event, version: `v${seq}`, updatedAt: this.now().toISOString() },
      foreign,
      seq,
      ordinal: calendar.events.get(event.id)?.ordinal ?? ++calendar.created,
    };
    calendar.events.set(event.id, stored);
    calendar.log.push({ seq, eventId: event.id });
    return stored;
  }

  /**
   * An exception that lost its place is told of once more, as cancelled; its place is free again. When the rule gives the place
   * again, it is a new instance that stands there, and nothing is told of the old exception any more. An instance that
   * somebody deleted is another matter: it is the only record of the hole, and stays one as long as its series lives.
   */
  #alignExceptions(calendar: MemoryCalendarState, before: ExternalEvent, after: ExternalEvent): void {
    const known = new Set(calendar.exceptions.get(after.id)?.values());
    for (const [id, { event }] of calendar.events) {
      if (event.seriesId !== after.id || !event.originalStart || known.has(id)) continue;
      if (hasInstance(after, event.originalStart)) calendar.events.delete(id);
    }
    const exceptions = calendar.exceptions.get(after.id);
    for (const [start, id] of exceptions ?? []) {
      const stored = calendar.events.get(id);
      const next = stored && alignedException(stored.event, before, after);
      if (stored && next) this.#append(calendar, next, stored.foreign);
      if (stored?.event.status !== "cancelled" && !hasInstance(after, start)) exceptions?.delete(start);
    }
  }

  /**
   * A deleted series takes its exceptions with it; the log tells of the series alone, as Google's does. Holes stay known, should
   * the series come back.
   */
  #forgetExceptions(calendar: MemoryCalendarState, seriesId: string): void {
    const exceptions = calendar.exceptions.get(seriesId);
    for (const [start, id] of exceptions ?? []) {
      if (calendar.events.get(id)?.event.status === "cancelled") continue;
      calendar.events.delete(id);
      exceptions?.delete(start);
    }
  }

  #notify(calendarId: string, kind: NotificationKind): void {
    const now = this.now();
    for (const channel of this.#channels.values()) {
      if (channel.calendarId === calendarId && channel.expiresAt > now) this.#send(channel, kind);
    }
  }

  #send(channel: MemoryChannel, kind: NotificationKind): void {
    const { id, address, secret } = channel.request;
    const copies = this.faults.takeNotificationCopies();
    for (let i = 0; i < copies; i++) {
      this.#onNotification?.({
        providerSubscriptionId: id,
        address,
        secret,
        kind,
        calendarId: channel.calendarId,
      });
    }
  }
}
