import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ContractNotification } from "@calsync/testing/contract";
import type { CalendarProvider } from "@calsync/types";

/** An endpoint for notifications, read with an adapter's own parser. */
export class NotificationEndpoint {
  readonly received: ContractNotification[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(parse: CalendarProvider["parseNotification"]): Promise<NotificationEndpoint> {
    const server = createServer();
    const endpoint = new NotificationEndpoint(server);
    server.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const parsed = parse({
        method: request.method ?? "",
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        query: Object.fromEntries(new URL(request.url ?? "", "http://localhost").searchParams),
        body: Buffer.concat(chunks),
      });
      if (parsed.type === "notifications") endpoint.received.push(...parsed.notifications);
      if (parsed.type === "handshake") {
        response.writeHead(parsed.status, { "content-type": parsed.contentType }).end(parsed.body);
      } else response.writeHead(parsed.type === "refused" ? 400 : 204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return endpoint;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/notifications`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
