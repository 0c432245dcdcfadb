import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { removeDataFolder, startEmbeddedPostgres, stopEmbeddedPostgres } from "../embedded.ts";
import { migrate } from "../migrate.ts";
import { withDatabase } from "./database-url.ts";

/** Where test databases come from; plain data, so that it can be handed to the processes that run the tests. */
export interface TestServerAddress {
  /** Connection to the server's own database "postgres", by a user who may create databases. */
  adminUrl: string;
  /** Name of the migrated database that test databases are cloned from. */
  template: string;
}

/** The server of a run of tests, with the database that the others are cloned from. */
export interface TestServer extends TestServerAddress {
  /** Removes the template, or the whole server when it was started for this run. */
  tearDown(): Promise<void>;
}

/** Test data is not worth a disk's time: with these a commit costs what it costs in memory. */
const QUICK_AND_UNSAFE = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  shared_buffers: "128MB",
};

const FOLDER_PREFIX = "calsync-test-pg-";
const START_LIMIT_MS = 120_000;

/**
 * Readies a server for one test run: with a template database that has every table.
 * @param options.url a server to use instead of an embedded one; its user needs CREATEDB. Nothing but databases named
 *   `calsync_test_…` is touched on it.
 * @param options.extraMigrations run on the template after ours; the job queue brings its tables this way.
 */
export async function setUpTestServer(options: {
  url: string | undefined;
  extraMigrations?: ((templateUrl: string) => Promise<void>)[];
}): Promise<TestServer> {
  const embedded = options.url === undefined ? await startTemporaryServer() : null;
  const adminUrl = withDatabase(embedded?.url ?? options.url ?? "", "postgres");
  const template = `calsync_test_template_${randomBytes(4).toString("hex")}`;
  const templateUrl = withDatabase(adminUrl, template);

  await runAsAdmin(adminUrl, [`CREATE DATABASE "${template}"`]);
  await migrate(templateUrl);
  for (const run of options.extraMigrations ?? []) await run(templateUrl);

  return {
    adminUrl,
    template,
    async tearDown() {
      if (embedded !== null) return embedded.remove();
      await runAsAdmin(adminUrl, [`DROP DATABASE IF EXISTS "${template}" WITH (FORCE)`]);
    },
  };
}

async function startTemporaryServer(): Promise<{ url: string; remove(): Promise<void> }> {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  const server = await startEmbeddedPostgres({ dataDir: folder, settings: QUICK_AND_UNSAFE });
  return {
    url: server.url,
    async remove() {
      await server.stop();
      await removeDataFolder(folder);
    },
  };
}

/** Ends and removes servers whose test run was killed before it could. */
async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const folder of names.map((name) => join(tmpdir(), name))) {
    const owner = Number(await readFile(join(folder, "owner"), "utf8").catch(() => "0"));
    // No owner yet: another run is starting it right now, or was killed while it did.
    const age = Date.now() - (await stat(folder)).mtimeMs;
    if (owner === 0 ? age < START_LIMIT_MS : isAlive(owner)) continue;
    await stopEmbeddedPostgres(folder).catch(() => undefined);
    await removeDataFolder(folder).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Runs statements outside of any transaction, as CREATE and DROP DATABASE ask for. */
export async function runAsAdmin(adminUrl: string, statements: string[]): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
