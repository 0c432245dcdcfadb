import { type RunningWorker, startWorker } from "@calsync/jobs";
import { createLogger, loadEnv } from "@calsync/lib";
import { type Container, createContainer } from "../src/container.ts";
import { apiEnv } from "../src/env.ts";

/** A line of the log. */
type LogLine = Record<string, unknown> & { msg: string };

/** One worker in this process, with the usual settings and the real container, which runs the engine's jobs and no crons. */
export class BenchWorker {
  readonly container: Container;
  readonly #listeners = new Set<(line: LogLine) => void>();
  #worker: RunningWorker | null = null;

  constructor(env: Record<string, string>) {
    const log = createLogger({
      level: "info",
      name: "worker",
      destination: {
        write: (text) => {
          const line = JSON.parse(text) as LogLine;
          for (const listener of this.#listeners) listener(line);
        },
      },
    });
    this.container = createContainer(loadEnv(apiEnv, env), { name: "worker", log });
  }

  async start(): Promise<void> {
    const { env, log, sync } = this.container;
    this.#worker = await startWorker({
      url: env.DATABASE_URL,
      concurrency: env.WORKER_CONCURRENCY,
      handlers: sync.jobs,
      log,
    });
  }

  /**
   * Begins `work`, and resolves when the lines named `msg` have said so much that `done` is true.
   * @returns how long that took, in milliseconds, with all of these lines
   */
  async time(
    work: () => Promise<unknown>,
    msg: string,
    done: (lines: readonly LogLine[]) => boolean,
  ): Promise<{ ms: number; lines: LogLine[] }> {
    const lines: LogLine[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const listen = (line: LogLine) => {
      if (/failed/.test(line.msg)) reject(new Error(`The worker says: ${JSON.stringify(line)}`));
      if (line.msg !== msg) return;
      lines.push(line);
      if (done(lines)) resolve(performance.now());
    };
    const limit = setTimeout(
      () => reject(new Error(`"${msg}" took too long: ${JSON.stringify(lines)}`)),
      120_000,
    );
    this.#listeners.add(listen);
    try {
      const begun = performance.now();
      const [end] = await Promise.all([promise, work()]);
      return { ms: end - begun, lines };
    } finally {
      clearTimeout(limit);
      this.#listeners.delete(listen);
    }
  }

  /** Asks for a pull of a calendar and waits for its end. */
  async pull(
    calendarSyncId: string,
  ): Promise<{ ms: number; changes: number; applied: number; pages: number }> {
    const { ms, lines } = await this.time(
      () => this.container.sync.requestPull([calendarSyncId]),
      "pull finished",
      (seen) => seen.some((line) => line["calendarSyncId"] === calendarSyncId),
    );
    const line: LogLine = lines[0] ?? { msg: "" };
    return {
      ms,
      changes: Number(line["changes"]),
      applied: Number(line["applied"]),
      pages: Number(line["pages"]),
    };
  }

  /** Begins `work`, and waits until so many events have been written. @returns milliseconds */
  async push(work: () => Promise<unknown>, writes: number): Promise<number> {
    const written = (line: LogLine) =>
      Number(line["created"]) + Number(line["updated"]) + Number(line["deleted"]);
    const { ms } = await this.time(
      work,
      "push finished",
      (lines) => lines.reduce((sum, line) => sum + written(line), 0) >= writes,
    );
    return ms;
  }

  async stop(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = null;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.container.close();
  }
}
