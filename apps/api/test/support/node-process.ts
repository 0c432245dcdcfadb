import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Packages answer with their sources, so that no build is needed. */
const NODE_FLAGS = ["--conditions=@calsync/source", "--disable-warning=ExperimentalWarning"];
/** How much of its output is kept for messages, in characters. */
const KEPT_OUTPUT = 20_000;

/** A Node.js process of a test's or benchmark's own, which runs one of our TypeScript files as it is. */
export interface NodeProcess {
  readonly child: ChildProcess;
  /** The end of what it has written. */
  output(): string;
  /** Ends it: SIGTERM, and SIGKILL when it is still there after 10 s. */
  stop(): Promise<void>;
  /** Ends it without a chance to do anything, and waits until it has gone. */
  kill(): Promise<void>;
}

/** Every child that still runs: none outlives its parent. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * @param file of the source, as a URL
 * @param options `env` is all of its environment but PATH; `onLine` hears of each line of its standard output
 */
export function startNode(
  file: URL,
  options: {
    env: Record<string, string>;
    args?: string[];
    nodeFlags?: string[];
    onLine?: (line: string) => void;
  },
): NodeProcess {
  const args = [...NODE_FLAGS, ...(options.nodeFlags ?? []), fileURLToPath(file), ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"] ?? "", ...options.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  let line = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-KEPT_OUTPUT);
  };
  child.stdout?.on("data", (chunk: Buffer) => {
    keep(chunk);
    if (!options.onLine) return;
    const lines = (line + chunk).split("\n");
    line = lines.pop() ?? "";
    for (const one of lines) options.onLine(one);
  });
  child.stderr?.on("data", keep);
  const gone = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return {
    child,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await gone();
      clearTimeout(patience);
    },
    async kill() {
      child.kill("SIGKILL");
      await gone();
    },
  };
}

/** Waits until an address answers with 200. @throws Error with the process's output when it ends or takes too long. */
export async function untilReady(url: string, process: NodeProcess, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    const ended = process.child.exitCode !== null || process.child.signalCode !== null;
    if (ended || Date.now() > deadline) throw new Error(`${url} does not answer. ${process.output()}`);
    await sleep(50);
  }
}

/** Looks again and again until `look` gives something true. @throws Error naming `what` when it never does. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeoutMs = 60_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}.`);
    await sleep(everyMs);
  }
}
