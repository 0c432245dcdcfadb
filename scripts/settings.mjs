// Ports, secrets and addresses of a local calsync. What the environment or a file .env says comes first.
import crypto from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import util from "node:util";
import { SetupError } from "./progress.mjs";
import { localDir, root } from "./toolchain.mjs";

const secretsFile = path.join(localDir, "env");
/** Settings of the running `npm start`, for `npm run calsync`; holds secrets, so only its owner may read it. */
export const runningEnvFile = path.join(localDir, "running.env");

/** @typedef {{ web: number, api: number, sandbox: number, smtp: number, graph: number }} Ports */

const PORTS = [
  { key: "web", variable: "WEB_PORT", usual: 3000, listener: "web app" },
  { key: "api", variable: "API_PORT", usual: 3001, listener: "API" },
  { key: "sandbox", variable: "SANDBOX_PORT", usual: 3010, listener: "calendar sandbox" },
  {
    key: "graph",
    variable: "SANDBOX_GRAPH_PORT",
    usual: 3011,
    listener: "sandbox's Microsoft Graph",
  },
  { key: "smtp", variable: "SANDBOX_SMTP_PORT", usual: 3025, listener: "sandbox's mail server" },
];

/** What `npm start` and `npm test` read themselves, for docs/operations/configuration.md. */
export const LOCAL_SETTINGS = [
  ...PORTS.map(({ variable, usual, listener }) => ({
    name: variable,
    usual: String(usual),
    text: `Port that the ${listener} listens on.`,
  })),
  {
    name: "WEB_HOST",
    usual: "localhost",
    text: "Address that the web app listens on; `0.0.0.0` in a container.",
  },
  {
    name: "CALSYNC_BROWSER",
    usual: "",
    text: "Path of the Chrome or Chromium for the end-to-end tests. Unset: one is found or unpacked from npm.",
  },
  { name: "CALSYNC_TEST_WORKERS", usual: "3", text: "Test files that run at a time." },
];

/** Variables of an env file; none when there is no such file, or when Node.js is older than 20.12 and cannot read it. */
export function parseEnvFile(file) {
  return fs.existsSync(file) && util.parseEnv ? util.parseEnv(fs.readFileSync(file, "utf8")) : {};
}

/** Puts the variables of a file .env into `process.env`; those that are set already stay as they are. */
export function loadDotEnv() {
  const file = path.join(root, ".env");
  for (const [name, value] of Object.entries(parseEnvFile(file))) {
    if (value && process.env[name] === undefined) process.env[name] = value;
  }
}

/**
 * The ports to listen on, each of them free.
 * @returns {Promise<Ports>}
 * @throws SetupError that names every taken port and the variable that changes it
 */
export async function freePorts() {
  const chosen = PORTS.map(({ key, variable, usual, listener }) => {
    const port = Number(process.env[variable] || usual);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return { key, variable, port, listener };
    throw new SetupError(
      `${variable} is "${process.env[variable]}", and a port is a number from 1 to 65535.`,
    );
  });
  const taken = [];
  for (const one of chosen) {
    if (chosen.some((other) => other !== one && other.port === one.port)) {
      throw new SetupError(`${one.variable} is ${one.port}, which another part of calsync uses too.`);
    }
    if (!(await isFree(one.port))) taken.push(one);
  }
  if (taken.length > 0) {
    const used = new Set(chosen.map(({ port }) => port));
    const instead = [];
    for (const { variable, port } of taken) {
      let other = port + 100;
      while (used.has(other) || !(await isFree(other))) other += 1;
      used.add(other);
      instead.push(`${variable}=${other}`);
    }
    throw new SetupError(
      taken
        .map(({ port, listener }) => `Port ${port}, which the ${listener} would use, is taken.`)
        .join("\n"),
      `End the program that uses it, or choose another: ${instead.join(" ")} npm start`,
    );
  }
  return /** @type {Ports} */ (Object.fromEntries(chosen.map(({ key, port }) => [key, port])));
}

/** One port that the system gives out. */
export async function anyPort() {
  const server = await listen(0, "127.0.0.1");
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Ports that the system gives out, for a run that nobody else should meet.
 * @returns {Promise<Ports>}
 */
export async function anyPorts() {
  const servers = await Promise.all(PORTS.map(() => listen(0, "127.0.0.1")));
  const ports = servers.map((server) => /** @type {net.AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return /** @type {Ports} */ (Object.fromEntries(PORTS.map(({ key }, index) => [key, ports[index]])));
}

async function isFree(port) {
  const outcomes = [];
  for (const host of ["127.0.0.1", "0.0.0.0", "::"]) outcomes.push(await tryPort(port, host));
  if (outcomes.includes("EACCES")) {
    throw new SetupError(`Port ${port} may not be used by this user.`, "Choose one above 1023.");
  }
  // A machine without IPv6 refuses "::" with another code, which says nothing about the port.
  return !outcomes.includes("EADDRINUSE");
}

/** Null when the port could be listened on, else the error's code. */
async function tryPort(port, host) {
  try {
    const server = await listen(port, host);
    await new Promise((done) => server.close(done));
    return null;
  } catch (error) {
    return error.code;
  }
}

/** @returns {Promise<net.Server>} */
function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

/** Secrets that the API needs, made once and kept in .calsync/env (readable by its owner only). */
export function localSecrets() {
  const random = (bytes) => crypto.randomBytes(bytes).toString("base64url");
  const made = {
    SESSION_SECRET: random(32),
    ENCRYPTION_KEYS: `local:${crypto.randomBytes(32).toString("base64")}`,
    CRON_SECRET: random(32),
    SANDBOX_GOOGLE_CLIENT_ID: "calsync-local.apps.googleusercontent.com",
    SANDBOX_GOOGLE_CLIENT_SECRET: random(24),
    SANDBOX_MICROSOFT_CLIENT_ID: crypto.randomUUID(),
    SANDBOX_MICROSOFT_CLIENT_SECRET: random(24),
    SANDBOX_NOTION_CLIENT_ID: crypto.randomUUID(),
    SANDBOX_NOTION_CLIENT_SECRET: random(24),
  };
  const kept = parseEnvFile(secretsFile);
  const secrets = { ...made, ...kept };
  if (Object.keys(made).some((name) => !kept[name])) writePrivate(secretsFile, secrets);
  return secrets;
}

/** Writes variables as an env file with mode 0600. */
export function writePrivate(file, variables) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${JSON.stringify(String(value))}`);
  fs.writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

/**
 * Environment of the API, the worker and the web server.
 * Real Google credentials (GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET) replace the sandbox's Google, those of
 * Microsoft (MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET) its Outlook, those of Notion (NOTION_CLIENT_ID and
 * NOTION_CLIENT_SECRET) its Notion, SMTP_URL its mail server.
 * @param {{ ports: Ports, databaseUrl: string, secrets: Record<string, string | undefined> }} local
 * @returns {Record<string, string>}
 */
export function serviceEnv({ ports, databaseUrl, secrets }) {
  const web = `http://localhost:${ports.web}`;
  const api = `http://127.0.0.1:${ports.api}`;
  const sandbox = `http://127.0.0.1:${ports.sandbox}`;
  const usual = {
    SESSION_SECRET: secrets.SESSION_SECRET,
    ENCRYPTION_KEYS: secrets.ENCRYPTION_KEYS,
    CRON_SECRET: secrets.CRON_SECRET,
    WEB_URL: web,
    API_URL: api,
    API_HOST: "127.0.0.1",
    SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
    MAIL_FROM: "calsync <bookings@calsync.test>",
    ...(usesSandbox().forGoogle ? googleEnv(sandbox, secrets) : {}),
    ...(usesSandbox().forNotion ? notionEnv(sandbox, secrets) : {}),
    ...(usesSandbox().forMicrosoft ? microsoftEnv(sandbox, ports.graph, secrets) : {}),
  };
  const chosen = Object.fromEntries(
    Object.entries(usual).map(([name, value]) => [name, process.env[name] || value]),
  );
  return {
    ...chosen,
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    API_PORT: String(ports.api),
    WEB_PORT: String(ports.web),
    SANDBOX_URL: sandbox,
  };
}

/** What the sandbox stands in for: Google, Microsoft and Notion without credentials of theirs, a mail server without SMTP_URL. */
export const usesSandbox = () => ({
  forGoogle: !process.env.GOOGLE_CLIENT_ID,
  forMicrosoft: !process.env.MICROSOFT_CLIENT_ID,
  forNotion: !process.env.NOTION_CLIENT_ID,
  forMail: !process.env.SMTP_URL,
});

function googleEnv(sandbox, secrets) {
  return {
    GOOGLE_CLIENT_ID: secrets.SANDBOX_GOOGLE_CLIENT_ID,
    GOOGLE_CLIENT_SECRET: secrets.SANDBOX_GOOGLE_CLIENT_SECRET,
    GOOGLE_API_URL: sandbox,
    GOOGLE_AUTH_URL: `${sandbox}/o/oauth2/v2/auth`,
    GOOGLE_TOKEN_URL: `${sandbox}/token`,
    GOOGLE_REVOKE_URL: `${sandbox}/revoke`,
  };
}

function notionEnv(sandbox, secrets) {
  return {
    NOTION_CLIENT_ID: secrets.SANDBOX_NOTION_CLIENT_ID,
    NOTION_CLIENT_SECRET: secrets.SANDBOX_NOTION_CLIENT_SECRET,
    NOTION_API_URL: sandbox,
  };
}

function microsoftEnv(sandbox, graphPort, secrets) {
  return {
    MICROSOFT_CLIENT_ID: secrets.SANDBOX_MICROSOFT_CLIENT_ID,
    MICROSOFT_CLIENT_SECRET: secrets.SANDBOX_MICROSOFT_CLIENT_SECRET,
    MICROSOFT_API_URL: `https://localhost:${graphPort}`,
    MICROSOFT_LOGIN_URL: `${sandbox}/microsoft`,
  };
}
