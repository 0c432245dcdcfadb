import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineJob } from "./definition.ts";
import { handleJob } from "./handler.ts";
import { startWorker, type WorkerOptions } from "./worker.ts";

/** The job of takeover.pg.test.ts, run by this file as a process of its own. */
export const step = defineJob({
  name: "step",
  payload: z.object({ id: z.number(), sleepMs: z.number().optional(), blockMs: z.number().optional() }),
  maxAttempts: 3,
  backoff: { baseMs: 50, ceilingMs: 100 },
});

/** Quick, with the proportions of the defaults. */
export const QUICK = {
  beatMs: 100,
  lostAfterMs: 400,
  unseenMs: 800,
  serverGivesUpAfterMs: 2_000,
  sweepMs: 200,
  pollMs: 50,
} satisfies WorkerOptions["timings"];

/** What the process tells its parent. */
export interface Message {
  event: "ready" | "start" | "end" | "stats";
  id?: number;
  restarts?: number;
}

async function main(url: string, concurrency: number): Promise<void> {
  const tell = (message: Message) => process.send?.(message);
  const worker = await startWorker({
    url,
    concurrency,
    timings: QUICK,
    handlers: [
      handleJob(step, async ({ id, sleepMs = 0, blockMs = 0 }) => {
        tell({ event: "start", id });
        await sleep(10);
        const until = performance.now() + blockMs;
        while (performance.now() < until);
        await sleep(sleepMs);
        tell({ event: "end", id });
      }),
    ],
  });
  process.on("message", () => tell({ event: "stats", restarts: worker.stats().restarts }));
  tell({ event: "ready" });
}

if (import.meta.main) await main(String(process.argv[2]), Number(process.argv[3]));
