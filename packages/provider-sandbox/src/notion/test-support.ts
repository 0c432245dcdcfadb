import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client } from "@notionhq/client";
import { onTestFinished } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../server.ts";
import type { NotionTokens } from "./NotionSandbox.ts";

/** The person whom the tests' workspace belongs to. */
export const HOST = "host@example.com";
/** Tests begin at this time, in the middle of a minute, and advance from there. */
const START = "2026-06-01T08:00:20.000Z";

/** A workspace with a database that is shared with one connection. */
export interface NotionWorld {
  sandbox: Sandbox;
  notion: Sandbox["notion"];
  databaseId: string;
  dataSourceId: string;
  tokens: NotionTokens;
  /** Notion's official client, which repeats nothing by itself. */
  client: Client;
  /** One plain request. `headers` replace the usual ones where they are given, null leaves one out. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

interface CallOptions {
  body?: unknown;
  version?: string | null;
  token?: string;
  headers?: Record<string, string>;
}

/** What a call was answered with. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any part of an answer
  body: any;
}

/** A sandbox of the running test, in a time that only moves when advanced. */
export async function notionWorld(options: SandboxOptions = {}): Promise<NotionWorld> {
  const sandbox = await startSandbox({ clock: () => new Date(START), ...options });
  onTestFinished(() => sandbox.close());
  const { notion } = sandbox;
  notion.createAccount({ email: HOST });
  const { databaseId, dataSourceId } = notion.createDatabase({ email: HOST, title: "Appointments" });
  const tokens = notion.issueToken({ email: HOST });
  const client = new Client({ auth: tokens.accessToken, baseUrl: sandbox.url, retry: false });
  return {
    sandbox,
    notion,
    databaseId,
    dataSourceId,
    tokens,
    client,
    call: (method, path, { body, version = "2025-09-03", token = tokens.accessToken, headers } = {}) =>
      request(`${sandbox.url}/v1/${path}`, method, body, {
        authorization: `Bearer ${token}`,
        ...(version === null ? {} : { "notion-version": version }),
        ...headers,
      }),
  };
}

/** One plain request with a JSON body. */
export async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: "manual",
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  };
}

/** A cell of the title column, as it is written. */
export const title = (content: string) => ({ title: [{ text: { content } }] });
/** A cell of a text column, as it is written. */
export const text = (content: string) => ({ rich_text: content === "" ? [] : [{ text: { content } }] });
/** An hour of June 2026 in UTC. */
export const hour = (day: number, from: number) => {
  const at = (hours: number) => new Date(Date.UTC(2026, 5, day, hours)).toISOString();
  return { date: { start: at(from), end: at(from + 1) } };
};

/** A delivery as the receiver saw it. */
export interface Received {
  headers: Record<string, string | string[] | undefined>;
  raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any part of an event
  body: any;
}

/** A receiver of webhook deliveries. `answer` decides the status of each. */
export async function receiver(
  answer: (received: Received, count: number) => number = () => 200,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const raw = Buffer.concat(chunks).toString();
      const one = { headers: incoming.headers, raw, body: JSON.parse(raw) };
      received.push(one);
      response.writeHead(answer(one, received.length)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}
