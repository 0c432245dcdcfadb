import { Agent, request } from "node:https";
import { onTestFinished } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../server.ts";

/** The account that most tests act as. */
export const HOST = "host@contoso.example";
/** Another account of the same tenant, a guest. */
export const GUEST = "guest@contoso.example";
/** A personal account. */
export const PERSON = "person@outlook.example";
/** Tests begin at this time and advance from there. */
const START = "2026-06-01T08:00:00.000Z";

/** A sandbox of the running test with three accounts, on June 1st 2026 at 8 UTC, in a time that only moves when advanced. */
export async function testSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({
    clock: () => new Date(START),
    allowHttpCallbacks: true,
    graphPort: 0,
    ...options,
  });
  onTestFinished(() => sandbox.close());
  sandbox.graph.createAccount({ email: HOST, timeZone: "Europe/Berlin" });
  sandbox.graph.createAccount({ email: GUEST, timeZone: "America/New_York" });
  sandbox.graph.createAccount({ email: PERSON, timeZone: "Europe/Berlin" });
  return sandbox;
}

/** What the API answered to one plain request. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
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

/** One plain request to Graph as an account. @param path below `/v1.0/`, or a whole link of an answer */
export function api(
  sandbox: Sandbox,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const { graph } = sandbox;
  const token = options.token ?? graph.issueToken({ email: options.email ?? HOST }).accessToken;
  const url = path.startsWith("https://") ? path : `${graph.url}/v1.0/${path}`;
  const headers = {
    authorization: `Bearer ${token}`,
    ...(options.body === undefined ? {} : { "content-type": "application/json" }),
    ...(options.prefer === undefined ? {} : { prefer: options.prefer }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, agent: agentOf(graph.ca) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const body = text === "" ? null : JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    call.on("error", reject);
    call.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}

const agents = new Map<string, Agent>();

/** The sandbox' authority is trusted for these calls only. */
function agentOf(ca: string): Agent {
  let agent = agents.get(ca);
  if (!agent) {
    agent = new Agent({ ca, keepAlive: true });
    agents.set(ca, agent);
  }
  return agent;
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
