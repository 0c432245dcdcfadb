import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateJobs } from "@calsync/jobs";
import { removeDataFolder, startEmbeddedPostgres } from "@calsync/prisma/embedded";
import { openTestDatabase, setUpTestServer, type TestDatabase } from "@calsync/prisma/testing";
import { freePort } from "@calsync/testing";
import { apiEnvironment, GOOGLE_CLIENT } from "../test/support/api-environment.ts";
import { type NodeProcess, startNode, untilReady } from "../test/support/node-process.ts";
import { type SandboxProcess, startSandboxProcess } from "../test/support/sandbox-process.ts";

/** What benchmarks run on: a real PostgreSQL that writes to disk as in production, and Google's simulator beside it. */
export interface BenchWorld {
  sandbox: SandboxProcess;
  /** A migrated database of a benchmark's own with an API server on it. @param more environment of its processes */
  open(more?: Record<string, string>): Promise<BenchSite>;
  /** Says what is being done. */
  say(text: string): void;
  close(): Promise<void>;
}

/** One installation. */
export interface BenchSite {
  database: TestDatabase;
  /** Environment of its processes. */
  env: Record<string, string>;
  /** The API server, in a process of its own. */
  api: NodeProcess;
  apiUrl: string;
  /** Starts another process of it. */
  start(file: URL, more?: { env?: Record<string, string>; args?: string[] }): NodeProcess;
  close(): Promise<void>;
}

/** @param options.databaseUrl a server to use in place of an embedded one; its user needs CREATEDB */
export async function createBenchWorld(options: {
  databaseUrl: string | undefined;
  /** A folder for CPU profiles of the API's processes. */
  profileDir: string | undefined;
  say: (text: string) => void;
}): Promise<BenchWorld> {
  const { say, profileDir } = options;
  const postgres = options.databaseUrl === undefined ? await startPostgres() : null;
  const server = await setUpTestServer({
    url: postgres?.url ?? options.databaseUrl,
    extraMigrations: [migrateJobs],
  });
  const sandbox = await startSandboxProcess({
    allowHttpCallbacks: true,
    smtpPort: 0,
    googleClients: [GOOGLE_CLIENT],
  });
  return {
    sandbox,
    say,
    async open(more = {}) {
      const database = await openTestDatabase(server);
      const apiPort = await freePort();
      const env = {
        ...apiEnvironment({
          databaseUrl: database.url,
          googleUrl: sandbox.url,
          apiPort,
          smtpPort: sandbox.smtpPort,
        }),
        LOG_LEVEL: "warn",
        // Servers that users name are on this machine too.
        OUTBOUND_ALLOW: "127.0.0.1",
        ...(profileDir ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir}` } : {}),
        ...more,
      };
      const start: BenchSite["start"] = (file, more = {}) =>
        startNode(file, { env: { ...env, ...more.env }, ...(more.args ? { args: more.args } : {}) });
      const api = start(new URL("../src/server.ts", import.meta.url));
      const apiUrl = `http://127.0.0.1:${apiPort}`;
      await untilReady(`${apiUrl}/readyz`, api);
      return {
        database,
        env,
        api,
        apiUrl,
        start,
        async close() {
          await api.stop();
          await database.drop();
        },
      };
    },
    async close() {
      await sandbox.stop();
      await server.tearDown();
      await postgres?.remove();
    },
  };
}

async function startPostgres() {
  const dataDir = await mkdtemp(join(tmpdir(), "calsync-bench-"));
  const server = await startEmbeddedPostgres({ dataDir });
  return {
    url: server.url,
    async remove() {
      await server.stop();
      await removeDataFolder(dataDir);
    },
  };
}
