import { spawn } from "node:child_process";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { findBinaries, type PostgresBinaries } from "./embedded/binaries.ts";
import {
  type DataFolder,
  dataVersion,
  logTail,
  openDataFolder,
  readOrCreatePassword,
  trimLog,
} from "./embedded/data-folder.ts";
import { EmbeddedPostgresError } from "./embedded/error.ts";
import { initialise, SERVER_ENVIRONMENT, SUPERUSER } from "./embedded/initialise.ts";
import { type OsUser, unprivilegedUser } from "./embedded/os-user.ts";
import { findRunningServer, isAlive, type RunningServer } from "./embedded/running-server.ts";

export { removeDataFolder } from "./embedded/data-folder.ts";
export { EmbeddedPostgresError } from "./embedded/error.ts";

/** Major version of the PostgreSQL that the npm packages carry. */
const SERVER_MAJOR = "18";
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

/** Where the server of npm's binaries keeps its data, and how it is reached. */
export interface EmbeddedPostgresOptions {
  /** Folder for the data, the password and the log (see embedded/data-folder.ts); made when missing. */
  dataDir: string;
  /** TCP port on 127.0.0.1; 0 or unset takes a free one. */
  port?: number | undefined;
  /** Database that the returned url names; made when missing. Default "calsync". */
  database?: string | undefined;
  /** Server settings as in postgresql.conf, over ours (`{ fsync: "off" }`). */
  settings?: Record<string, string> | undefined;
  /** Told in a sentence what happens. */
  log?: ((message: string) => void) | undefined;
}

/** A server that was started, or found running. */
export interface EmbeddedPostgres {
  /** Connection string with the password; do not log it. */
  url: string;
  port: number;
  /** Process id of the server. */
  pid: number;
  /** False when another living process started the server: we share it, and `stop` leaves it running. */
  owned: boolean;
  /** Ends the server (connections are cut, nothing is lost). Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that comes from npm on 127.0.0.1, with a password and without Unix sockets. The server is a
 * process of its own, out of reach of the terminal's Ctrl-C, so that the application can finish its work before `stop`.
 * When a former owner was killed, its server is taken over if it still runs, or recovers from its log if it does not.
 * @throws EmbeddedPostgresError with what to do when the port is taken, the data was made by another major version, …
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const user = await unprivilegedUser();
  const folder = await openDataFolder(options.dataDir, user);
  const password = await readOrCreatePassword(folder);
  const binaries = await findBinaries(user);

  const version = await dataVersion(folder);
  if (version === null) {
    log("making a new PostgreSQL data folder");
    await initialise(folder, binaries, user, password);
  } else if (version !== SERVER_MAJOR) {
    throw new EmbeddedPostgresError(
      `The data in ${folder.root} was made by PostgreSQL ${version}, and this version brings ${SERVER_MAJOR}.`,
      {
        hint: "Forget the local data (npm run reset), or dump it with the old version and load it into the new one.",
      },
    );
  }

  const server = await takeOverOrStart(folder, binaries, user, options, log);
  const owner = await claim(folder);
  const database = options.database ?? "calsync";
  const url = (name: string) =>
    `postgresql://${SUPERUSER}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(name)}`;
  await ensureDatabase(url("postgres"), database, folder);

  const owned = owner === process.pid;
  // A process that ends without stop() (an uncaught error) takes its server along; SIGKILL is what taking over is for.
  const onExit = () => {
    try {
      process.kill(server.pid, "SIGINT");
    } catch {
      // It has ended already.
    }
  };
  if (owned) process.once("exit", onExit);

  let stopped: Promise<void> | undefined;
  return {
    url: url(database),
    port: server.port,
    pid: server.pid,
    owned,
    stop() {
      stopped ??= (async () => {
        if (!owned) return;
        process.off("exit", onExit);
        await stopServer(folder, server.pid);
        await rm(join(folder.root, "owner"), { force: true });
      })();
      return stopped;
    },
  };
}

/**
 * Ends whatever server still uses a data folder, for instance one whose owner was killed.
 * @returns whether there was one.
 */
export async function stopEmbeddedPostgres(dataDir: string): Promise<boolean> {
  const folder = await openDataFolder(dataDir, await unprivilegedUser());
  const running = await findRunningServer(folder);
  if (running === null) return false;
  await stopServer(folder, running.pid);
  await rm(join(folder.root, "owner"), { force: true });
  return true;
}

async function takeOverOrStart(
  folder: DataFolder,
  binaries: PostgresBinaries,
  user: OsUser | null,
  options: EmbeddedPostgresOptions,
  log: (message: string) => void,
): Promise<RunningServer> {
  const wantedPort = options.port ?? 0;
  const deadline = Date.now() + START_LIMIT_MS;
  let failure = "";
  while (Date.now() < deadline) {
    const running = await findRunningServer(folder);
    if (running?.ready === false) {
      await sleep(50);
      continue;
    }
    if (running !== null) {
      const shared = await livingOwner(folder);
      if (wantedPort === 0 || running.port === wantedPort || shared !== null) {
        log(`PostgreSQL is running already on port ${running.port}`);
        return running;
      }
      await stopServer(folder, running.pid);
    }
    const port = wantedPort === 0 ? await freePort() : wantedPort;
    log(`starting PostgreSQL on port ${port}`);
    const started = await start(folder, binaries, user, port, options.settings ?? {}, deadline);
    if (typeof started !== "string") return started;
    failure = started;
    if (failure.includes("could not bind") && wantedPort !== 0) {
      throw new EmbeddedPostgresError(
        `Port ${wantedPort} is taken, so the embedded PostgreSQL cannot listen on it.`,
        { hint: "Choose another port, or end the program that uses it." },
      );
    }
    // Backends of a killed server may need a moment to see that it is gone and to let its shared memory go.
    const passes = /could not bind|lock file|shared memory block|being shut down|starting up/.test(failure);
    if (!passes) break;
    await sleep(200);
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL did not start. Its log ends with:\n${failure || (await logTail(folder))}\n`,
    { hint: `The whole log is ${folder.logFile}.` },
  );
}

/** Starts one server process. Gives the end of its log when it has ended before it was ready. */
async function start(
  folder: DataFolder,
  binaries: PostgresBinaries,
  user: OsUser | null,
  port: number,
  settings: Record<string, string>,
  deadline: number,
): Promise<RunningServer | string> {
  await trimLog(folder);
  const all: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    // A path to a socket may have 107 characters, fewer than many a clone's path; TCP on the loopback has no such limit.
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    max_connections: "200",
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const logFile = await open(folder.logFile, "a", 0o600);
  let ended = false;
  try {
    const child = spawn(binaries.postgres, ["-D", folder.data, ...flags], {
      cwd: "/",
      env: SERVER_ENVIRONMENT,
      detached: true,
      stdio: ["ignore", logFile.fd, logFile.fd],
      ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
    });
    child.once("error", () => {
      ended = true;
    });
    child.once("exit", () => {
      ended = true;
    });
    child.unref();
    while (Date.now() < deadline) {
      if (ended) return await logTail(folder);
      const running = await findRunningServer(folder);
      if (running?.pid === child.pid && running?.ready) return running;
      await sleep(15);
    }
    return `It was not ready after ${START_LIMIT_MS / 1000} s.`;
  } finally {
    await logFile.close();
  }
}

async function stopServer(folder: DataFolder, pid: number): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one that recovers at the next start.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    const deadline = Date.now() + STOP_LIMIT_MS;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    while (Date.now() < deadline) {
      const running = await findRunningServer(folder);
      if (running?.pid !== pid && !(await isAlive(pid))) return;
      await sleep(15);
    }
  }
  throw new EmbeddedPostgresError(`The embedded PostgreSQL (process ${pid}) does not end.`, {
    hint: `See ${folder.logFile}, and end it by hand.`,
  });
}

/** Process id of the owner, when that is another process that still lives. */
async function livingOwner(folder: DataFolder): Promise<number | null> {
  const owner = Number(await readFile(join(folder.root, "owner"), "utf8").catch(() => "0"));
  return owner > 0 && owner !== process.pid && (await isAlive(owner)) ? owner : null;
}

/** Makes us the owner unless another living process is; gives the owner's process id. */
async function claim(folder: DataFolder): Promise<number> {
  const other = await livingOwner(folder);
  if (other !== null) return other;
  await writeFile(join(folder.root, "owner"), String(process.pid));
  return process.pid;
}

async function ensureDatabase(adminUrl: string, database: string, folder: DataFolder): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  try {
    await client.connect();
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    const code = (error as { code?: string }).code;
    // Two processes that start together: the other one has made it.
    if (code === "42P04" || code === "23505") return;
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL runs but does not let us in: ${(error as Error).message}.`,
      {
        hint: `If ${join(folder.root, "password")} was lost or changed, forget the local data (npm run reset).`,
        cause: error,
      },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
