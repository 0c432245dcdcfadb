import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const source = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Packages answer with their sources, so that no build is needed. */
const NODE_FLAGS = ["--conditions=@calsync/source", "--disable-warning=ExperimentalWarning"];

let database: TestDatabase;
let env: NodeJS.ProcessEnv;
let compileCache: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  compileCache = await mkdtemp(join(tmpdir(), "calsync-entrypoints-"));
  env = {
    PATH: process.env["PATH"],
    NODE_ENV: "test",
    DATABASE_URL: database.url,
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString("base64")}`,
    SESSION_SECRET: "s".repeat(32),
    SMTP_URL: "smtp://127.0.0.1:2525",
    // Every process of these tests loads the same code.
    NODE_COMPILE_CACHE: compileCache,
  };
  await database.prisma.user.create({ data: { email: "host@example.com", name: "Host", username: "host" } });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await database.drop();
  await rm(compileCache, { recursive: true, force: true });
});

function start(name: string, more: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [...NODE_FLAGS, source(name)], {
    env: { ...env, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  return { child, output: () => output };
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(name: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...env, ...more } };
    execFile(process.execPath, [...NODE_FLAGS, source(name), ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const calsync = (...args: string[]) => run("./cli.ts", args);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

async function ready(url: string, output: () => string): Promise<unknown> {
  const answer = async () => (await fetch(url).catch(() => null))?.status ?? output();
  await expect.poll(answer, { timeout: 30_000, interval: 100 }).toBe(200);
  return (await fetch(url)).json();
}

test("the server answers, and stops in good order on SIGTERM", async () => {
  const port = await freePort();
  const { child, output } = start("./server.ts", { API_PORT: String(port) });
  await ready(`http://127.0.0.1:${port}/readyz`, output);
  // A client that never reads its answer must not hold the process.
  const hanging = connect(port, "127.0.0.1");
  hanging.on("error", () => undefined);
  hanging.write("GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\n\r\n");
  hanging.pause();
  await once(hanging, "connect");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  hanging.destroy();
});

test("a server whose port is taken says which setting to change, and ends", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { child, output } = start("./server.ts", { API_PORT: String(port) });
  const [code] = await once(child, "exit");
  taken.close();
  expect(code).toBe(1);
  expect(output()).toContain("API_PORT");
});

test("the worker answers on its health port, and stops in good order on SIGTERM", async () => {
  const port = await freePort();
  const { child, output } = start("./worker.ts", {
    WORKER_HEALTH_PORT: String(port),
    CRON_INTERVAL_MS: "1000",
  });
  const state = await ready(`http://127.0.0.1:${port}/readyz`, output);
  expect(state).toMatchObject({ ok: true, checks: { queue: { ok: true } } });
  const crons = async () =>
    (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).match(
      /calsync_job_duration_seconds_count\{job="run-cron"[^}]*\} (\d+)/,
    )?.[1];
  await expect.poll(crons, { timeout: 15_000 }).toMatch(/[1-9]/);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a wrong configuration is refused with every problem at once", async () => {
  const { code, stderr } = await run("./server.ts", [], {
    ENCRYPTION_KEYS: "k1:short",
    SMTP_URL: "",
    API_PORT: "0",
  });
  expect(code).toBe(78);
  for (const name of ["ENCRYPTION_KEYS", "SMTP_URL", "API_PORT"]) expect(stderr).toContain(`  ${name}: `);
  expect(stderr).not.toContain("short");
});

test("calsync migrate and cron do their work", async () => {
  expect(await calsync("migrate")).toMatchObject({ code: 0, stdout: "The database is up to date.\n" });
  const report = await calsync("cron", "calendar-sync");
  expect(report.code).toBe(0);
  expect(JSON.parse(report.stdout)).toMatchObject({ pollsEnqueued: 0 });
  expect((await run("./cron.ts", ["calendar-subscriptions"])).code).toBe(0);
});

test("calsync queue counts and lists, and says what it cannot find", async () => {
  expect(await calsync("queue")).toMatchObject({ code: 0, stdout: expect.stringContaining("Workers:") });
  expect(await calsync("queue", "list", "--state", "failed,blocked")).toMatchObject({
    code: 0,
    stdout: "There is nothing.\n",
  });
  expect(await calsync("queue", "retry", "job-1")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("There is no such item in the queue."),
  });
});

test("calsync doctor and clean-up answer in JSON", async () => {
  const checked = await calsync("doctor", "--all", "--json");
  expect(JSON.parse(checked.stdout)).toMatchObject({ kind: "doctor", status: "done" });
  expect(JSON.parse((await calsync("clean-up")).stdout)).toMatchObject({ failedWork: 0 });
});

test("calsync keys makes a key that its list shows and its revoke ends", async () => {
  const made = await calsync(
    "keys",
    "create",
    "--email",
    "host@example.com",
    "--name",
    "deploy",
    "--scopes",
    "read",
  );
  expect(made.stdout).toMatch(/^cs_[\w-]{43}\n$/);
  const listed = await calsync("keys", "list", "--email", "host@example.com");
  expect(listed.stdout).toContain(made.stdout.slice(0, 9));
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(listed.stdout)?.[0] ?? "";
  expect((await calsync("keys", "revoke", id, "--email", "host@example.com")).stdout).toBe("Revoked.\n");
  expect((await calsync("keys", "list", "--email", "host@example.com")).stdout).toBe(
    "There are no API keys.\n",
  );
});

test("a command that is not understood explains itself on standard error", async () => {
  const unknown = await calsync("frobnicate");
  expect(unknown).toMatchObject({ code: 64, stdout: "", stderr: expect.stringContaining("calsync help") });
  expect((await calsync("cron", "other")).code).toBe(64);
  expect((await calsync("keys", "create", "--email", "nobody@example.com", "--name", "x")).stderr).toContain(
    "no user",
  );
  expect((await calsync("help")).stdout).toContain("calsync cron <name>");
});
