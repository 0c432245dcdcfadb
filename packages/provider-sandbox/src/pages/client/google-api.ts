import type { ApiEvent } from "../event-model.ts";
import type { ApiCalendar, CalendarApi } from "./calendar-api.ts";
import { errorText, sandboxApi } from "./dom.ts";

interface Page<Item> {
  items?: Item[];
  nextPageToken?: string;
}

type Query = Record<string, string | number | boolean>;

/** The Google Calendar API as one account sees it: an ordinary client with a bearer token. */
export class GoogleApi implements CalendarApi {
  readonly #email: string;
  #token: Promise<string> | undefined;

  constructor(email: string) {
    this.#email = email;
  }

  /** All calendars of the account's list. */
  listCalendars(): Promise<ApiCalendar[]> {
    return this.#listAll<ApiCalendar>("/users/me/calendarList", {});
  }

  /** The events and instances that overlap the range (RFC 3339), cancelled ones left out. */
  listEvents(calendarId: string, timeMin: string, timeMax: string): Promise<ApiEvent[]> {
    return this.#listAll<ApiEvent>(`/calendars/${encodeURIComponent(calendarId)}/events`, {
      singleEvents: true,
      orderBy: "startTime",
      maxResults: 2500,
      timeMin,
      timeMax,
    });
  }

  getEvent(calendarId: string, eventId: string): Promise<ApiEvent> {
    return this.#call("GET", eventPath(calendarId, eventId));
  }

  insertEvent(calendarId: string, body: unknown, sendUpdates: string): Promise<ApiEvent> {
    return this.#call("POST", `/calendars/${encodeURIComponent(calendarId)}/events`, { sendUpdates }, body);
  }

  patchEvent(calendarId: string, eventId: string, body: unknown, sendUpdates: string): Promise<ApiEvent> {
    return this.#call("PATCH", eventPath(calendarId, eventId), { sendUpdates }, body);
  }

  deleteEvent(calendarId: string, eventId: string, sendUpdates: string): Promise<void> {
    return this.#call("DELETE", eventPath(calendarId, eventId), { sendUpdates });
  }

  async #listAll<Item>(path: string, query: Query): Promise<Item[]> {
    const items: Item[] = [];
    let pageToken: string | undefined;
    do {
      const page: Page<Item> = await this.#call("GET", path, {
        ...query,
        ...(pageToken ? { pageToken } : {}),
      });
      items.push(...(page.items ?? []));
      pageToken = page.nextPageToken;
    } while (pageToken);
    return items;
  }

  async #call<Answer>(method: string, path: string, query: Query = {}, body?: unknown): Promise<Answer> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const send = async () =>
      fetch(`/calendar/v3${path}?${search}`, {
        method,
        headers: {
          authorization: `Bearer ${await this.#accessToken()}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    let response = await send();
    if (response.status === 401) {
      this.#token = undefined;
      response = await send();
    }
    const text = await response.text();
    if (!response.ok) throw new Error(errorText(text) ?? `The calendar answered ${response.status}.`);
    return (text ? JSON.parse(text) : undefined) as Answer;
  }

  #accessToken(): Promise<string> {
    this.#token ??= sandboxApi<{ access_token: string }>("POST", "/sandbox/api/session", {
      email: this.#email,
    }).then((session) => session.access_token);
    return this.#token;
  }
}

function eventPath(calendarId: string, eventId: string): string {
  return `/calendars/${encodeURIComponent(calendarId)}/events/${encodeURIComponent(eventId)}`;
}
