import { type GoogleEvent, type GoogleSandbox, startSandbox } from "@calsync/provider-sandbox";
import type { WriteMethod } from "@calsync/testing/model";
import { GOOGLE_CLIENT, googleEnvironment } from "../../support/api-environment.ts";
import type {
  RemoteCalendars,
  RemoteEdit,
  RemoteEvent,
  RemoteGuest,
  StartRemote,
} from "./RemoteCalendars.ts";
import { SANDBOX_FAULTS } from "./sandbox-faults.ts";

/** Where the adapter keeps what tells our events from others (README of googlecalendar). */
const MARKER = "calsync";

const METHODS: Record<WriteMethod, string[]> = {
  createEvent: ["calendar.events.insert"],
  updateEvent: ["calendar.events.patch", "calendar.events.update"],
  deleteEvent: ["calendar.events.delete"],
};
const RESPONSES: Record<RemoteGuest["response"], string> = {
  "needs-action": "needsAction",
  accepted: "accepted",
  declined: "declined",
  tentative: "tentative",
};

/** The simulated Google. */
export const googleRemote: StartRemote = startGoogle;

/** The same, with a hand on the sandbox itself. */
export async function startGoogle(
  clock: Parameters<StartRemote>[0],
): Promise<RemoteCalendars & { google: GoogleSandbox }> {
  let skewMs = 0;
  const sandbox = await startSandbox({
    clock: () => new Date(clock().getTime() + skewMs),
    allowHttpCallbacks: true,
    googleClients: [GOOGLE_CLIENT],
  });
  const { google } = sandbox;
  const quickNotifications = () => google.faults.set({ notificationRetryBaseMs: 1, notificationRetries: 1 });
  quickNotifications();
  return {
    google,
    provider: "googlecalendar",
    can: { restore: true, guests: true, transfer: true },
    environment: googleEnvironment(sandbox.url),

    async openAccount(name, calendars) {
      const email = `${name}@gmail.test`;
      google.createAccount({ email, timeZone: "UTC" });
      const tokens = google.issueToken({ email, clientId: GOOGLE_CLIENT.clientId });
      const more = Array.from({ length: calendars - 1 }, (_, index) =>
        google.createCalendar({ email, summary: `Calendar ${index + 2}` }),
      );
      const secret = {
        accessToken: tokens.accessToken,
        accessTokenExpiresAt: tokens.expiresAt,
        refreshToken: tokens.refreshToken,
        scope: tokens.scopes.join(" "),
        grantEndsAt: null,
      };
      return { accountId: email, email, secret, calendarIds: [email, ...more] };
    },
    events: async ({ account, calendarId }) => remoteEventsOf(google, account.email, calendarId),

    async place({ account, calendarId }, { title, ...time }) {
      google.putEvent(account.email, calendarId, { summary: title, ...googleTimes(time) });
    },
    async edit({ account, calendarId }, eventId, change) {
      google.patchEvent(account.email, calendarId, eventId, toPatch(change));
    },
    async delete({ account, calendarId }, eventId) {
      google.deleteEvent(account.email, calendarId, eventId);
    },
    async restore({ account, calendarId }, eventId) {
      google.patchEvent(account.email, calendarId, eventId, { status: "confirmed" });
    },
    async transfer({ account, calendarId }, eventId, toCalendarId) {
      google.moveEvent(account.email, calendarId, eventId, toCalendarId);
    },

    addFault({ fault, method, times, probability }) {
      const rule = {
        fault: SANDBOX_FAULTS[fault],
        ...(times === undefined ? {} : { times }),
        ...(probability === undefined ? {} : { probability }),
      };
      const methods = method === undefined ? [undefined] : METHODS[method];
      for (const name of methods) google.faults.add({ ...rule, ...(name ? { method: name } : {}) });
    },
    clearFaults() {
      google.faults.clear();
      quickNotifications();
    },
    loseCursors: ({ calendarId }) => google.expireSyncTokens(calendarId),
    expireTokens: ({ email }) => google.expireAccessTokens(email),
    setSkew(ms) {
      skewMs = ms;
    },
    guestMails: () => google.guestMail.map(({ to }) => to),
    notificationsIdle: () => google.notificationsIdle(),
    close: () => sandbox.close(),
  };
}

/** What a simulated Google calendar holds. */
export function remoteEventsOf(google: GoogleSandbox, email: string, calendarId: string): RemoteEvent[] {
  return google.events(email, calendarId).map((event) => ({
    id: String(event["id"]),
    marker: markerOf(event),
    deleted: event.status === "cancelled",
    title: String(event["summary"] ?? ""),
    description: String(event["description"] ?? ""),
    location: String(event["location"] ?? ""),
    start: instant(event["start"]),
    end: instant(event["end"]),
    guests: ((event["attendees"] ?? []) as { email: string; responseStatus?: string }[])
      .map(({ email: address, responseStatus }) => ({
        email: address.toLowerCase(),
        response: responseOf(responseStatus),
      }))
      .sort((a, b) => (a.email < b.email ? -1 : 1)),
  }));
}

function toPatch({ title, description, location, time, guests }: RemoteEdit): GoogleEvent {
  return {
    ...(title === undefined ? {} : { summary: title }),
    ...(description === undefined ? {} : { description }),
    ...(location === undefined ? {} : { location }),
    ...(time === undefined ? {} : googleTimes(time)),
    ...(guests === undefined
      ? {}
      : {
          attendees: guests.map(({ email, response }) => ({ email, responseStatus: RESPONSES[response] })),
        }),
  };
}

function googleTimes({ start, end }: { start: Date; end: Date }): GoogleEvent {
  return {
    start: { dateTime: start.toISOString(), timeZone: "UTC" },
    end: { dateTime: end.toISOString(), timeZone: "UTC" },
  };
}

function markerOf(event: GoogleEvent): string | null {
  const { private: own } = (event["extendedProperties"] ?? {}) as { private?: Record<string, string> };
  return own?.[MARKER] ?? null;
}

function instant(time: unknown): string {
  const date = new Date((time as { dateTime?: string } | undefined)?.dateTime ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? "unreadable" : date.toISOString();
}

function responseOf(status: string | undefined): RemoteGuest["response"] {
  const found = Object.entries(RESPONSES).find(([, name]) => name === status);
  return (found?.[0] ?? "needs-action") as RemoteGuest["response"];
}
