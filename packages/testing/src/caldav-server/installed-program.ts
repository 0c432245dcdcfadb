import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { CALDAV_PASSWORD } from "./caldav-test-server.ts";

/** A real server that runs as a process of ours, in a folder that goes with it. */
export interface InstalledProgram {
  readonly port: number;
  /** Path below which a user's calendars are, without a slash at its end. */
  homeOf(username: string): string;
  /** A token in place of one that the server gave out, which it does not know. */
  unknownToken(token: string): string;
  /** Makes a user's account, where the server does not do so by itself. */
  admit?(username: string): Promise<void>;
  /** Addresses that the server itself has sent invitations to, where it does. */
  readonly invited: readonly string[];
  close(): Promise<void>;
}

/** Whether this machine has a program, also where it is not on everybody's path. */
export function hasProgram(path: string): boolean {
  try {
    execFileSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/usr/local/sbin command -v ${path}`], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

export async function startRadicale(): Promise<InstalledProgram> {
  const folder = mkdtempSync(join(tmpdir(), "calsync-radicale-"));
  const port = await freePort();
  const config = join(folder, "config");
  writeFileSync(
    config,
    [
      "[server]",
      `hosts = 127.0.0.1:${port}`,
      "[auth]",
      "type = htpasswd",
      `htpasswd_filename = ${join(folder, "users")}`,
      "htpasswd_encryption = plain",
      "delay = 0",
      "[rights]",
      "type = owner_only",
      "[storage]",
      `filesystem_folder = ${join(folder, "collections")}`,
      "[logging]",
      "level = error",
    ].join("\n"),
  );
  const users = join(folder, "users");
  writeFileSync(users, "");
  const child = spawn("radicale", ["--config", config], { stdio: "ignore" });
  return {
    port,
    invited: [],
    homeOf: (username) => `/${encodeURIComponent(username)}`,
    unknownToken: () => `http://radicale.org/ns/sync/${"0".repeat(64)}`,
    // It reads the file with each request.
    admit: async (username) => appendFileSync(users, `${username}:${CALDAV_PASSWORD}\n`),
    // Nothing of it is to be kept, and one that ends by itself may take its time.
    close: () => end(child, "SIGKILL", folder),
  };
}

export async function startXandikos(): Promise<InstalledProgram> {
  const folder = mkdtempSync(join(tmpdir(), "calsync-xandikos-"));
  const port = await freePort();
  const options = ["-d", join(folder, "data"), "--defaults", "-l", "127.0.0.1", "-p", String(port)];
  const child = spawn("xandikos", options, { stdio: "ignore" });
  return {
    port,
    invited: [],
    homeOf: () => "/user/calendars",
    unknownToken: () => "0".repeat(40),
    close: () => end(child, "SIGKILL", folder),
  };
}

/** Ends a process, and removes its folder. */
export async function end(child: ChildProcess, signal: "SIGKILL" | "SIGTERM", folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
  // Those whom it had started may still be about to go.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
