// Child processes of `npm start` and `npm test`: each in a process group of its own, with a log file, ended by its own id.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { dim, red, SetupError, say } from "./progress.mjs";
import { localDir, root } from "./toolchain.mjs";

/** Where the ids of the processes of `npm start` are kept. */
export const pidFile = path.join(localDir, "running.json");

const PATIENCE_MS = 8_000;
const READY_LIMIT_MS = 90_000;

/** @typedef {{ name: string, child: import("node:child_process").ChildProcess, logFile: string, tail: string[], ended: Promise<string> }} Service */

/** Starts processes, waits until they answer, and ends all of them together. */
export class Processes {
  #logDir;
  #pidFile;
  /** @type {Service[]} */
  #services = [];
  #stopping = false;
  /** @type {(error: Error) => void} */
  #reportDeath = () => {};
  /** Rejects when a process ends that should not have; its message holds the last lines that it wrote. */
  died = /** @type {Promise<never>} */ (
    new Promise((_, reject) => {
      this.#reportDeath = reject;
    })
  );

  /**
   * @param {string} logDir one file per process is written here
   * @param {string | null} pidFile where the ids of what runs are kept, for {@link endLeftovers} after a crash; null keeps none
   */
  constructor(logDir, pidFile) {
    this.#logDir = logDir;
    this.#pidFile = pidFile;
    this.died.catch(() => {});
    fs.mkdirSync(logDir, { recursive: true });
    this.#writePids();
  }

  /**
   * @param {string} name shown before its lines
   * @param {[string, ...string[]]} command executable and arguments
   * @param {{ cwd?: string, env: NodeJS.ProcessEnv }} options
   */
  start(name, [file, ...args], { cwd = root, env }) {
    const logFile = path.join(this.#logDir, `${name}.log`);
    const log = fs.createWriteStream(logFile);
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    /** @type {string[]} */
    const tail = [];
    const show = (line, isError) => {
      log.write(`${line}\n`);
      tail.push(line);
      if (tail.length > 25) tail.shift();
      const message = worthShowing(line, isError);
      if (message && !this.#stopping) say(`${dim(`[${name}]`)} ${message}`);
    };
    createInterface({ input: child.stdout }).on("line", (line) => show(line, false));
    createInterface({ input: child.stderr }).on("line", (line) => show(line, true));
    const ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(`could not be started: ${error.message}`));
      child.once("close", (code, signal) =>
        resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
      );
    });
    const service = { name, child, logFile, tail, ended };
    this.#services.push(service);
    this.#writePids();
    ended.then((how) => {
      log.end();
      if (this.#stopping) return;
      this.#reportDeath(
        new SetupError(
          `The ${name} ${how}. Its last lines:\n${tail.map((line) => `  ${line}`).join("\n")}`,
          `Its whole output is in ${path.relative(root, logFile)}.`,
        ),
      );
    });
  }

  /**
   * Waits until an address answers with a status below 400.
   * @param {string} name of the process behind it, for the message
   * @param {string} url
   */
  async ready(name, url) {
    const deadline = Date.now() + READY_LIMIT_MS;
    let last = "no answer";
    const poll = async () => {
      while (Date.now() < deadline && !this.#stopping) {
        try {
          const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5_000) });
          await answer.arrayBuffer();
          if (answer.status < 400) return;
          last = `status ${answer.status}`;
        } catch (error) {
          last = error.cause?.code ?? error.message;
        }
        await sleep(100);
      }
      const service = this.#services.find((one) => one.name === name);
      throw new SetupError(
        `The ${name} is not ready after ${READY_LIMIT_MS / 1000} s: ${url} gives ${last}. Its last lines:\n${service?.tail.join("\n")}`,
        service && `Its whole output is in ${path.relative(root, service.logFile)}.`,
      );
    };
    await Promise.race([poll(), this.died]);
  }

  /** Ends every process, last started first: SIGTERM, and SIGKILL for those that are still there after 8 s. */
  async stop() {
    this.#stopping = true;
    const late = new Set();
    for (const { child } of [...this.#services].reverse()) signalGroup(child.pid, "SIGTERM");
    const patience = setTimeout(() => {
      for (const service of this.#services) {
        late.add(service.name);
        signalGroup(service.child.pid, "SIGKILL");
      }
    }, PATIENCE_MS);
    await Promise.all(this.#services.map(({ ended }) => ended));
    clearTimeout(patience);
    // What a process has started itself may outlive it by a moment.
    for (const { child } of this.#services) signalGroup(child.pid, "SIGKILL");
    if (this.#pidFile) fs.rmSync(this.#pidFile, { force: true });
    if (late.size > 0) say(red(`Ended the hard way: ${[...late].join(", ")}`));
  }

  #writePids() {
    if (!this.#pidFile) return;
    const children = this.#services.map(({ name, child }) => ({ name, pid: child.pid }));
    fs.mkdirSync(path.dirname(this.#pidFile), { recursive: true });
    fs.writeFileSync(this.#pidFile, `${JSON.stringify({ pid: process.pid, children })}\n`);
  }
}

/**
 * Makes sure that no calsync runs from this clone, and ends what a killed one has left behind.
 * @param {string} file {@link pidFile}
 * @param {{ refuseToGoOn: string }} options why a running one is in the way, for the message
 * @throws SetupError when one runs
 */
export async function endLeftovers(file, { refuseToGoOn }) {
  let running;
  try {
    running = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return;
  }
  if (isOurs(running.pid)) {
    throw new SetupError(
      `calsync is running from this clone (process ${running.pid}), ${refuseToGoOn}.`,
      `End it first: Ctrl-C in its terminal, or kill ${running.pid}`,
    );
  }
  for (const { pid } of running.children) if (isOurs(pid)) signalGroup(pid, "SIGTERM");
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline && running.children.some(({ pid }) => isOurs(pid))) await sleep(50);
  for (const { pid } of running.children) if (isOurs(pid)) signalGroup(pid, "SIGKILL");
  fs.rmSync(file, { force: true });
}

/** Whether a process lives and was started from this clone: ids are used again, so being alive alone says nothing. */
function isOurs(pid) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const proc = `/proc/${pid}`;
    // A zombie has no command line; it has ended and only waits for its parent.
    const commandLine = fs.readFileSync(`${proc}/cmdline`, "utf8");
    return (
      commandLine !== "" && (commandLine.includes(root) || fs.readlinkSync(`${proc}/cwd`).startsWith(root))
    );
  } catch {
    return process.platform !== "linux";
  }
}

function signalGroup(pid, signal) {
  if (!pid) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Log lines are JSON (pino): of those only errors are shown. Of other output, what is written to standard error. */
function worthShowing(line, isError) {
  if (line.startsWith("{")) {
    try {
      const { level, msg, err } = JSON.parse(line);
      const isLog = level !== undefined && msg !== undefined;
      const isBad = level === "error" || level === "fatal" || level >= 50;
      if (isLog) return isBad ? red([msg, err?.message].filter(Boolean).join(": ")) : null;
    } catch {
      // Not a log line after all.
    }
  }
  return isError && line.trim() !== "" ? line : null;
}
