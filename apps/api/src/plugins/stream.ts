import type { FastifyReply, FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import type { Audience, Change, ChangeFeed } from "../services/change-feed.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Answers with server-sent events for as long as the browser stays: one `change` for each change of the audience's. */
    streamChanges(request: FastifyRequest, reply: FastifyReply, audience: Audience): void;
  }
}

/** What the stream of changes is fed by. */
export interface StreamOptions {
  feed: ChangeFeed;
  /** Pause between comments that keep proxies from closing the stream, in milliseconds. */
  heartbeatMs?: number;
}

/** A burst of changes to one thing within this time is one event. */
const GATHER_MS = 50;
/** A reader that is this far behind is cut off; its browser connects again and reads everything anew. */
const MAX_UNSENT_BYTES = 256 * 1024;

/** Streams of changes, and their end when the server closes. */
export const streamPlugin = plugin(
  async (app, { feed, heartbeatMs = 20_000 }: StreamOptions) => {
    const open = new Set<() => void>();

    app.decorate("streamChanges", (request: FastifyRequest, reply: FastifyReply, audience: Audience) => {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        // no-transform: a proxy that compresses would hold events back.
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      });
      raw.write("retry: 2000\n\n: connected\n\n");

      const gathered = new Map<string, Change>();
      let timer: NodeJS.Timeout | undefined;
      const flush = () => {
        timer = undefined;
        for (const change of gathered.values())
          raw.write(`event: change\ndata: ${JSON.stringify(change)}\n\n`);
        gathered.clear();
        if (raw.writableLength > MAX_UNSENT_BYTES) raw.destroy();
      };
      const unsubscribe = feed.subscribe(audience, (change) => {
        gathered.set(JSON.stringify(change), change);
        timer ??= setTimeout(flush, GATHER_MS);
      });
      const heartbeat = setInterval(() => raw.write(": still here\n\n"), heartbeatMs);
      const end = () => {
        unsubscribe();
        clearInterval(heartbeat);
        clearTimeout(timer);
        open.delete(end);
        raw.end();
      };
      open.add(end);
      raw.on("close", end);
      raw.on("error", (error) => request.log.debug({ err: error }, "a stream of changes broke"));
    });

    // Before the server waits for its connections to end, which these would never do.
    app.addHook("preClose", async () => {
      for (const end of [...open]) end();
    });
  },
  { name: "calsync-stream" },
);
