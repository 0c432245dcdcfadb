import {
  type GraphEvent,
  type GraphSandbox,
  type Sandbox,
  startSandbox,
  trustAuthority,
} from "@calsync/provider-sandbox";
import type { ContractPersonEvent, ContractSubject } from "@calsync/testing/contract";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { AttendeeResponse, EventTime, ServiceDependencies } from "@calsync/types";
import type { NotificationEndpoint } from "../../common/test/NotificationEndpoint.ts";
import { Office365CalendarService } from "../lib/CalendarService.ts";
import { fromEventTime, toOriginalStart } from "../lib/event-time.ts";
import { toGraphRecurrence } from "../lib/recurrence.ts";

/** An account in the sandbox with a service connected to it. */
export interface ConnectedAccount {
  email: string;
  /** Id of its default calendar. */
  calendarId: string;
  credential: MemoryCredential;
  service: Office365CalendarService;
  dependencies: ServiceDependencies;
}

/** A sandbox that serves Graph, with an authority that this process trusts from now on. */
export async function startGraph(): Promise<Sandbox> {
  const sandbox = await startSandbox({ allowHttpCallbacks: true, graphPort: 0 });
  trustAuthority(sandbox.graph.ca);
  return sandbox;
}

let accounts = 0;

/** Makes an account in the sandbox and connects it, with pauses that suit a test. */
export function connectAccount(
  graph: GraphSandbox,
  options: { settings?: object; now?: () => Date; expiresAt?: string; personal?: boolean } = {},
): ConnectedAccount {
  const email = `host-${++accounts}@contoso.example`;
  graph.createAccount({ email, timeZone: "Europe/Berlin", personal: options.personal ?? false });
  const tokens = graph.issueToken({ email });
  const credential = new MemoryCredential({
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: options.expiresAt ?? tokens.expiresAt,
    refreshToken: tokens.refreshToken,
    scope: tokens.scopes.join(" "),
    account: email,
  });
  const dependencies: ServiceDependencies = {
    credential,
    settings: {
      clientId: tokens.clientId,
      clientSecret: tokens.clientSecret,
      apiUrl: graph.url,
      loginUrl: graph.loginUrl,
      timeoutMs: 10_000,
      retryDelayMs: 5,
      ...options.settings,
    },
    now: options.now ?? (() => new Date()),
    log: { debug: () => undefined, warn: () => undefined },
  };
  const calendarId = graph.calendars(email).find(({ isDefault }) => isDefault)?.id ?? "";
  return { email, calendarId, credential, dependencies, service: new Office365CalendarService(dependencies) };
}

/** One call as the person's own page makes it: no limits, no faults. */
export async function asPerson(
  graph: GraphSandbox,
  email: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ value?: GraphEvent[] } & GraphEvent> {
  const { accessToken } = graph.issuePageToken(email);
  const response = await fetch(`${graph.url}/v1.0/me${path}`, {
    method,
    headers: {
      authorization: `Bearer ${accessToken}`,
      prefer: 'IdType="ImmutableId"',
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

/** The id of one date of a series, as the adapter knows it. */
async function instanceId(
  graph: GraphSandbox,
  email: string,
  seriesId: string,
  originalStart: string,
): Promise<string> {
  const day = (offset: number) => new Date(Date.parse(originalStart) + offset * 86_400_000).toISOString();
  const query = new URLSearchParams({ startDateTime: day(-2), endDateTime: day(2), $top: "50" });
  const { value = [] } = await asPerson(graph, email, "GET", `/events/${seriesId}/instances?${query}`);
  const found = value.find((one) => toOriginalStart(one) === originalStart);
  if (!found?.id) throw new Error(`the series has no date ${originalStart}`);
  return found.id;
}

const RESPONSES: Record<AttendeeResponse, "none" | "accepted" | "declined" | "tentativelyAccepted"> = {
  "needs-action": "none",
  accepted: "accepted",
  declined: "declined",
  tentative: "tentativelyAccepted",
};

/** A fresh account of the sandbox as the contract suite wants it. */
export function contractSubject(graph: GraphSandbox, endpoint: NotificationEndpoint): ContractSubject {
  const { email, calendarId, service } = connectAccount(graph);
  const lasting = { immutableIds: true };
  const toEvent = ({
    title,
    time,
    recurrence,
    transparency,
    attendees,
    description,
    location,
  }: ContractPersonEvent): GraphEvent => ({
    subject: title,
    ...fromEventTime(time),
    ...(description ? { body: { contentType: "text", content: description } } : {}),
    ...(location ? { location: { displayName: location } } : {}),
    ...(recurrence ? { recurrence: toGraphRecurrence(recurrence, time).recurrence } : {}),
    ...(transparency === "free" ? { showAs: "free" } : {}),
    ...(attendees
      ? { attendees: attendees.map((guest) => ({ emailAddress: { address: guest.email } })) }
      : {}),
  });
  const edit = async (eventId: string, change: GraphEvent) => void graph.patchEvent(email, eventId, change);
  const move = (eventId: string, time: EventTime) => edit(eventId, fromEventTime(time));
  return {
    service,
    calendarId,
    ownerEmail: email,
    person: {
      create: async (event) => {
        if (event.declinedByOwner) {
          const organizer = connectAccount(graph);
          graph.putEvent(organizer.email, "primary", toEvent({ ...event, attendees: [{ email }] }));
          const copy = graph.events(email, "primary", lasting).find(({ subject }) => subject === event.title);
          if (!copy?.id) throw new Error("the invitation has not arrived");
          graph.respond(email, copy.id, "declined");
          return copy.id;
        }
        const made = graph.putEvent(email, "primary", toEvent(event));
        for (const guest of event.attendees ?? []) {
          if (guest.response)
            graph.receiveResponse(email, made.id ?? "", guest.email, RESPONSES[guest.response]);
        }
        return graph.event(email, made.id ?? "", lasting).id ?? "";
      },
      move,
      rename: (eventId, title) => edit(eventId, { subject: title }),
      delete: async (eventId) => graph.deleteEvent(email, eventId),
      respond: async (eventId, guest, response) =>
        graph.receiveResponse(email, eventId, guest, RESPONSES[response]),
      moveInstance: async (seriesId, originalStart, time) =>
        move(await instanceId(graph, email, seriesId, originalStart), time),
      cancelInstance: async (seriesId, originalStart) =>
        graph.deleteEvent(email, await instanceId(graph, email, seriesId, originalStart)),
      setForeign: (eventId) =>
        edit(eventId, {
          categories: ["Red category"],
          reminderMinutesBeforeStart: 25,
          importance: "high",
          showAs: "oof",
          sensitivity: "personal",
        }),
      foreign: async (eventId) => {
        const { categories, reminderMinutesBeforeStart, importance, showAs, sensitivity } = graph.event(
          email,
          eventId,
        );
        return { categories, reminderMinutesBeforeStart, importance, showAs, sensitivity };
      },
      count: async () => graph.events(email).filter(({ type }) => type !== "exception").length,
    },
    faults: {
      loseNextAnswer: () => {
        for (const method of ["events.create", "events.update", "subscriptions.create"]) {
          graph.faults.add({ fault: "loseAnswer", account: email, method: `graph.${method}`, times: 1 });
        }
      },
      breakDown: () => {
        const id = graph.faults.add({ fault: "serverError", account: email });
        return () => void graph.faults.remove(id);
      },
      expireCursors: () => graph.expireDeltaTokens(calendarId),
    },
    receiver: { address: endpoint.address, received: () => endpoint.received },
    close: async () => graph.faults.clear(),
  };
}
