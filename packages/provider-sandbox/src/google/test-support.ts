import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { calendar, type calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { onTestFinished } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../server.ts";

/** The account that most tests act as. */
export const HOST = "host@example.com";
/** Another account, a guest or a reader. */
export const GUEST = "guest@example.com";
/** Tests begin at this time and advance from there. */
const START = "2026-06-01T08:00:00.000Z";

/** A sandbox of the running test with two accounts, on June 1st 2026 at 8 UTC, in a time that only moves when advanced. */
export async function testSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ clock: () => new Date(START), allowHttpCallbacks: true, ...options });
  onTestFinished(() => sandbox.close());
  sandbox.google.createAccount({ email: HOST, timeZone: "Europe/Berlin" });
  sandbox.google.createAccount({ email: GUEST, timeZone: "America/New_York" });
  sandbox.google.faults.set({ notificationRetryBaseMs: 5 });
  return sandbox;
}

/** Google's official client, signed in as an account. It retries nothing by itself. */
export function client(sandbox: Sandbox, email: string = HOST, scopes?: string[]): calendar_v3.Calendar {
  const { accessToken } = sandbox.google.issueToken({ email, ...(scopes ? { scopes } : {}) });
  return calendar({
    version: "v3",
    rootUrl: `${sandbox.url}/`,
    headers: { authorization: `Bearer ${accessToken}` },
    retry: false,
  });
}

/** What the API answered to one plain request. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any part of an answer
  body: any;
}

/** One plain request to the Calendar API as an account. */
export async function api(
  sandbox: Sandbox,
  method: string,
  path: string,
  options: { email?: string; token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const token = options.token ?? sandbox.google.issueToken({ email: options.email ?? HOST }).accessToken;
  const response = await fetch(`${sandbox.url}/calendar/v3/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

/** Domain and reason of a refusal, with its status: `[412, "global", "conditionNotMet"]`. */
export function refusal(answer: Answer): [number, string, string] {
  const [first] = answer.body.error.errors;
  return [answer.status, first.domain, first.reason];
}

/** An hour on a June day, in UTC: `hour(3, 10)` is June 3rd, 10 to 11. */
export function hour(day: number, from: number): { start: { dateTime: string }; end: { dateTime: string } } {
  const at = (hours: number) => new Date(Date.UTC(2026, 5, day, hours)).toISOString();
  return { start: { dateTime: at(from) }, end: { dateTime: at(from + 1) } };
}

/** A weekly series of one hour on Wednesdays at 19:00 in Berlin, from June 3rd 2026. */
export const WEEKLY = {
  summary: "Choir",
  start: { dateTime: "2026-06-03T19:00:00", timeZone: "Europe/Berlin" },
  end: { dateTime: "2026-06-03T20:00:00", timeZone: "Europe/Berlin" },
  recurrence: ["RRULE:FREQ=WEEKLY;BYDAY=WE"],
};

/** A notification as a receiver saw it. */
export interface ReceivedMessage {
  headers: Record<string, string | string[] | undefined>;
  body: string;
  state: string;
  number: number;
  channelId: string;
}

/** A receiver of notifications on a free port. `answer` decides the status of each message. */
export async function testReceiver(
  answer: (message: ReceivedMessage, count: number) => number = () => 200,
): Promise<{ url: string; messages: ReceivedMessage[] }> {
  const messages: ReceivedMessage[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const message = {
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        state: String(request.headers["x-goog-resource-state"]),
        number: Number(request.headers["x-goog-message-number"]),
        channelId: String(request.headers["x-goog-channel-id"]),
      };
      messages.push(message);
      response.writeHead(answer(message, messages.length)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`, messages };
}
