// npm run calsync: the command line of apps/api with the settings of the running `npm start`.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { explain, SetupError } from "./progress.mjs";
import { loadDotEnv, parseEnvFile, runningEnvFile } from "./settings.mjs";
import { findToolchain, root } from "./toolchain.mjs";

try {
  loadDotEnv();
  const cli = path.join(root, "apps/api/dist/cli.js");
  if (!fs.existsSync(cli))
    throw new SetupError("calsync is not built yet.", "Run npm start once, or pnpm build.");
  const local = parseEnvFile(runningEnvFile);
  if (!process.env.DATABASE_URL && !local.DATABASE_URL) {
    throw new SetupError("No database is known.", "Run npm start in another terminal, or set DATABASE_URL.");
  }
  const { node, env } = await findToolchain();
  const child = spawn(node, [cli, ...process.argv.slice(2)], { env: { ...local, ...env }, stdio: "inherit" });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
