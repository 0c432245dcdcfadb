import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { WriteMethod } from "@calsync/testing/model";
import type { RemoteFault } from "./RemoteCalendars.ts";

/** What a real server's wire can suffer. */
const OF_THE_WIRE: readonly RemoteFault["fault"][] = ["server-error", "rate-limit", "network", "lost-answer"];

/** Stands between our adapter and a real server, and breaks calls as it is told. */
export class CaldavProxy {
  readonly #proxy: Server;
  readonly #target: string;
  #faults: RemoteFault[] = [];
  #random = 1;

  private constructor(proxy: Server, target: string) {
    this.#proxy = proxy;
    this.#target = target;
  }

  static async start(target: string): Promise<CaldavProxy> {
    const server = createServer();
    const proxy = new CaldavProxy(server, target);
    server.on("request", (incoming, outgoing) => proxy.#serve(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  /** One that is none of a wire is left out. */
  add(fault: RemoteFault): void {
    if (OF_THE_WIRE.includes(fault.fault)) this.#faults.push({ ...fault });
  }

  clear(): void {
    this.#faults = [];
    this.#random = 1;
  }

  async close(): Promise<void> {
    this.#proxy.closeAllConnections();
    await new Promise((resolve) => this.#proxy.close(resolve));
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const chunks: Uint8Array[] = [];
    incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    incoming.on("end", () => {
      const fault = this.#strike(methodOf(incoming));
      if (fault === "server-error") outgoing.writeHead(503).end();
      else if (fault === "rate-limit") outgoing.writeHead(429, { "retry-after": "1" }).end();
      else if (fault === "network") outgoing.destroy();
      else this.#forward(incoming, Buffer.concat(chunks), outgoing, fault === "lost-answer");
    });
  }

  #forward(incoming: IncomingMessage, body: Uint8Array, outgoing: ServerResponse, lose: boolean): void {
    const { method, headers, url = "/" } = incoming;
    const forward = request(new URL(url, this.#target), { method, headers }, (answer) => {
      if (lose) {
        answer.resume().on("end", () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    forward.on("error", () => outgoing.destroy());
    forward.end(body);
  }

  /** The fault that this call suffers, if any. */
  #strike(method: WriteMethod | null): RemoteFault["fault"] | null {
    for (const rule of this.#faults) {
      if (rule.times === 0 || (rule.method !== undefined && rule.method !== method)) continue;
      if (rule.probability !== undefined && this.#next() >= rule.probability) continue;
      if (rule.times !== undefined) rule.times -= 1;
      return rule.fault;
    }
    return null;
  }

  /** Between 0 and 1, the same numbers in each history. */
  #next(): number {
    this.#random = (this.#random * 48_271) % 2_147_483_647;
    return this.#random / 2_147_483_647;
  }
}

function methodOf({ method, headers }: IncomingMessage): WriteMethod | null {
  if (method === "DELETE") return "deleteEvent";
  if (method !== "PUT") return null;
  return headers["if-none-match"] === undefined ? "updateEvent" : "createEvent";
}
