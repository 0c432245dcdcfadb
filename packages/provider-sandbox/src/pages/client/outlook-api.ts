import type { ApiAttendee, ApiEvent } from "../event-model.ts";
import { fromGraph, type GraphPageCalendar, type GraphPageEvent, toGraph } from "../outlook-model.ts";
import type { ApiCalendar, CalendarApi } from "./calendar-api.ts";
import { errorText, sandboxApi } from "./dom.ts";

interface Page<Item> {
  value: Item[];
  "@odata.nextLink"?: string;
}

const ROOT = "/sandbox/graph/v1.0";
const PREFER = 'outlook.timezone="UTC", outlook.body-content-type="text", IdType="ImmutableId"';
const ANSWERS: Record<string, string> = {
  accepted: "accept",
  declined: "decline",
  tentative: "tentativelyAccept",
};

/** Microsoft Graph as one account sees it. */
export class OutlookApi implements CalendarApi {
  readonly #email: string;
  #token: Promise<string> | undefined;
  #zone: Promise<string> | undefined;

  constructor(email: string) {
    this.#email = email;
  }

  async listCalendars(): Promise<ApiCalendar[]> {
    const [timeZone, calendars] = await Promise.all([
      this.#timeZone(),
      this.#listAll<GraphPageCalendar>("/me/calendars?$top=100"),
    ]);
    return calendars.map(({ id, name, canEdit, isDefaultCalendar }) => ({
      id: id ?? "",
      summary: name ?? "",
      timeZone,
      accessRole: canEdit ? "owner" : "reader",
      primary: isDefaultCalendar ?? false,
      backgroundColor: "#0f5a9c",
    }));
  }

  async listEvents(calendarId: string, timeMin: string, timeMax: string): Promise<ApiEvent[]> {
    const query = new URLSearchParams({ startDateTime: timeMin, endDateTime: timeMax, $top: "1000" });
    const path = `/me/calendars/${encodeURIComponent(calendarId)}/calendarView?${query}`;
    const events = await this.#listAll<GraphPageEvent>(path);
    const zone = await this.#timeZone();
    return events.map((event) => fromGraph(event, this.#email, zone));
  }

  async getEvent(_calendarId: string, eventId: string): Promise<ApiEvent> {
    return this.#shown(await this.#call<GraphPageEvent>("GET", eventPath(eventId)));
  }

  async insertEvent(calendarId: string, body: Record<string, unknown>): Promise<ApiEvent> {
    const path = `/me/calendars/${encodeURIComponent(calendarId)}/events`;
    return this.#shown(await this.#call<GraphPageEvent>("POST", path, toGraph(body, null)));
  }

  async patchEvent(calendarId: string, eventId: string, body: Record<string, unknown>): Promise<ApiEvent> {
    const before = await this.getEvent(calendarId, eventId);
    const attendees = body["attendees"] as ApiAttendee[] | undefined;
    const own = attendees?.find((guest) => guest.self);
    if (own) {
      const action = ANSWERS[own.responseStatus ?? ""];
      if (!action) throw new Error("Outlook takes yes, maybe or no as an answer.");
      await this.#call("POST", `${eventPath(eventId)}/${action}`, { sendResponse: true });
      return this.getEvent(calendarId, eventId);
    }
    const change = toGraph(body, before);
    return this.#shown(await this.#call<GraphPageEvent>("PATCH", eventPath(eventId), change));
  }

  deleteEvent(_calendarId: string, eventId: string): Promise<void> {
    return this.#call("DELETE", eventPath(eventId));
  }

  async #shown(event: GraphPageEvent): Promise<ApiEvent> {
    return fromGraph(event, this.#email, await this.#timeZone());
  }

  async #listAll<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    let next: string | undefined = path;
    while (next) {
      const page: Page<Item> = await this.#call("GET", next);
      items.push(...page.value);
      // The link names Graph's own address; the page has another way to it.
      next = page["@odata.nextLink"]?.replace(/^.*\/v1\.0/, "");
    }
    return items;
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const send = async () =>
      fetch(ROOT + path, {
        method,
        headers: {
          authorization: `Bearer ${await this.#accessToken()}`,
          prefer: PREFER,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    let response = await send();
    if (response.status === 401 || response.status === 403) {
      this.#token = undefined;
      response = await send();
    }
    const text = await response.text();
    if (!response.ok) throw new Error(errorText(text) ?? `Outlook answered ${response.status}.`);
    return (text ? JSON.parse(text) : undefined) as Answer;
  }

  #timeZone(): Promise<string> {
    this.#zone ??= sandboxApi<{ accounts: { email: string; timeZone: string }[] }>(
      "GET",
      "/sandbox/api/accounts?provider=graph",
    ).then(({ accounts }) => accounts.find(({ email }) => email === this.#email)?.timeZone ?? "UTC");
    return this.#zone;
  }

  #accessToken(): Promise<string> {
    this.#token ??= sandboxApi<{ access_token: string }>("POST", "/sandbox/api/session?provider=graph", {
      email: this.#email,
    }).then((session) => session.access_token);
    return this.#token;
  }
}

function eventPath(eventId: string): string {
  return `/me/events/${encodeURIComponent(eventId)}`;
}
