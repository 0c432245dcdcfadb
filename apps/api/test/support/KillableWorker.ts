import { once } from "node:events";
import { type NodeProcess, startNode } from "./node-process.ts";

const FIXTURE = new URL("./worker.fixture.ts", import.meta.url);

/** A worker's process that is killed again and again. The next one has loaded its code already and begins at once. */
export class KillableWorker {
  readonly #env: Record<string, string>;
  readonly #onLine: (line: string) => void;
  #current: NodeProcess;
  #spare: NodeProcess;
  #started: Promise<unknown>;

  /** @param onLine hears of each line of the workers' logs */
  constructor(env: Record<string, string>, onLine: (line: string) => void) {
    this.#env = env;
    this.#onLine = onLine;
    this.#current = this.#load();
    this.#started = begin(this.#current);
    this.#spare = this.#load();
  }

  /** Resolves once the one that runs now has begun to work. */
  async started(): Promise<void> {
    await this.#started;
  }

  /** Kills the one that runs (SIGKILL) and lets the next begin. */
  async kill(): Promise<void> {
    await this.#current.kill();
    this.#current = this.#spare;
    this.#started = begin(this.#current);
    this.#spare = this.#load();
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await Promise.all([this.#current.kill(), this.#spare.kill()]);
  }

  #load(): NodeProcess {
    return startNode(FIXTURE, { env: this.#env, onLine: this.#onLine });
  }
}

/** Tells a worker to begin. @returns what resolves when it has, and rejects with its output when it ends instead */
function begin(worker: NodeProcess): Promise<unknown> {
  const { child } = worker;
  child.send("begin");
  const started = Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error(`The worker ended before it had begun. ${worker.output()}`);
    }),
  ]);
  started.catch(() => {});
  return started;
}
