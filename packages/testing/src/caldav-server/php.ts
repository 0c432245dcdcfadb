import { execFileSync, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { hasProgram } from "./installed-program.ts";

/** Whether this machine runs PHP, and what an expression of it asks for is there. */
export function hasPhp(expression: string): boolean {
  if (!hasProgram("php")) return false;
  try {
    execFileSync("php", ["-r", `exit(${expression} ? 0 : 1);`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * PHP's own web server, where every request goes to one script. Nothing of what PHP complains about stands in an answer: what is
 * served was written for older ones.
 * @param folder is removed with it
 * @param settings of PHP's, over ours
 * @returns what ends it
 */
export function servePhp(
  script: string,
  port: number,
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): () => Promise<void> {
  const all = {
    display_errors: "0",
    log_errors: "0",
    "opcache.enable_cli": "1",
    memory_limit: "512M",
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => ["-d", `${name}=${value}`]);
  const command = ["PHP_CLI_SERVER_WORKERS=4", "php", ...options, "-S", `127.0.0.1:${port}`, script];
  const child = spawn("env", command, {
    cwd: folder,
    stdio: "ignore",
    // In a group of its own: it does not end those that it has started, and they can be ended together.
    detached: true,
  });
  const endAll = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // All of them have ended already.
    }
  };
  process.once("exit", endAll);
  return async () => {
    process.off("exit", endAll);
    const running = child.exitCode === null && child.signalCode === null;
    const ended = running ? new Promise((resolve) => child.once("exit", resolve)) : null;
    endAll();
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
}
