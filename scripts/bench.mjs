// pnpm bench: makes the clone ready, then measures it (apps/api/bench) from its sources, so that no build is needed.
//
//   pnpm bench --only pull,notify    some of the groups
//   pnpm bench --json                one JSON object on standard output; everything else goes to standard error
import { spawn } from "node:child_process";
import path from "node:path";
import { launch } from "./bootstrap.mjs";
import { explain } from "./progress.mjs";
import { explainRoot } from "./services.mjs";
import { loadDotEnv } from "./settings.mjs";
import { root } from "./toolchain.mjs";

const words = process.argv.slice(2).filter((word) => word !== "--" && word !== "--now");
if (words.includes("--json")) {
  // What the steps before the measuring say is no part of the result.
  process.stdout.write = /** @type {typeof process.stdout.write} */ (
    process.stderr.write.bind(process.stderr)
  );
}

if (process.argv.includes("--now")) await measure();
else await launch("bench.mjs", { build: false, args: ["--now", ...words] });

async function measure() {
  try {
    loadDotEnv();
    if (!process.env.DATABASE_URL) explainRoot();
    const flags = ["--conditions=@calsync/source", "--disable-warning=ExperimentalWarning"];
    const main = path.join(root, "apps/api/bench/main.bench.ts");
    const child = spawn(process.execPath, [...flags, main, ...words], { cwd: root, stdio: "inherit" });
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
