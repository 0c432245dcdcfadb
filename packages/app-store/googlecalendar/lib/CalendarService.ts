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
import { calendar, type calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { metadata } from "../metadata.ts";
import { MAX_CALENDARS, mergeBusy, readFreeBusy, splitRange } from "./free-busy.ts";
import { GoogleChannels } from "./GoogleChannels.ts";
import { GoogleEvents } from "./GoogleEvents.ts";
import { GoogleRequests } from "./GoogleRequests.ts";
import { pullChanges } from "./pull-changes.ts";
import { parseSettings } from "./settings.ts";

/** Roles that may write. `writerWithoutPrivateAccess` may, but does not see the details of private events. */
const WRITER_ROLES: readonly string[] = ["owner", "writer", "writerWithoutPrivateAccess"];

/** One connected Google account. */
export class GoogleCalendarService implements CalendarService {
  readonly capabilities = metadata.capabilities;
  readonly #api: calendar_v3.Calendar;
  readonly #requests: GoogleRequests;
  readonly #events: GoogleEvents;
  readonly #channels: GoogleChannels;

  /** @throws Error for unusable settings. */
  constructor(dependencies: ServiceDependencies) {
    const settings = parseSettings(dependencies.settings);
    this.#api = calendar({ version: "v3", rootUrl: settings.apiUrl });
    this.#requests = new GoogleRequests(dependencies, settings);
    this.#events = new GoogleEvents(this.#api, this.#requests);
    this.#channels = new GoogleChannels(this.#api, this.#requests);
  }

  async listCalendars(): Promise<ExternalCalendar[]> {
    const calendars: ExternalCalendar[] = [];
    let pageToken: string | undefined;
    do {
      const params: calendar_v3.Params$Resource$Calendarlist$List = {
        // A calendar hidden in Google's own page can still be read, and must not seem to be gone.
        showHidden: true,
        maxResults: 250,
        ...(pageToken ? { pageToken } : {}),
      };
      const page = await this.#requests.send({
        name: "calendarList.list",
        subject: "account",
        send: (options) => this.#api.calendarList.list(params, options),
      });
      calendars.push(...(page.items ?? []).flatMap(toExternalCalendar));
      pageToken = page.nextPageToken ?? undefined;
    } while (pageToken);
    return calendars.sort((a, b) => Number(b.primary) - Number(a.primary));
  }

  async getFreeBusy(calendarIds: string[], range: Interval): Promise<BusyInterval[]> {
    const busy: BusyInterval[] = [];
    const asked = [...new Set(calendarIds)];
    for (const { start, end } of splitRange(range)) {
      for (let at = 0; at < asked.length; at += MAX_CALENDARS) {
        const chunk = asked.slice(at, at + MAX_CALENDARS);
        const requestBody: calendar_v3.Schema$FreeBusyRequest = {
          timeMin: start.toISOString(),
          timeMax: end.toISOString(),
          calendarExpansionMax: MAX_CALENDARS,
          items: chunk.map((id) => ({ id })),
        };
        const answer = await this.#requests.send({
          name: "freebusy.query",
          subject: "account",
          send: (options) => this.#api.freebusy.query({ requestBody }, options),
        });
        busy.push(...readFreeBusy(answer, chunk));
      }
    }
    return mergeBusy(busy, range);
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
    return this.#channels.open(calendarId, channel);
  }

  unwatchCalendar(channel: Channel): Promise<void> {
    return this.#channels.close(channel);
  }

  onWatchedCalendarChange(
    calendarId: string,
    cursor: Cursor | null,
    options: PullOptions,
  ): AsyncIterable<ChangePage> {
    return pullChanges(this.#api, this.#requests, calendarId, cursor, options);
  }
}

function toExternalCalendar(entry: calendar_v3.Schema$CalendarListEntry): ExternalCalendar[] {
  const role = entry.accessRole ?? "none";
  if (!entry.id || entry.deleted || role === "none") return [];
  return [
    {
      id: entry.id,
      name: entry.summaryOverride || entry.summary || entry.id,
      primary: entry.primary ?? false,
      writable: WRITER_ROLES.includes(role),
      timeZone: entry.timeZone ?? null,
      color: /^#[0-9a-f]{6}$/i.test(entry.backgroundColor ?? "") ? (entry.backgroundColor ?? null) : null,
    },
  ];
}
