// pnpm check: style, types, import directions, what nobody uses, generated documents. Everything runs, then the verdict.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { launch, withSources } from "./bootstrap.mjs";
import { bold, dim, green, red, say } from "./progress.mjs";
import { root } from "./toolchain.mjs";

const bin = (file, ...args) => [path.join(root, "node_modules", file), ...args];

/**
 * What is checked: a title, and the arguments that Node.js runs it with.
 * @type {[string, string[]][]}
 */
const CHECKS = [
  ["Style (biome)", bin("@biomejs/biome/bin/biome", "check", ".", "--error-on-warnings")],
  [
    "Types (tsc)",
    bin(
      "turbo/bin/turbo",
      "run",
      "typecheck",
      ...withSources(),
      "--continue",
      "--output-logs=errors-only",
      "--log-order=grouped",
    ),
  ],
  ["Types of scripts and root files (tsc)", bin("typescript/bin/tsc", "-p", "scripts/tsconfig.json")],
  [
    "Import directions and circles (dependency-cruiser)",
    bin(
      "dependency-cruiser/bin/dependency-cruiser.mjs",
      "--config",
      ".dependency-cruiser.mjs",
      "apps",
      "packages",
      "scripts",
    ),
  ],
  [
    "Unused files, exports and dependencies (knip)",
    bin("knip/bin/knip.js", "--no-progress", "--no-config-hints"),
  ],
  ["Registry of providers", [path.join(root, "packages/app-store/scripts/generate-registry.mjs"), "--check"]],
  ["Documentation of the settings", [path.join(root, "scripts/generate-config-docs.mjs"), "--check"]],
];

function checkAll() {
  const results = CHECKS.map(([title, args]) => {
    say(bold(`\n${title}`));
    const begun = Date.now();
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
    return { title, ok: status === 0, seconds: ((Date.now() - begun) / 1000).toFixed(1) };
  });
  say();
  for (const { title, ok, seconds } of results) {
    say(`${ok ? green("✓") : red("✗")} ${title} ${dim(`(${seconds} s)`)}`);
  }
  return results.every(({ ok }) => ok);
}

if (process.argv.includes("--now")) process.exitCode = checkAll() ? 0 : 1;
else if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await launch("check.mjs", { build: false, args: ["--now"] });
