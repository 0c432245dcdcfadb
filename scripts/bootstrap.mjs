// Makes a clone ready to run with nothing but Node.js 20 and npm: toolchain, packages, generated code, build.
// Each step is skipped when the hash of what goes into it is the same as last time.
//
//   node scripts/bootstrap.mjs            everything
//   node scripts/bootstrap.mjs --no-build packages and generated code only
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { explain, step } from "./progress.mjs";
import { findToolchain, localDir, logDir, requireDisk, requireNode20, root, run } from "./toolchain.mjs";

const stampFile = path.join(localDir, "stamps.json");
const SKIPPED_FOLDERS = new Set([
  "node_modules",
  "dist",
  ".next",
  ".turbo",
  "generated",
  "coverage",
  "test-results",
  "e2e",
]);
const SKIPPED_FILES = /([.](test|bench)[.]tsx?|[.]md|[.]tsbuildinfo|next-env[.]d[.]ts)$/;

/**
 * Installs, generates and builds what has changed since the last time.
 * @param {{ build?: boolean }} [options] `build: false` leaves out the build, which tests and checks of sources do not need
 * @returns {Promise<import("./toolchain.mjs").Toolchain>}
 */
async function bootstrap({ build = true } = {}) {
  requireNode20();
  const toolchain = await findToolchain();
  const stamps = readStamps();

  const manifests = [...workspaceFolders(), "."].map((folder) => path.join(folder, "package.json"));
  const packages = hashFiles(["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]);
  if (stamps.packages !== packages || !fs.existsSync(path.join(root, "node_modules", ".modules.yaml"))) {
    requireDisk(2);
    await step("Install packages", () => pnpm(toolchain, ["install", "--frozen-lockfile"], "install.log"));
    writeStamp({ packages });
  }

  const generated = hash(packages + hashFiles(generatorInputs()));
  if (
    stamps.generated !== generated ||
    !fs.existsSync(path.join(root, "packages/prisma/src/generated/client.ts"))
  ) {
    await step("Generate the database client", () => turbo(toolchain, ["generate"], "generate.log"));
    writeStamp({ generated });
  }

  const sources = hashFiles([...sourceFiles(), "tsconfig.base.json", "tsup.config.base.ts", "turbo.json"]);
  const built = hash(packages + sources);
  if (build && (stamps.built !== built || !isBuilt())) {
    requireDisk(1);
    await step("Build what has changed", () => turbo(toolchain, ["build"], "build.log"));
    writeStamp({ built });
  }
  return toolchain;
}

/**
 * Bootstraps, then runs another script of this folder with the Node.js that fits, and ends as it ends.
 * A Ctrl-C reaches that script by itself (same terminal); other signals are passed on.
 * @param {string} script file name in this folder
 * @param {{ build?: boolean, args?: string[], before?: () => unknown }} [options] `before` runs ahead of the (long) preparation
 */
export async function launch(script, { build = true, args = process.argv.slice(2), before } = {}) {
  try {
    requireNode20();
    await before?.();
    const { node, env } = await bootstrap({ build });
    const child = spawn(node, [path.join(root, "scripts", script), ...args], {
      cwd: root,
      env,
      stdio: "inherit",
    });
    const ignore = () => {};
    const forward = (signal) => child.kill(signal);
    process.on("SIGINT", ignore);
    process.on("SIGTERM", forward);
    process.on("SIGHUP", forward);
    if (process.env.npm_lifecycle_event) {
      // npm that is killed does not always tell its script; then the script has another parent.
      const parent = process.ppid;
      setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 1_000).unref();
    }
    process.exitCode = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
    });
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}

/** @param {import("./toolchain.mjs").Toolchain} toolchain */
const pnpm = ({ pnpm: [command, ...first], env }, args, log) =>
  // CI: pnpm asks no questions. It is set for the install only, since Next.js and turbo change their output by it.
  run(command, [...first, ...args], { env: { ...env, CI: "true" }, logFile: path.join(logDir, log) });

const turbo = ({ node, env }, args, log) =>
  run(
    node,
    [
      path.join(root, "node_modules/turbo/bin/turbo"),
      "run",
      ...args,
      ...withSources(),
      "--output-logs=new-only",
    ],
    {
      env,
      logFile: path.join(logDir, log),
    },
  );

/** Folders of the workspace's packages, as pnpm-workspace.yaml lists them, relative to the root. */
function workspaceFolders() {
  return ["apps", "packages", "packages/features"].flatMap((parent) =>
    list(parent)
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${parent}/${entry.name}`)
      .filter((folder) => fs.existsSync(path.join(root, folder, "package.json")))
      .sort(),
  );
}

function isBuilt() {
  const has = (file) => fs.existsSync(path.join(root, file));
  return workspaceFolders().every((folder) =>
    isEmpty(folder) || has(`${folder}/next.config.ts`)
      ? has(`${folder}/.next/BUILD_ID`)
      : has(`${folder}/dist`),
  );
}

/** Whether a package has nothing to build or check yet: its manifest and its settings are all there is. */
const isEmpty = (folder) =>
  files(folder).every((file) => /[/](package|tsconfig([.]build)?)[.]json$|[/]tsup[.]config[.]ts$/.test(file));

/** Arguments that make turbo leave out the packages that are empty yet, whose tools would complain that there is no input. */
export const withSources = () =>
  workspaceFolders()
    .filter(isEmpty)
    .map((folder) => `--filter=!./${folder}`);

/** What the `generate` tasks read: the schema, and the folders that the provider registry is made from. */
function generatorInputs() {
  const scripts = workspaceFolders().flatMap((folder) => files(`${folder}/scripts`));
  return [
    "packages/prisma/schema.prisma",
    "packages/prisma/prisma.config.ts",
    ...scripts,
    ...files("packages/app-store", /metadata[.]ts$/),
  ];
}

const sourceFiles = () => workspaceFolders().flatMap((folder) => files(folder));

const list = (folder) => {
  try {
    return fs.readdirSync(path.join(root, folder), { withFileTypes: true });
  } catch {
    return [];
  }
};

function files(folder, pattern = /./) {
  return list(folder).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      // packages/features is a folder of packages, which are listed on their own.
      return SKIPPED_FOLDERS.has(entry.name) || name === "packages/features" ? [] : files(name, pattern);
    }
    return entry.isFile() && !SKIPPED_FILES.test(entry.name) && pattern.test(entry.name) ? [name] : [];
  });
}

const hash = (text) => crypto.createHash("sha256").update(text).digest("hex");

function hashFiles(names) {
  const all = crypto.createHash("sha256");
  for (const name of [...new Set(names)].sort()) {
    all.update(`${name}\0`);
    try {
      all.update(fs.readFileSync(path.join(root, name)));
    } catch {
      all.update("(none)");
    }
  }
  return all.digest("hex");
}

function readStamps() {
  try {
    return JSON.parse(fs.readFileSync(stampFile, "utf8"));
  } catch {
    return {};
  }
}

function writeStamp(stamp) {
  fs.mkdirSync(localDir, { recursive: true });
  fs.writeFileSync(stampFile, `${JSON.stringify({ ...readStamps(), ...stamp }, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  bootstrap({ build: !process.argv.includes("--no-build") }).catch((error) => {
    explain(error);
    process.exitCode = 1;
  });
}
