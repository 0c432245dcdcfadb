import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Server-sent events to any number of listening pages. */
export interface EventStreams {
  /** Answers a request with a stream that stays open until the client or the server closes it. */
  open(request: FastifyRequest, reply: FastifyReply): void;
  /** Sends one event to every open stream; `data` is sent as JSON. */
  send(event: string, data: unknown): void;
}

const HEARTBEAT_MS = 25_000;

/** Makes a set of streams that ends when `app` closes, so that closing does not wait for the pages. */
export function openEventStreams(app: FastifyInstance): EventStreams {
  const replies = new Set<FastifyReply>();
  const heartbeat = setInterval(() => {
    for (const reply of replies) reply.raw.write(": still here\n\n");
  }, HEARTBEAT_MS);
  heartbeat.unref();
  app.addHook("preClose", async () => {
    clearInterval(heartbeat);
    for (const reply of replies) reply.raw.end();
    replies.clear();
  });
  return {
    open(request, reply) {
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        connection: "keep-alive",
      });
      // The first line tells the browser that the stream is open, and how soon to come back after a restart.
      reply.raw.write("retry: 1000\n\n");
      replies.add(reply);
      request.raw.once("close", () => replies.delete(reply));
    },
    send(event, data) {
      const message = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      for (const reply of replies) reply.raw.write(message);
    },
  };
}
