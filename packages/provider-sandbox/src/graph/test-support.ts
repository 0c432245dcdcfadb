import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { SandboxClock } from "../SandboxClock.ts";
import { SeededRandom } from "../SeededRandom.ts";
import type { GraphAppInput } from "./apps.ts";
import { GraphSandbox } from "./GraphSandbox.ts";
import { GraphStore } from "./GraphStore.ts";

/** The account that most tests act as. */
export const HOST = "host@contoso.example";
/** Another account of the same tenant, a guest. */
export const GUEST = "guest@contoso.example";
/** A personal account. */
export const PERSON = "person@outlook.example";
/** Tests begin at this time and advance from there. */
const START = "2026-06-01T08:00:00.000Z";

const ROOT = "https://graph.sandbox.example";

/** A simulated Microsoft of the running test. */
export interface TestSandbox {
  graph: GraphSandbox;
}

/**
 * A simulated Microsoft with three accounts, on June 1st 2026 at 8 UTC, in a time that only moves when advanced. It listens
 * nowhere: {@link api} hands calls to it as its server does.
 */
export async function testSandbox(options: { graphApps?: GraphAppInput[] } = {}): Promise<TestSandbox> {
  const clock = new SandboxClock(() => new Date(START));
  const graph = new GraphSandbox(new GraphStore(clock, new SeededRandom(1)), {
    graphUrl: () => ROOT,
    loginUrl: () => "/microsoft",
    allowHttpCallbacks: true,
  });
  onTestFinished(() => graph.close());
  for (const app of options.graphApps ?? []) graph.addApp(app);
  graph.createAccount({ email: HOST, timeZone: "Europe/Berlin" });
  graph.createAccount({ email: GUEST, timeZone: "America/New_York" });
  graph.createAccount({ email: PERSON, timeZone: "Europe/Berlin" });
  return { graph };
}

/** What the API answered to one plain request. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any part of an answer
  body: any;
}

/** What a request may carry beside method and path. */
export interface RequestOptions {
  email?: string;
  token?: string;
  body?: unknown;
  prefer?: string;
  headers?: Record<string, string>;
}

/**
 * One plain request to Graph as an account. @param path below `/v1.0/`, or a whole link of an answer
 * @throws Error when the connection is cut instead of answered
 */
export async function api(
  { graph }: TestSandbox,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const token = options.token ?? graph.issueToken({ email: options.email ?? HOST }).accessToken;
  const answer = await graph.answer({
    verb: method,
    target: path.startsWith(ROOT) ? path.slice(ROOT.length) : `/v1.0/${path}`,
    headers: {
      authorization: `Bearer ${token}`,
      ...(options.prefer === undefined ? {} : { prefer: options.prefer }),
      ...options.headers,
    },
    text: options.body === undefined ? "" : JSON.stringify(options.body),
  });
  answer.afterwards?.();
  if (answer.cut) throw new Error("The connection was cut.");
  const body = answer.body === undefined ? null : JSON.parse(JSON.stringify(answer.body));
  return { status: answer.status, headers: answer.headers, body };
}

/** Status and code of a refusal: `[412, "ErrorIrresolvableConflict"]`. */
export function refusal(answer: Answer): [number, string] {
  return [answer.status, answer.body.error.code];
}

/** An hour on a June day, in UTC: `hour(3, 10)` is June 3rd, 10 to 11. */
export function hour(day: number, from: number) {
  const at = (hours: number) => ({
    dateTime: new Date(Date.UTC(2026, 5, day, hours)).toISOString().slice(0, 19),
    timeZone: "UTC",
  });
  return { start: at(from), end: at(from + 1) };
}

/** Guests by address, as a request names them. */
export function guests(...addresses: string[]) {
  return addresses.map((address) => ({ type: "required" as const, emailAddress: { address } }));
}

/** A weekly series of one hour on Wednesdays at 19:00 in Berlin, from June 3rd 2026. */
export const WEEKLY = {
  subject: "Choir",
  start: { dateTime: "2026-06-03T19:00:00", timeZone: "Europe/Berlin" },
  end: { dateTime: "2026-06-03T20:00:00", timeZone: "Europe/Berlin" },
  recurrence: {
    pattern: { type: "weekly" as const, interval: 1, daysOfWeek: ["wednesday" as const] },
    range: { type: "noEnd" as const, startDate: "2026-06-03" },
  },
};

/** A notification as it was posted; tests look into any part of it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into any part of a notification
export type Notification = any;

/** A receiver of notifications on a free port. */
export interface Receiver {
  url: string;
  handshakes: { type: string; body: string; query: string }[];
  posts: Notification[][];
  /** All notifications, post by post. */
  all: () => Notification[];
}

/** A receiver until the running test ends. @param options `echo` answers a handshake; `answer` gives a post's status, after `delayMs` */
export async function testReceiver(
  options: {
    echo?: (token: string) => { status: number; type: string; body: string };
    answer?: (count: number) => number;
    delayMs?: number;
  } = {},
): Promise<Receiver> {
  const receiver: Receiver = { url: "", handshakes: [], posts: [], all: () => receiver.posts.flat() };
  const echo = options.echo ?? ((body: string) => ({ status: 200, type: "text/plain", body }));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? "", "http://localhost");
      const token = url.searchParams.get("validationToken");
      if (token !== null) {
        receiver.handshakes.push({ type: request.headers["content-type"] ?? "", body, query: url.search });
        const answer = echo(token);
        response.writeHead(answer.status, { "content-type": answer.type }).end(answer.body);
        return;
      }
      receiver.posts.push(JSON.parse(body).value);
      const status = options.answer?.(receiver.posts.length) ?? 202;
      setTimeout(() => response.writeHead(status).end(), options.delayMs ?? 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`;
  return receiver;
}
