// Finds a Node.js and a pnpm that fit, or brings both from the npm registry into .calsync/toolchain.
// Runs on Node.js 20 with nothing installed.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError, step } from "./progress.mjs";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Git-ignored folder with everything that the commands make: toolchain, database, secrets, logs. */
export const localDir = path.join(root, ".calsync");
export const logDir = path.join(localDir, "logs");

const toolchainDir = path.join(localDir, "toolchain");
const nodeMajor = fs.readFileSync(path.join(root, ".nvmrc"), "utf8").trim();
const GIGABYTE = 1024 ** 3;

/**
 * @typedef {object} Toolchain
 * @property {string} node path of the Node.js executable to run everything with
 * @property {[string, ...string[]]} pnpm command and first arguments that run pnpm
 * @property {NodeJS.ProcessEnv} env environment in which `node` and `pnpm` are these two
 */

/** Whether a Node.js version runs TypeScript files as they are (22.18) and is one that our tools support (even majors). */
export function isFitNode(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return (major === 22 && minor >= 18) || (major >= 24 && major % 2 === 0);
}

/** @throws SetupError when not even the scripts themselves can run on this Node.js */
export function requireNode20() {
  if (Number(process.versions.node.split(".")[0]) >= 20) return;
  throw new SetupError(
    `This is Node.js ${process.versions.node}, and calsync needs 20 or newer to set itself up.`,
    "Install a current Node.js from https://nodejs.org (or `nvm install 24`), then run the command again.",
  );
}

/** @throws SetupError when less than `gigabytes` are free where the clone lies */
export function requireDisk(gigabytes) {
  const { bavail, bsize } = fs.statfsSync(root);
  const free = (bavail * bsize) / GIGABYTE;
  if (free >= gigabytes) return;
  throw new SetupError(
    `Only ${free.toFixed(1)} GB are free on the disk of ${root}, and setting up needs ${gigabytes} GB.`,
    "Free some space (`npm cache clean --force` often helps), or clone into another disk.",
  );
}

/** Version of pnpm that the repository asks for, from package.json's packageManager. */
function wantedPnpm() {
  const { packageManager } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  return packageManager.replace(/^pnpm@/, "").replace(/[+].*$/, "");
}

/**
 * The toolchain of this machine where it fits, ours where it does not.
 * @returns {Promise<Toolchain>}
 */
export async function findToolchain() {
  const version = wantedPnpm();
  const ownNode = isFitNode(process.versions.node) ? process.execPath : null;
  const ownPnpm = ownNode ? machinePnpm(version) : null;
  if (ownNode && ownPnpm) return { node: ownNode, pnpm: ownPnpm, env: withPath([path.dirname(ownNode)]) };

  const [nodePackage, nodeFile] = nodePackageName();
  const wanted = { ...(ownNode ? {} : { [nodePackage]: nodeMajor }), pnpm: version };
  const broughtNode = path.join(toolchainDir, "node_modules", nodePackage, nodeFile);
  if (!isBrought(wanted, ownNode ?? broughtNode)) {
    requireDisk(2);
    const names = Object.entries(wanted).map(([name, range]) => `${name}@${range}`);
    const what = ownNode ? `pnpm ${version}` : `Node.js ${nodeMajor} and pnpm ${version}`;
    await step(`Bring ${what} into .calsync/toolchain (this machine's own do not fit)`, () =>
      bring(names, wanted),
    );
    if (!isBrought(wanted, ownNode ?? broughtNode)) {
      throw new SetupError(
        `${what} came from the npm registry but do not run on ${process.platform}-${process.arch}.`,
        `Install Node.js ${nodeMajor} from https://nodejs.org, then run the command again.`,
      );
    }
  }
  const node = ownNode ?? broughtNode;
  return {
    node,
    pnpm: [node, path.join(toolchainDir, "node_modules", "pnpm", pnpmFile())],
    env: withPath([path.join(toolchainDir, "node_modules", ".bin"), path.dirname(node)]),
  };
}

/**
 * npm's packages with nothing but the executable in them: they need no install script, which npm may refuse to run.
 * @returns {[string, string]} name of the package, and the executable in it
 */
function nodePackageName() {
  const { platform, arch } = process;
  if (platform === "win32") return [`node-win-${arch}`, "bin/node.exe"];
  const prefix = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  return [`${prefix}-${platform}-${arch}`, "bin/node"];
}

function pnpmFile() {
  const manifest = JSON.parse(
    fs.readFileSync(path.join(toolchainDir, "node_modules", "pnpm", "package.json"), "utf8"),
  );
  return typeof manifest.bin === "string" ? manifest.bin : manifest.bin.pnpm;
}

function isBrought(wanted, node) {
  try {
    const stamp = fs.readFileSync(path.join(toolchainDir, "stamp.json"), "utf8");
    if (stamp !== JSON.stringify(wanted)) return false;
    const pnpm = path.join(toolchainDir, "node_modules", "pnpm", pnpmFile());
    return fs.existsSync(pnpm) && isFitNode(output(node, ["--version"]) ?? "0");
  } catch {
    return false;
  }
}

async function bring(names, wanted) {
  fs.rmSync(toolchainDir, { recursive: true, force: true });
  fs.mkdirSync(toolchainDir, { recursive: true });
  fs.writeFileSync(path.join(toolchainDir, "package.json"), '{ "private": true }\n');
  const [command, ...first] = npmCommand();
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
  const limits = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--loglevel=error"];
  await run(command, [...first, ...args, ...limits, ...names], {
    cwd: toolchainDir,
    env: { ...process.env, npm_config_engine_strict: "false" },
    logFile: path.join(logDir, "toolchain.log"),
  });
  fs.writeFileSync(path.join(toolchainDir, "stamp.json"), JSON.stringify(wanted));
}

/** @returns {[string, ...string[]]} */
function npmCommand() {
  const running = process.env.npm_execpath ?? "";
  if (/npm-cli\.[cm]?js$/.test(running)) return [process.execPath, running];
  return [process.platform === "win32" ? "npm.cmd" : "npm"];
}

/** @returns {[string] | null} */
function machinePnpm(version) {
  const name = process.platform === "win32" ? "pnpm.cmd" : "pnpm";
  return output(name, ["--version"]) === version ? [name] : null;
}

/** Trimmed standard output of a command, null when it fails. Outside the clone, so that no version manager switches versions. */
function output(command, args) {
  const result = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 20_000,
    cwd: path.parse(root).root,
    shell: command.endsWith(".cmd"),
    env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: "0", COREPACK_ENABLE_NETWORK: "0" },
  });
  return result.status === 0 ? result.stdout.trim() : null;
}

function withPath(folders) {
  const inherited = process.env.PATH ?? "";
  const quiet = { TURBO_TELEMETRY_DISABLED: "1", NEXT_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  return { ...process.env, ...quiet, PATH: [...folders, inherited].join(path.delimiter) };
}

const NETWORK =
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|META_FETCH_FAIL|FETCH_ERROR|network request|socket hang up/;

/**
 * Runs a command with its output in a log file.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, logFile: string }} options
 * @throws SetupError with the end of the output when it fails, in plain words when the registry or the disk is the reason
 */
export function run(command, args, { cwd = root, env = process.env, logFile }) {
  fs.mkdirSync(path.dirname(logFile), { recursive: true });
  const log = fs.createWriteStream(logFile);
  let tail = "";
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    shell: command.endsWith(".cmd"),
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log.write(chunk);
      tail = (tail + chunk).slice(-8_000);
    });
  }
  const forward = (signal) => child.kill(signal);
  process.once("SIGTERM", forward);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new SetupError(`${command} cannot be started: ${error.message}`)));
    child.once("close", (code, signal) => {
      process.off("SIGTERM", forward);
      log.end();
      if (code === 0) return resolve(undefined);
      if (signal) return reject(new SetupError(`${path.basename(command)} was ended by ${signal}.`));
      reject(failure(command, args, tail, logFile));
    });
  });
}

function failure(command, args, tail, logFile) {
  // tsup tells every file that it writes.
  const telling = tail
    .trim()
    .split("\n")
    .filter((line) => !/^\S+:build: (CLI|ESM) /.test(line));
  const lines = telling.slice(-25).join("\n");
  if (/ENOSPC|no space left/i.test(tail)) {
    return new SetupError(`The disk is full.\n${lines}`, "Free some space, then run the command again.");
  }
  if (NETWORK.test(tail)) {
    return new SetupError(
      `The npm registry cannot be reached.\n${lines}`,
      "Check the network, and `npm config get registry` and `npm config get proxy` if you are behind one. Nothing is lost: the next run goes on.",
    );
  }
  const name = [path.basename(command), ...args].join(" ").slice(0, 120);
  return new SetupError(
    `\`${name}\` failed:\n${lines}`,
    `The whole output is in ${path.relative(root, logFile)}.`,
  );
}
