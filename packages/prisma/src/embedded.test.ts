import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isAlive } from "./embedded/running-server.ts";
import {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  removeDataFolder,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "./embedded.ts";

const settings = { fsync: "off" };
let parent: string;
let dataDir: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "calsync-embedded-"));
  await chmod(parent, 0o755);
  // A path that is longer than a Unix socket's may be.
  dataDir = join(parent, "a-folder-with-a-long-name-".repeat(5), "postgres");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await stopEmbeddedPostgres(dataDir);
  await removeDataFolder(dataDir);
  await rm(parent, { recursive: true, force: true });
}, 60_000);

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts the server from another process. */
async function startElsewhere(): Promise<{ child: ChildProcess; pid: number; owned: boolean; port: number }> {
  const script = fileURLToPath(new URL("./embedded/start-and-wait.test-support.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@calsync/source", script, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { pid: number; owned: boolean; port: number }) };
}
async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}
const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, settings });

describe("startEmbeddedPostgres", { timeout: 60_000 }, () => {
  test("makes a server that speaks UTF-8 and UTC, on the loopback alone, behind a password", async () => {
    const server = await start();

    const [row] = await query(
      server.url,
      `SELECT current_database() AS database, current_setting('server_encoding') AS encoding,
        current_setting('TimeZone') AS zone, current_setting('listen_addresses') AS addresses,
        current_setting('unix_socket_directories') AS sockets, 'ä' < 'z' AS by_code_point, upper('ä') AS upper`,
    );
    expect(row).toEqual({
      database: "calsync",
      encoding: "UTF8",
      zone: "UTC",
      addresses: "127.0.0.1",
      sockets: "",
      by_code_point: false,
      upper: "Ä",
    });
    const withoutPassword = server.url.replace(/:[^:@]+@/, ":wrong@");
    await expect(query(withoutPassword, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
    expect((await stat(join(dataDir, "password"))).mode & 0o777).toBe(0o600);
    await server.stop();
    expect(await isAlive(server.pid)).toBe(false);
  });

  test("keeps its data between runs, and starts the second time at once", async () => {
    const first = await start();
    await query(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    await first.stop();
    await first.stop();

    const second = await start();

    expect(await query(second.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  });

  test("the server of a process that was killed is taken over, and stopped by the new owner", async () => {
    const orphan = await startElsewhere();
    await kill(orphan.child);
    expect(await isAlive(orphan.pid)).toBe(true);

    const server = await start();

    expect(server).toMatchObject({ pid: orphan.pid, port: orphan.port, owned: true });
    expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await server.stop();
    expect(await isAlive(orphan.pid)).toBe(false);
  });

  test("a server that was killed itself recovers what it had committed", async () => {
    const first = await start();
    await query(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    process.kill(first.pid, "SIGKILL");

    const second = await start();

    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  });

  test("a lock file whose process id now belongs to something else is no obstacle", async () => {
    const first = await start();
    const lock = await readFile(join(await dataFolder(), "postmaster.pid"), "utf8");
    await first.stop();
    await writeFile(join(await dataFolder(), "postmaster.pid"), lock.replace(/^\d+/, String(process.ppid)));

    const second = await start();

    expect(await query(second.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("a second process shares a server that is in use, and leaves it running", async () => {
    const other = await startElsewhere();

    const shared = await start();
    await shared.stop();

    expect(shared).toMatchObject({ pid: other.pid, owned: false });
    expect(await isAlive(other.pid)).toBe(true);
  });

  test("works in a folder that nobody else may enter, and forgets all of it", async () => {
    await chmod(parent, 0o700);

    const server = await start();
    expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    const data = await dataFolder();
    await server.stop();
    await removeDataFolder(dataDir);

    await expect(stat(data)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(stat(dataDir)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a port that is taken is reported with what to do", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };

    const error = await startEmbeddedPostgres({ dataDir, port, settings }).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(EmbeddedPostgresError);
    expect((error as EmbeddedPostgresError).message).toContain(`Port ${port} is taken`);
    blocker.close();
  });

  test("data of another major version is reported with what to do", async () => {
    const server = await start();
    await server.stop();
    await writeFile(join(await dataFolder(), "PG_VERSION"), "16\n");

    await expect(start()).rejects.toThrow(/made by PostgreSQL 16, and this version brings 18.*npm run reset/);
  });
});

async function dataFolder(): Promise<string> {
  const moved = await readFile(join(dataDir, "moved-to"), "utf8").catch(() => null);
  return moved?.trim() ?? join(dataDir, "data");
}
