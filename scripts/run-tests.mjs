// The second half of `npm test`: one PostgreSQL for the whole run, both kinds of tests, one sum.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { bold, explain, SetupError, say, step } from "./progress.mjs";
import { explainRoot, startDatabase } from "./services.mjs";
import { localDir, root } from "./toolchain.mjs";

/** @typedef {{ passed: number, failed: number }} Sum */

const words = process.argv.slice(2);
const filters = words.filter((word) => word !== "--e2e");
const onlyEndToEnd = words.includes("--e2e");
const wanted = { vitest: !onlyEndToEnd, endToEnd: onlyEndToEnd || filters.length === 0 };
const resultDir = path.join(localDir, "test");
const specs = path.join(root, "apps/web/e2e");

/** Each thing to undo at the end, last first. */
const undo = /** @type {(() => unknown)[]} */ ([]);
const running = new Set();
let interrupted = false;

async function main() {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      interrupted = true;
      for (const child of running) child.kill("SIGTERM");
    });
  }
  fs.rmSync(resultDir, { recursive: true, force: true });
  fs.mkdirSync(resultDir, { recursive: true });

  const sums = [];
  try {
    const databaseUrl = await database();
    if (wanted.vitest) sums.push(await vitest(databaseUrl));
    if (wanted.endToEnd && !interrupted) sums.push(await endToEnd(databaseUrl));
  } catch (error) {
    explain(error);
    sums.push({ passed: 0, failed: 1 });
  } finally {
    for (const end of undo.reverse()) await end();
  }
  const passed = sums.reduce((sum, each) => sum + each.passed, 0);
  const failed = sums.reduce((sum, each) => sum + each.failed, 0);
  if (interrupted) say("\nInterrupted: not every test has run.");
  else if (passed + failed === 0) say("\nNo test ran, which counts as a failure.");
  say(`\n${passed} passed, ${failed} failed`);
  return !interrupted && failed === 0 && passed > 0;
}

/** The server of DATABASE_URL, or a PostgreSQL of this run that forgets everything afterwards. Null leaves it to vitest's global setup. */
async function database() {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  if (!wanted.endToEnd) return null;
  explainRoot();
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "calsync-test-"));
  undo.push(() => fs.rmSync(dataDir, { recursive: true, force: true }));
  const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  const { url, stop } = await step("Start PostgreSQL", () => startDatabase({ dataDir, settings }));
  undo.push(stop);
  return url;
}

/** @returns {Promise<Sum>} */
async function vitest(databaseUrl) {
  say(bold("\nUnit and database tests"));
  const output = path.join(resultDir, "vitest.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${output}`, ...filters];
  const env = { ...process.env, ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) };
  const code = await node(["node_modules/vitest/vitest.mjs", ...args], env);
  const report = readJson(output);
  if (!report) return { passed: 0, failed: 1 };
  // A file that cannot be loaded fails without a single test in it.
  const unloadable = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const failed = report.numFailedTests + unloadable.length;
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}

/** @returns {Promise<Sum>} */
async function endToEnd(databaseUrl) {
  say(bold("\nEnd-to-end tests"));
  const hasSpecs =
    fs.existsSync(specs) &&
    fs.readdirSync(specs, { recursive: true }).some((name) => /[.]spec[.]ts$/.test(String(name)));
  if (!hasSpecs) {
    say("There are none in apps/web/e2e.");
    return { passed: 0, failed: 0 };
  }
  // Only this part needs a browser, which not every machine can bring.
  const { startTestStack } = await import("./test-stack.mjs");
  const stack = await startTestStack(databaseUrl, { dir: resultDir, onStarted: (end) => undo.push(end) });

  const output = path.join(resultDir, "playwright.json");
  const project = filters.some((word) => word.startsWith("--project")) ? [] : ["--project=tests"];
  const args = ["test", "--config", "playwright.config.ts", "--reporter=list,json", ...project, ...filters];
  const playwright = node(["node_modules/@playwright/test/cli.js", ...args], {
    ...process.env,
    ...stack.env,
    // What the tests share with others is read from its source.
    NODE_OPTIONS: "--conditions=@calsync/source",
    PLAYWRIGHT_JSON_OUTPUT_FILE: output,
  });
  const code = await Promise.race([playwright, stack.died]);
  const report = readJson(output);
  if (!report) return { passed: 0, failed: 1 };
  const failed = report.stats.unexpected + report.errors.length;
  return {
    passed: report.stats.expected + report.stats.flaky,
    failed: failed === 0 && code !== 0 ? 1 : failed,
  };
}

/** Runs a script with this Node.js in the terminal; gives its exit code. */
function node([script, ...args], env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, script), ...args], {
      cwd: root,
      env,
      stdio: "inherit",
    });
    running.add(child);
    child.once("error", (error) => reject(new SetupError(`${script} cannot be started: ${error.message}`)));
    child.once("close", (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

main().then(
  (ok) => process.exit(ok ? 0 : 1),
  (error) => {
    explain(error);
    process.exit(1);
  },
);
