import type {
  BusyInterval,
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
  ServiceDependencies,
  WrittenEvent,
} from "@calsync/types";
import type { Calendar } from "@microsoft/microsoft-graph-types";
import { metadata } from "../metadata.ts";
import { readBusy } from "./free-busy.ts";
import { GraphEvents } from "./GraphEvents.ts";
import { GraphRequests } from "./GraphRequests.ts";
import { GraphSubscriptions } from "./GraphSubscriptions.ts";
import { pullChanges } from "./pull-changes.ts";
import { parseSettings } from "./settings.ts";

/** One connected Microsoft account, personal or of a tenant. */
export class Office365CalendarService implements CalendarService {
  readonly capabilities = metadata.capabilities;
  readonly #requests: GraphRequests;
  readonly #events: GraphEvents;
  readonly #subscriptions: GraphSubscriptions;

  /** @throws Error for unusable settings. */
  constructor(dependencies: ServiceDependencies) {
    this.#requests = new GraphRequests(dependencies, parseSettings(dependencies.settings));
    this.#events = new GraphEvents(this.#requests);
    this.#subscriptions = new GraphSubscriptions(this.#requests, dependencies.now);
  }

  async listCalendars(): Promise<ExternalCalendar[]> {
    const calendars: ExternalCalendar[] = [];
    let next: string | undefined;
    do {
      const call = { name: "list calendars", subject: "account", method: "GET" } as const;
      const page: { value?: Calendar[]; "@odata.nextLink"?: string } = await this.#requests.send(
        next
          ? { ...call, path: next }
          : {
              ...call,
              path: "/calendars",
              query: { $select: "id,name,canEdit,isDefaultCalendar,hexColor", $top: "100" },
            },
      );
      calendars.push(...(page.value ?? []).flatMap(toExternalCalendar));
      next = page["@odata.nextLink"];
      if (next && !this.#requests.isOwn(next)) break;
    } while (next);
    return calendars.sort((a, b) => Number(b.primary) - Number(a.primary));
  }

  getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]> {
    return readBusy(this.#requests, calendarIds, range);
  }

  createEvent(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    return this.#events.create(calendarId, event, key);
  }

  updateEvent(ref: EventRef, event: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    return this.#events.update(ref, event, ifVersion);
  }

  deleteEvent(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    return this.#events.delete(ref, ifVersion);
  }

  getEvent(ref: EventRef): Promise<ExternalEvent | null> {
    return this.#events.read(ref);
  }

  watchCalendar(calendarId: string, channel: ChannelRequest): Promise<Channel> {
    return this.#subscriptions.open(calendarId, channel);
  }

  renewChannel(channel: Channel, lifetimeMs: number | null): Promise<Channel | null> {
    return this.#subscriptions.renew(channel, lifetimeMs);
  }

  unwatchCalendar(channel: Channel): Promise<void> {
    return this.#subscriptions.close(channel);
  }

  onWatchedCalendarChange(
    calendarId: string,
    cursor: Cursor | null,
    options: PullOptions,
  ): AsyncIterable<ChangePage> {
    return pullChanges(this.#requests, calendarId, cursor, options);
  }
}

function toExternalCalendar(calendar: Calendar): ExternalCalendar[] {
  if (!calendar.id) return [];
  return [
    {
      id: calendar.id,
      name: calendar.name || "Calendar",
      primary: calendar.isDefaultCalendar ?? false,
      writable: calendar.canEdit ?? false,
      // A calendar has no zone of its own, only its mailbox has one, behind a permission that sync does not need.
      timeZone: null,
      color: /^#[0-9a-f]{6}$/i.test(calendar.hexColor ?? "") ? (calendar.hexColor ?? null) : null,
    },
  ];
}
