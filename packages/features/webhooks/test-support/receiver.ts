import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** What a receiver has got. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A web server that receives webhooks and answers as a test wants. */
export interface Receiver {
  url: string;
  received: Received[];
  /** What it answers; 200 when left alone. `null` lets the sender wait. */
  answer: (received: Received) => { status: number; headers?: Record<string, string>; body?: string } | null;
  close(): Promise<void>;
}

/** A receiver of webhooks in this process, which keeps what arrives. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const one = { headers: request.headers, body };
      receiver.received.push(one);
      const answer = receiver.answer(one);
      if (answer) response.writeHead(answer.status, answer.headers).end(answer.body ?? "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    answer: () => ({ status: 200 }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
