import { CalendarError } from "@calsync/lib";
import type {
  BusyInterval,
  CalendarCapabilities,
  CalendarEvent,
  CalendarService,
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
  WrittenEvent,
} from "@calsync/types";
import { busyIntervals } from "./busy.ts";
import type { MemoryCalendarState } from "./calendar-state.ts";
import type { MemoryFault, MemoryMethod } from "./faults.ts";
import { readPage } from "./listing.ts";
import type { MemoryCalendarServer } from "./MemoryCalendarServer.ts";
import { copyEvent, invited, isEqualTo, type StoredEvent } from "./stored-event.ts";

/** What a MemoryCalendar can do: everything. */
export const MEMORY_CAPABILITIES: CalendarCapabilities = {
  notifications: "channel",
  changes: "token",
  write: true,
  freeBusy: true,
  recurrence: true,
  attendees: true,
  preconditions: true,
  clientChosenIds: true,
  maxSubscriptionMs: 7 * 86_400_000,
  minPollMs: 1_000,
};

/**
 * A calendar service in memory: one account of a MemoryCalendarServer, behind the same contract as every provider. It
 * passes the contract suite and so can stand in for any of them in tests that run thousands of times.
 */
export class MemoryCalendar implements CalendarService {
  readonly capabilities = MEMORY_CAPABILITIES;
  readonly #server: MemoryCalendarServer;
  readonly #account: string;
  readonly renewChannel?: (channel: Channel, lifetimeMs: number | null) => Promise<Channel | null>;

  constructor(server: MemoryCalendarServer, account: string) {
    this.#server = server;
    this.#account = account;
    if (server.renewable) this.renewChannel = (...input) => this.#renewChannel(...input);
  }

  listCalendars(): Promise<ExternalCalendar[]> {
    return this.#call("listCalendars", null, () => this.#server.calendarsOf(this.#account));
  }

  getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]> {
    return this.#call("getFreeBusy", calendarIds[0] ?? null, () =>
      calendarIds
        .flatMap((id) => busyIntervals(this.#calendar(id), range))
        .sort((a, b) => a.start.getTime() - b.start.getTime()),
    );
  }

  createEvent(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    return this.#call("createEvent", calendarId, () => {
      const calendar = this.#calendar(calendarId);
      const id = `key-${key}`;
      const made = calendar.events.get(id);
      return made ? { ...written(made), existed: true } : this.#write(calendar, null, event, id);
    });
  }

  updateEvent(ref: EventRef, event: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    return this.#call("updateEvent", ref.calendarId, () => {
      const calendar = this.#calendar(ref.calendarId);
      const stored = this.#server.locate(calendar, ref);
      if (!stored) throw new CalendarError("EVENT_NOT_FOUND", "there is no such event");
      if (!isEqualTo(stored.event, event)) requireVersion(stored, ifVersion);
      return this.#write(calendar, stored, event, stored.event.id);
    });
  }

  deleteEvent(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    return this.#call("deleteEvent", ref.calendarId, () => {
      const calendar = this.#calendar(ref.calendarId);
      const stored = this.#server.locate(calendar, ref);
      if (!stored || stored.event.status === "cancelled") return;
      requireVersion(stored, ifVersion);
      this.#server.store(calendar, { ...stored.event, status: "cancelled" }, stored.foreign);
    });
  }

  getEvent(ref: EventRef): Promise<ExternalEvent | null> {
    return this.#call("getEvent", ref.calendarId, () => {
      const stored = this.#server.locate(this.#calendar(ref.calendarId), ref);
      return stored ? copyEvent(stored.event) : null;
    });
  }

  watchCalendar(calendarId: string, channel: ChannelRequest): Promise<Channel> {
    return this.#call("watchCalendar", calendarId, () => {
      const { resourceId, expiresAt } = this.#server.openChannel(this.#calendar(calendarId), channel);
      return {
        providerSubscriptionId: channel.id,
        providerResourceId: resourceId,
        calendarId,
        expiresAt,
      };
    });
  }

  #renewChannel(channel: Channel, lifetimeMs: number | null): Promise<Channel | null> {
    return this.#call("renewChannel", channel.calendarId, () => {
      const expiresAt = this.#server.renewChannel(channel.providerSubscriptionId, lifetimeMs);
      return expiresAt && { ...channel, expiresAt };
    });
  }

  unwatchCalendar(channel: Channel): Promise<void> {
    return this.#call("unwatchCalendar", channel.calendarId, () =>
      this.#server.closeChannel(channel.providerSubscriptionId),
    );
  }

  async *onWatchedCalendarChange(
    calendarId: string,
    cursor: Cursor | null,
    options: PullOptions,
  ): AsyncIterable<ChangePage> {
    let at = cursor;
    for (;;) {
      if (options.signal?.aborted) throw new CalendarError("NETWORK_ERROR", "the pull was given up");
      const from = at;
      const page = await this.#call("onWatchedCalendarChange", calendarId, () =>
        readPage(this.#calendar(calendarId), from, options),
      );
      yield page.full && this.#server.faults.takeOmission() ? withoutFirstOwn(page) : page;
      if (page.complete) return;
      at = page.cursor;
    }
  }

  #calendar(calendarId: string): MemoryCalendarState {
    return this.#server.calendar(calendarId, this.#account);
  }

  /** Counts the call, lets planned faults strike, and runs it in one go: nothing comes between its check and its effect. */
  async #call<T>(method: MemoryMethod, calendarId: string | null, run: () => T): Promise<T> {
    const { faults } = this.#server;
    this.#server.countCall(method);
    if (faults.hook) await faults.hook({ method, calendarId, phase: "request" });
    const fault = faults.take(method);
    if (fault && fault.kind !== "lost-answer") throw toError(fault);
    const answer = run();
    if (fault) throw toError(fault);
    if (faults.hook) await faults.hook({ method, calendarId, phase: "answer" });
    return answer;
  }

  #write(
    calendar: MemoryCalendarState,
    current: StoredEvent | null,
    wanted: CalendarEvent,
    id: string,
  ): WrittenEvent {
    checkTime(wanted);
    if (!calendar.info.writable) throw new CalendarError("PERMISSION_DENIED", "this calendar is read-only");
    if (current && isEqualTo(current.event, wanted)) return written(current);
    const stored = this.#server.store(
      calendar,
      toExternal(calendar, current?.event ?? null, wanted, id),
      current?.foreign ?? {},
    );
    if (this.#server.faults.touchAfterWrite) this.#server.touch(calendar, id);
    return written(stored);
  }
}

/** The page without its first event that carries a marker. */
function withoutFirstOwn(page: ChangePage): ChangePage {
  const own = page.changes.find((change) => change.type === "upsert" && change.event.marker !== null);
  return { ...page, changes: page.changes.filter((change) => change !== own) };
}

function toExternal(
  calendar: MemoryCalendarState,
  current: ExternalEvent | null,
  wanted: CalendarEvent,
  id: string,
): ExternalEvent {
  const organizer = current?.organizer ?? { email: calendar.owner, self: true };
  return {
    id,
    calendarId: calendar.info.id,
    iCalUid: current?.iCalUid ?? wanted.iCalUid,
    version: null,
    sequence: Math.max(current?.sequence ?? 0, wanted.sequence),
    status: current?.status === "tentative" ? "tentative" : "confirmed",
    title: wanted.title,
    description: wanted.description,
    location: wanted.location,
    time: { ...wanted.time },
    attendees: invited(wanted.attendees, organizer.email),
    organizer,
    selfResponse: current?.selfResponse ?? null,
    transparency: wanted.transparency,
    visibility: wanted.visibility,
    recurrence: wanted.recurrence ? [...wanted.recurrence] : null,
    seriesId: current?.seriesId ?? null,
    originalStart: current?.originalStart ?? null,
    marker: wanted.marker ?? current?.marker ?? null,
    updatedAt: null,
    url: current?.url ?? null,
  };
}

function written(stored: StoredEvent): WrittenEvent {
  const event = copyEvent(stored.event);
  return {
    existed: false,
    eventId: event.id,
    version: event.version,
    iCalUid: event.iCalUid,
    sequence: event.sequence,
    event,
  };
}

function requireVersion(stored: StoredEvent, ifVersion: EventVersion | null): void {
  if (ifVersion !== null && stored.event.version !== ifVersion) {
    throw new CalendarError("VERSION_CONFLICT", "the event has changed since the given version", {
      status: 412,
    });
  }
}

function checkTime({ time }: CalendarEvent): void {
  const start = Date.parse(time.start);
  const end = Date.parse(time.end);
  if (!(time.allDay ? end > start : end >= start)) {
    throw new CalendarError("INVALID_REQUEST", "the event's end is not after its start");
  }
}

function toError(fault: MemoryFault): CalendarError {
  switch (fault.kind) {
    case "server-error":
      return new CalendarError("CALENDAR_API_ERROR", "the calendar failed", { status: 503 });
    case "rate-limit":
      return new CalendarError("RATE_LIMIT_EXCEEDED", "too many calls", {
        status: 429,
        advice: { retry: "later", afterMs: fault.retryAfterMs },
      });
    case "network":
      return new CalendarError("NETWORK_ERROR", "the calendar cannot be reached");
    case "lost-answer":
      return new CalendarError("NETWORK_ERROR", "the answer was lost");
    case "error":
      return new CalendarError(fault.code, "planned by the test");
  }
}
