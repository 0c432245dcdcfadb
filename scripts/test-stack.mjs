// Everything that the end-to-end tests meet: a calsync and its sandbox on free ports, with a database of their own, and a browser.
import { createRequire } from "node:module";
import path from "node:path";
import { findBrowser } from "./browser.mjs";
import { Processes } from "./processes.mjs";
import { step } from "./progress.mjs";
import { migrateDatabase, seedDatabase, startServices } from "./services.mjs";
import { anyPorts, localSecrets } from "./settings.mjs";
import { logDir, root } from "./toolchain.mjs";

/** Waits that a person's day has room for and a test has not, and servers that users name on this machine. */
const SETTINGS = {
  CRON_INTERVAL_MS: "1000",
  MAIL_SETTLE_MS: "500",
  OUTBOUND_ALLOW: "127.0.0.1",
  // All guests of a test come from one address.
  GUEST_CHANGES_PER_HOUR: "0",
  GUEST_READS_PER_MINUTE: "0",
};

/**
 * Starts the stack; its logs are in .calsync/logs/test.
 * @param {string} serverUrl a PostgreSQL server, on which a database is made for this run
 * @param {{ dir: string, onStarted: (end: () => unknown) => void }} options
 *   `dir`: where the sandbox keeps its state; `onStarted` is handed, for each thing that was started, what ends it
 * @returns {Promise<{ env: Record<string, string>, died: Promise<never> }>} what the tests are told by their environment, and a
 *   promise that rejects when a process ends by itself
 */
export async function startTestStack(serverUrl, { dir, onStarted }) {
  const browser = await step("Find a browser", findBrowser);
  const databaseUrl = await ownDatabase(serverUrl, onStarted);
  await step("Bring the database up to date", () => migrateDatabase(databaseUrl));
  await seedDatabase(databaseUrl);

  // Whatever is configured on this machine, the tests meet the sandbox, at the addresses of this run.
  for (const name of Object.keys(process.env)) {
    if (
      /^(GUEST_|GOOGLE_|MICROSOFT_|API_|WEB_|SMTP_|MAIL_|WORKER_|NOTIFICATION_|CRON_|SCHEDULE_|OUTBOUND_)/.test(
        name,
      )
    )
      delete process.env[name];
  }
  const processes = new Processes(path.join(logDir, "test"), null);
  onStarted(() => processes.stop());
  const { env } = await startServices(processes, {
    ports: await anyPorts(),
    databaseUrl,
    secrets: localSecrets(),
    statePath: path.join(dir, "sandbox.json"),
    settings: SETTINGS,
    sandboxFlags: ["--no-quota"],
  });
  return { env: { ...env, E2E_BROWSER: JSON.stringify(browser) }, died: processes.died };
}

/** A new database on the server that the run uses. */
async function ownDatabase(serverUrl, onStarted) {
  const pg = createRequire(path.join(root, "packages/prisma/package.json"))("pg");
  const name = `calsync_e2e_${process.pid}`;
  const run = async (sql) => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await run(`CREATE DATABASE ${name}`);
  onStarted(() => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).catch(() => {}));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
