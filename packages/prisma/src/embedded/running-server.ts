import { execFile } from "node:child_process";
import { readFile, readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DataFolder } from "./data-folder.ts";

const run = promisify(execFile);

/** What PostgreSQL writes about itself into postmaster.pid. */
export interface RunningServer {
  pid: number;
  port: number;
  ready: boolean;
}

const lockFile = (folder: DataFolder) => join(folder.data, "postmaster.pid");

/**
 * The server that uses this data now, or null. A lock file that a killed server left behind counts for nothing, also
 * when its process id meanwhile belongs to something else; that second kind is removed, because PostgreSQL itself would
 * believe it.
 */
export async function findRunningServer(folder: DataFolder): Promise<RunningServer | null> {
  const text = await readFile(lockFile(folder), "utf8").catch(() => null);
  if (text === null) return null;
  // Lines: pid, data folder, start time, port, socket folder, listen address, shared memory key, status.
  const lines = text.split("\n").map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !(await isAlive(pid))) return null;
  if (!(await isServerOf(pid, folder))) {
    await rm(lockFile(folder), { force: true });
    return null;
  }
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7] === "ready" };
}

/** Whether a process lives. A zombie (killed, and not yet collected by its parent) does not. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/\) Z /.test(status);
}

async function isServerOf(pid: number, folder: DataFolder): Promise<boolean> {
  const data = await realpath(folder.data).catch(() => folder.data);
  try {
    // A postmaster's working directory is its data folder.
    if (process.platform === "linux") return (await readlink(`/proc/${pid}/cwd`)) === data;
    if (process.platform === "win32") return true;
    const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]);
    return stdout.includes("postgres") && (stdout.includes(folder.data) || stdout.includes(data));
  } catch {
    return false;
  }
}
