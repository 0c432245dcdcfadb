import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { connectionConfig } from "./connection.ts";

/** Something that a page may show has changed; the migrations' triggers send these. */
export type DatabaseEvent =
  | { type: "booking"; userId: number; id: number; uid: string }
  | { type: "calendar-sync"; userId: number; id: string }
  | { type: "credential"; userId: number; id: number };

export interface ListenOptions {
  url: string;
  /** Called for every committed change, in order. Must not throw. */
  onEvent(event: DatabaseEvent): void;
  /** The connection was lost and is back: events in between are lost, so whoever follows along reads everything anew. */
  onGap(): void;
  log?: { warn(fields: object, message: string): void } | undefined;
  /** First pause before connecting again, doubled up to 10 s; default 250. */
  reconnectMs?: number | undefined;
}

/**
 * Follows the changes of the whole database over one connection, which it opens again whenever it breaks.
 * @returns once it listens; `stop` ends it.
 * @throws whatever `pg` throws when the first connection fails.
 */
export async function listenForEvents(options: ListenOptions): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController();
  let current = await open(options, onLost);

  function onLost(): void {
    if (stopping.signal.aborted) return;
    options.log?.warn({}, "the connection that hears of changes broke; connecting again");
    void reconnect();
  }

  async function reconnect(): Promise<void> {
    for (let pauseMs = options.reconnectMs ?? 250; !stopping.signal.aborted; ) {
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        const next = await open(options, onLost);
        if (stopping.signal.aborted) return await next.end();
        current = next;
        return options.onGap();
      } catch {
        pauseMs = Math.min(pauseMs * 2, 10_000);
      }
    }
  }

  return {
    async stop() {
      stopping.abort();
      await current.end().catch(() => undefined);
    },
  };
}

async function open(options: ListenOptions, onLost: () => void): Promise<Client> {
  const client = new Client({ ...connectionConfig(options.url), application_name: "calsync events" });
  let listening = false;
  let lost = false;
  // "error" and "end" may both come for one loss.
  const lose = () => {
    if (lost || !listening) return;
    lost = true;
    onLost();
  };
  client.on("error", lose);
  client.on("end", lose);
  client.on("notification", ({ payload }) => {
    if (payload !== undefined) options.onEvent(JSON.parse(payload) as DatabaseEvent);
  });
  await client.connect();
  await client.query("LISTEN calsync_events");
  listening = true;
  return client;
}
