import type { GoogleSandbox } from "@calsync/provider-sandbox";
import type { ContractSubject } from "@calsync/testing/contract";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { ServiceDependencies } from "@calsync/types";
import type { NotificationEndpoint } from "../../common/test/NotificationEndpoint.ts";
import { GoogleCalendarService } from "../lib/CalendarService.ts";
import { fromEventTime } from "../lib/event-time.ts";

/** An account in the sandbox with a service connected to it. */
export interface ConnectedAccount {
  email: string;
  credential: MemoryCredential;
  service: GoogleCalendarService;
  /** Another service of the same account and credential, as another process would have it. */
  anotherService(): GoogleCalendarService;
}

let accounts = 0;

/** Makes an account in the sandbox and connects it, with pauses that suit a test. */
export function connectAccount(
  google: GoogleSandbox,
  options: { scopes?: string[]; settings?: object; now?: () => Date; expiresAt?: string } = {},
): ConnectedAccount {
  const email = `host-${++accounts}@people.example`;
  google.createAccount({ email, timeZone: "Europe/Berlin" });
  const tokens = google.issueToken({ email, ...(options.scopes ? { scopes: options.scopes } : {}) });
  const credential = new MemoryCredential({
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: options.expiresAt ?? tokens.expiresAt,
    refreshToken: tokens.refreshToken,
    scope: tokens.scopes.join(" "),
    grantEndsAt: null,
  });
  const dependencies: ServiceDependencies = {
    credential,
    settings: {
      clientId: tokens.clientId,
      clientSecret: tokens.clientSecret,
      apiUrl: google.url,
      authUrl: `${google.url}/o/oauth2/v2/auth`,
      tokenUrl: `${google.url}/token`,
      revokeUrl: `${google.url}/revoke`,
      timeoutMs: 10_000,
      retryDelayMs: 5,
      ...options.settings,
    },
    now: options.now ?? (() => new Date()),
    log: { debug: () => undefined, warn: () => undefined },
  };
  const anotherService = () => new GoogleCalendarService(dependencies);
  return { email, credential, service: anotherService(), anotherService };
}

/** A fresh account of the sandbox as the contract suite wants it. */
export function contractSubject(google: GoogleSandbox, endpoint: NotificationEndpoint): ContractSubject {
  const { email, service } = connectAccount(google);
  const instanceId = (seriesId: string, originalStart: string) =>
    `${seriesId}_${originalStart.replaceAll(/[-:]|\.000/g, "")}`;
  const loseAnswerOf = (method: string) =>
    google.faults.add({ fault: "loseAnswer", account: email, method, times: 1 });
  return {
    service,
    calendarId: email,
    ownerEmail: email,
    person: {
      create: async ({ title, time, attendees, transparency, declinedByOwner, ...fields }) => {
        const organizer = declinedByOwner ? connectAccount(google).email : email;
        const guests = [
          ...(attendees ?? []).map((guest) => ({
            email: guest.email,
            ...(guest.response && guest.response !== "needs-action"
              ? { responseStatus: guest.response }
              : {}),
          })),
          ...(declinedByOwner ? [{ email }] : []),
        ];
        const created = google.putEvent(organizer, "primary", {
          ...fields,
          summary: title,
          ...fromEventTime(time),
          ...(guests.length > 0 ? { attendees: guests } : {}),
          ...(transparency === "free" ? { transparency: "transparent" } : {}),
        });
        const id = created.id ?? "";
        if (declinedByOwner) {
          google.patchEvent(email, "primary", id, { attendees: [{ email, responseStatus: "declined" }] });
        }
        return id;
      },
      move: async (eventId, time) => {
        google.patchEvent(email, "primary", eventId, fromEventTime(time));
      },
      rename: async (eventId, title) => {
        google.patchEvent(email, "primary", eventId, { summary: title });
      },
      delete: async (eventId) => google.deleteEvent(email, "primary", eventId),
      respond: async (eventId, guest, response) => {
        const { attendees = [] } = google.event(email, "primary", eventId);
        google.patchEvent(email, "primary", eventId, {
          attendees: attendees.map((attendee) =>
            attendee.email === guest ? { ...attendee, responseStatus: response } : attendee,
          ),
        });
      },
      moveInstance: async (seriesId, originalStart, time) => {
        google.patchEvent(email, "primary", instanceId(seriesId, originalStart), fromEventTime(time));
      },
      cancelInstance: async (seriesId, originalStart) => {
        google.deleteEvent(email, "primary", instanceId(seriesId, originalStart));
      },
      setForeign: async (eventId) => {
        google.patchEvent(email, "primary", eventId, {
          colorId: "7",
          reminders: { useDefault: false, overrides: [{ method: "popup", minutes: 25 }] },
          extendedProperties: { shared: { theirs: "kept" } },
        });
      },
      foreign: async (eventId) => {
        const { colorId, reminders, extendedProperties } = google.event(email, "primary", eventId);
        return { colorId, reminders, extendedProperties };
      },
      count: async () =>
        google.events(email).filter((event) => event.status !== "cancelled" && !event.recurringEventId)
          .length,
    },
    faults: {
      loseNextAnswer: () => {
        for (const method of ["insert", "update", "watch"]) loseAnswerOf(`calendar.events.${method}`);
      },
      breakDown: () => {
        const id = google.faults.add({ fault: "serverError", account: email });
        return () => void google.faults.remove(id);
      },
      expireCursors: () => google.expireSyncTokens(email),
    },
    receiver: {
      address: endpoint.address,
      received: () => endpoint.received,
      unwatchableCalendarId: google.createCalendar({ email, summary: "Holidays", holidays: true }),
    },
    close: async () => google.faults.clear(),
  };
}
