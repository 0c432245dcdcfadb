import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Whether this machine has Redis. Says in one line what is left untested for want of it. */
export function isRedisInstalled(): boolean {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write(
      "Call limits are tested on PostgreSQL but not on Redis: it is not installed (apt install redis-server).\n",
    );
    return false;
  }
}

/** A Redis of its own on a free port of the loopback interface, which keeps nothing. */
export class RedisServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** @param port a free one */
  static async start(port: number): Promise<RedisServer> {
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] });
    let said = "";
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes("Ready to accept connections")) {
        // What it says from now on is let go, so that it never waits for a reader.
        child.stdout.resume();
        return new RedisServer(child, port);
      }
      said += `${line}\n`;
    }
    throw new Error(`Redis did not start: ${said.slice(-500)}`);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
