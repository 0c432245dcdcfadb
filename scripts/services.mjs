// The parts of a running calsync, shared by `npm start` and the end-to-end tests of `npm test`. They run what was built.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { say, step } from "./progress.mjs";
import { anyPort, serviceEnv, usesSandbox } from "./settings.mjs";
import { root } from "./toolchain.mjs";

const built = (file) => import(pathToFileURL(path.join(root, file)).href);

/** Login of the demo host that the seed makes. */
export const DEMO = { email: "demo@calsync.test", password: "demo-calsync", username: "demo" };

/**
 * Starts the PostgreSQL that comes from npm.
 * @param {{ dataDir: string, settings?: Record<string, string> }} options
 * @returns {Promise<{ url: string, stop(): Promise<void> }>}
 */
export async function startDatabase(options) {
  const { startEmbeddedPostgres } = await built("packages/prisma/dist/embedded.js");
  return startEmbeddedPostgres(options);
}

/** Applies the migrations that the database lacks: ours and the job queue's. */
export async function migrateDatabase(url) {
  const [{ migrate }, { migrateJobs }] = await Promise.all([
    built("packages/prisma/dist/migrate.js"),
    built("packages/jobs/dist/index.js"),
  ]);
  await migrate(url);
  await migrateJobs(url);
}

/** Fills an empty database with the demo. A database that has users, for instance one of your own, is left as it is. */
export async function seedDatabase(url) {
  if (await hasUsers(url)) return;
  const { seedDemo } = await built("packages/prisma/dist/seed.js");
  await step("Fill the empty database with a demo", () => seedDemo(url));
}

async function hasUsers(url) {
  const pg = createRequire(path.join(root, "packages/prisma/package.json"))("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT EXISTS (SELECT FROM "User") AS found');
    return rows[0].found;
  } finally {
    await client.end();
  }
}

/**
 * Starts sandbox, API, worker and web server, and waits until each of them answers.
 * @param {import("./processes.mjs").Processes} processes
 * @param {{
 *   ports: import("./settings.mjs").Ports,
 *   databaseUrl: string,
 *   secrets: Record<string, string | undefined>,
 *   statePath: string,
 *   settings?: Record<string, string>,
 *   sandboxFlags?: string[],
 * }} local
 *   `statePath`: file in which the sandbox keeps its calendars and mails between runs;
 *   `settings`: settings of the services beyond the usual ones; `sandboxFlags`: further flags of the sandbox
 * @returns addresses, whether the sandbox stands in for Google, and the services' settings
 */
export async function startServices(
  processes,
  { ports, databaseUrl, secrets, statePath, settings = {}, sandboxFlags = [] },
) {
  const { forGoogle, forMicrosoft, forNotion, forMail } = usesSandbox();
  // Graph is served over TLS with a certificate of the sandbox' own. Its clients trust the authority behind it, and whom the
  // environment trusts already; Node.js reads the file when a process starts.
  const caPath = path.join(path.dirname(statePath), "sandbox-ca.pem");
  /** @type {Record<string, string>} */
  const trust = forMicrosoft ? { NODE_EXTRA_CA_CERTS: caPath } : {};
  const env = { ...serviceEnv({ ports, databaseUrl, secrets }), ...trust, ...settings };
  const all = { ...process.env, ...env };
  const alreadyTrusted = process.env.NODE_EXTRA_CA_CERTS || "";
  const node = process.execPath;
  // Asked directly, also when API_URL is a public address in front of it.
  const api = `http://127.0.0.1:${ports.api}`;
  const sandbox = forGoogle || forMicrosoft || forNotion || forMail ? env.SANDBOX_URL : null;

  if (sandbox) {
    fs.mkdirSync(path.dirname(statePath), { recursive: true });
    const callback = `${env.WEB_URL}/api/v1/oauth/googlecalendar/callback`;
    const client = `${secrets.SANDBOX_GOOGLE_CLIENT_ID}:${secrets.SANDBOX_GOOGLE_CLIENT_SECRET}:${callback}`;
    const flags = [
      "--port",
      ports.sandbox,
      "--smtp-port",
      ports.smtp,
      "--state",
      statePath,
      "--google-client",
      client,
      ...(forNotion ? notionFlags(env, secrets) : []),
      ...(forMicrosoft ? graphFlags(env, { ports, secrets, caPath }) : []),
      ...sandboxFlags,
    ];
    await step("Start the calendar sandbox", async () => {
      // NODE_ENV: the sandbox refuses to run in production, and the rest of calsync runs here as it does there.
      processes.start(
        "sandbox",
        [node, "packages/provider-sandbox/dist/cli.js", ...flags.map(String), "--allow-http-callbacks"],
        {
          // The file that the others are to trust is only about to be written.
          env: { ...all, NODE_ENV: "development", NODE_EXTRA_CA_CERTS: alreadyTrusted },
        },
      );
      await processes.ready("sandbox", `${sandbox}/`);
      if (forMicrosoft && alreadyTrusted)
        fs.appendFileSync(caPath, `\n${fs.readFileSync(alreadyTrusted, "utf8")}`);
    });
  }
  await step("Start the API and the worker", async () => {
    processes.start("api", [node, "apps/api/dist/server.js"], { env: all });
    const health = Number(process.env.WORKER_HEALTH_PORT) || (await anyPort());
    processes.start("worker", [node, "apps/api/dist/worker.js"], {
      env: { ...all, WORKER_HEALTH_PORT: String(health) },
    });
    await processes.ready("api", `${api}/readyz`);
    await processes.ready("worker", `http://127.0.0.1:${health}/readyz`);
  });
  await step("Start the web server", async () => {
    const next = createRequire(path.join(root, "apps/web/package.json")).resolve("next/dist/bin/next");
    const host = process.env.WEB_HOST || "localhost";
    processes.start("web", [node, next, "start", "--port", String(ports.web), "--hostname", host], {
      cwd: path.join(root, "apps/web"),
      env: { ...all, PORT: String(ports.web) },
    });
    await processes.ready("web", `http://localhost:${ports.web}/`);
  });
  return { web: env.WEB_URL, api, sandbox, forGoogle, forMicrosoft, env };
}

/** What the sandbox needs to know of our installation to stand in for Notion. */
function notionFlags(env, secrets) {
  const callback = `${env.WEB_URL}/api/v1/oauth/notioncalendar/callback`;
  return [
    "--notion-client",
    `${secrets.SANDBOX_NOTION_CLIENT_ID}:${secrets.SANDBOX_NOTION_CLIENT_SECRET}:${callback}`,
  ];
}

/** What tells the sandbox to serve Microsoft Graph, and the app that calsync signs in as. */
function graphFlags(env, { ports, secrets, caPath }) {
  const callback = `${env.WEB_URL}/api/v1/oauth/office365calendar/callback`;
  const app = `${secrets.SANDBOX_MICROSOFT_CLIENT_ID}:${secrets.SANDBOX_MICROSOFT_CLIENT_SECRET}:${callback}`;
  return ["--graph-port", ports.graph, "--graph-ca", caPath, "--graph-app", app];
}

/** Says what a root shell should know before PostgreSQL starts, which refuses to run as root. */
export function explainRoot() {
  if (process.getuid?.() === 0) {
    say(
      "  You are root, and PostgreSQL refuses to run as root: it runs as the user postgres or nobody instead.",
    );
  }
}
