import { type GraphEvent, type GraphSandbox, startSandbox, trustAuthority } from "@calsync/provider-sandbox";
import type { WriteMethod } from "@calsync/testing/model";
import { MICROSOFT_APP, microsoftEnvironment } from "../../support/api-environment.ts";
import type { RemoteCalendars, RemoteEdit, RemoteEvent, StartRemote } from "./RemoteCalendars.ts";
import { SANDBOX_FAULTS } from "./sandbox-faults.ts";

/** Where the adapter keeps what tells our events from others (README of office365calendar). */
export const MARKER = "String {5a1c6b52-7d0e-4c7b-9a39-0f6e3c2b8d41} Name calsync";

const METHODS: Record<WriteMethod, string> = {
  createEvent: "graph.events.create",
  updateEvent: "graph.events.update",
  deleteEvent: "graph.events.delete",
};

/** The simulated Outlook. Nobody is ever put on its events by us, so that it keeps no guests of bookings. */
export const office365Remote: StartRemote = startOutlook;

/** The same, with a hand on the sandbox itself. */
export async function startOutlook(
  clock: Parameters<StartRemote>[0],
): Promise<RemoteCalendars & { graph: GraphSandbox }> {
  let skewMs = 0;
  const sandbox = await startSandbox({
    clock: () => new Date(clock().getTime() + skewMs),
    allowHttpCallbacks: true,
    graphPort: 0,
    graphApps: [MICROSOFT_APP],
  });
  const { graph } = sandbox;
  trustAuthority(graph.ca);
  const quickNotifications = () => graph.faults.set({ notificationRetryBaseMs: 1 });
  quickNotifications();
  return {
    graph,
    provider: "office365calendar",
    can: { restore: false, guests: false, transfer: true },
    environment: microsoftEnvironment(graph),

    async openAccount(name, calendars) {
      const email = `${name}@contoso.test`;
      const { id, tenantId } = graph.createAccount({ email, timeZone: "UTC" });
      const tokens = graph.issueToken({ email, clientId: MICROSOFT_APP.clientId });
      for (let index = 1; index < calendars; index++) {
        graph.createCalendar({ email, name: `Calendar ${index + 1}` });
      }
      const accountId = `${tenantId}.${id}`;
      const secret = {
        accessToken: tokens.accessToken,
        accessTokenExpiresAt: tokens.expiresAt,
        refreshToken: tokens.refreshToken,
        scope: tokens.scopes.join(" "),
        account: accountId,
      };
      return { accountId, email, secret, calendarIds: graph.calendars(email).map((calendar) => calendar.id) };
    },
    events: async ({ account, calendarId }) => remoteEventsOf(graph, account.email, calendarId),

    async place({ account, calendarId }, { title, ...time }) {
      graph.putEvent(account.email, calendarId, { subject: title, ...graphTimes(time) });
    },
    async edit({ account }, eventId, change) {
      graph.patchEvent(account.email, eventId, toPatch(change));
    },
    async delete({ account }, eventId) {
      graph.deleteEvent(account.email, eventId);
    },
    async restore() {
      throw new Error("Graph brings no event back from the bin");
    },
    async transfer({ account }, eventId, toCalendarId) {
      graph.moveEvent(account.email, eventId, toCalendarId);
    },

    addFault({ fault, method, times, probability }) {
      graph.faults.add({
        fault: SANDBOX_FAULTS[fault],
        ...(method === undefined ? {} : { method: METHODS[method] }),
        ...(times === undefined ? {} : { times }),
        ...(probability === undefined ? {} : { probability }),
      });
    },
    clearFaults() {
      graph.faults.clear();
      quickNotifications();
    },
    loseCursors: ({ calendarId }) => graph.expireDeltaTokens(calendarId),
    expireTokens: ({ email }) => graph.expireAccessTokens(email),
    setSkew(ms) {
      skewMs = ms;
    },
    guestMails: () => graph.mail.map(({ to }) => to),
    notificationsIdle: () => graph.notificationsIdle(),
    close: () => sandbox.close(),
  };
}

/** What a simulated calendar of Outlook holds. Deleted events are in the bin of the mailbox, where nobody looks. */
function remoteEventsOf(graph: GraphSandbox, email: string, calendarId: string): RemoteEvent[] {
  return graph.events(email, calendarId, { immutableIds: true, textBodies: true }).map((event) => ({
    id: event.id ?? "",
    marker: graph.extendedProperty(email, event.id ?? "", MARKER),
    deleted: false,
    title: event.subject ?? "",
    description: (event.body?.content ?? "").replaceAll("\r\n", "\n").trim(),
    location: event.location?.displayName ?? "",
    start: instant(event.start),
    end: instant(event.end),
    guests: null,
  }));
}

function toPatch({ title, description, location, time }: RemoteEdit): GraphEvent {
  return {
    ...(title === undefined ? {} : { subject: title }),
    ...(description === undefined ? {} : { body: { contentType: "text", content: description } }),
    ...(location === undefined ? {} : { location: { displayName: location } }),
    ...(time === undefined ? {} : graphTimes(time)),
  };
}

function graphTimes({ start, end }: { start: Date; end: Date }): GraphEvent {
  const utc = (at: Date) => ({ dateTime: at.toISOString().slice(0, -1), timeZone: "UTC" });
  return { start: utc(start), end: utc(end) };
}

/** Times come in UTC, without saying so. */
function instant(time: GraphEvent["start"]): string {
  const date = new Date(`${time?.dateTime?.slice(0, 23) ?? ""}Z`);
  return Number.isNaN(date.getTime()) ? "unreadable" : date.toISOString();
}
