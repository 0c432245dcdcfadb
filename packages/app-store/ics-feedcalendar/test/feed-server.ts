import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** A web server that publishes one feed, as a person's program would, and can do so badly. */
export class FeedServer {
  readonly #server: Server;
  /** The events' lines by uid, in the order of the file. */
  readonly events = new Map<string, string[]>();
  /** Lines of the calendar itself. */
  head: string[] = ["X-WR-CALNAME:Team"];
  /** Sent in place of the feed. */
  instead: { status: number; body: string; headers?: Record<string, string> } | null = null;
  /** Changes the text on its way out. */
  spoil: (text: string) => string = (text) => text;
  /** What it tells of the feed's version: nothing, an ETag of its text, or one that is new each time. */
  validators: "none" | "etag" | "volatile" | "date" = "etag";
  packed = false;
  /** Answers by status. */
  readonly answers: number[] = [];
  #version = 0;
  #changedAt = Date.UTC(2027, 0, 1);
  #last = "";

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FeedServer> {
    const server = createServer();
    const feed = new FeedServer(server);
    server.on("request", (request, response) => {
      const { status, body, headers } = feed.#answer(request.headers);
      feed.answers.push(status);
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return feed;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/secret/calendar.ics`;
  }

  get text(): string {
    return [
      "BEGIN:VCALENDAR",
      "VERSION:2.0",
      "PRODID:-//feed//EN",
      ...this.head,
      ...[...this.events.values()].flat(),
      "END:VCALENDAR",
      "",
    ].join("\r\n");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(asked: NodeJS.Dict<string | string[]>): {
    status: number;
    body: string | Buffer;
    headers: Record<string, string>;
  } {
    if (this.instead) return { headers: {}, ...this.instead };
    const text = this.spoil(this.text);
    if (text !== this.#last) {
      this.#last = text;
      this.#version += 1;
      this.#changedAt += 1_000;
    }
    const etag = this.validators === "volatile" ? `"${crypto.randomUUID()}"` : `"v${this.#version}"`;
    const date = new Date(this.#changedAt).toUTCString();
    const same =
      (this.validators === "etag" && asked["if-none-match"] === etag) ||
      (this.validators === "date" && asked["if-modified-since"] === date);
    const headers = {
      "content-type": "text/calendar; charset=utf-8",
      ...(this.validators === "etag" || this.validators === "volatile" ? { etag } : {}),
      ...(this.validators === "date" ? { "last-modified": date } : {}),
    };
    if (same) return { status: 304, body: "", headers };
    return this.packed
      ? { status: 200, body: gzipSync(text), headers: { ...headers, "content-encoding": "gzip" } }
      : { status: 200, body: text, headers };
  }
}
