// pnpm test:model: the model tests at length, beyond what npm test runs of them.
//
//   pnpm test:model --runs 50000       random histories of the engine in memory (none when left out and --pg-runs is given)
//   pnpm test:model --pg-runs 5000     against PostgreSQL and the simulated Google over HTTP, and of series on PostgreSQL
//   pnpm test:model --seed 42          the histories of one seed again, which a failure names
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { launch } from "./bootstrap.mjs";
import { explain, say } from "./progress.mjs";
import { explainRoot } from "./services.mjs";
import { loadDotEnv } from "./settings.mjs";
import { root } from "./toolchain.mjs";

const words = process.argv.slice(2).filter((word) => word !== "--" && word !== "--now");
if (process.argv.includes("--now")) await run();
else await launch("test-model.mjs", { build: false, args: ["--now", ...words] });

async function run() {
  try {
    const { runs, pgRuns, seed } = readWords();
    loadDotEnv();
    if (pgRuns > 0 && !process.env.DATABASE_URL) explainRoot();
    const suites = [
      ...(runs > 0
        ? [
            "packages/features/calendar-sync/model.test.ts",
            "packages/features/calendar-sync/series-model.test.ts",
          ]
        : []),
      ...(pgRuns > 0
        ? ["apps/api/test/sync/model-google.pg.test.ts", "apps/api/test/sync/series-histories.pg.test.ts"]
        : []),
    ];
    say(`${runs} histories in memory, ${pgRuns} against PostgreSQL and the simulated Google`);
    /** @type {NodeJS.ProcessEnv} */
    const env = {
      ...process.env,
      CALSYNC_MODEL_RUNS: String(runs),
      CALSYNC_MODEL_PG_RUNS: String(pgRuns),
      ...(seed === undefined ? {} : { CALSYNC_MODEL_SEED: seed }),
    };
    const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
    const child = spawn(process.execPath, [vitest, "run", ...suites], { cwd: root, env, stdio: "inherit" });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.on(signal, () => child.kill(signal));
    }
    process.exitCode = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 1));
    });
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}

/** What the command line asks for; a number that is none ends the process with the way to say it. */
function readWords() {
  try {
    const { values } = parseArgs({
      args: words,
      options: { runs: { type: "string" }, "pg-runs": { type: "string" }, seed: { type: "string" } },
    });
    const runs = values.runs ?? (values["pg-runs"] === undefined ? "50000" : "0");
    const pgRuns = values["pg-runs"] ?? "0";
    for (const given of [runs, pgRuns, values.seed ?? "0"]) {
      if (!/^-?\d+$/.test(given)) throw new Error(`"${given}" is no whole number.`);
    }
    return { runs: Number(runs), pgRuns: Number(pgRuns), seed: values.seed };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\nUsage: pnpm test:model [--runs N] [--pg-runs N] [--seed N]\n`);
    process.exit(64);
  }
}
