import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./toolchain.mjs";

/** A small workspace with the folders of ours, in which every file breaks one rule of .dependency-cruiser.mjs. */
const FILES = {
  "packages/types/src/index.ts": 'import "@calsync/lib"; export interface Id { id: string }',
  "packages/lib/src/index.ts": "export const secret = 1;",
  "packages/lib/src/inner.ts": "export const inner = 1;",
  "packages/prisma/src/index.ts": "export class PrismaClient {}",
  "packages/testing/src/index.ts": "export const factory = 1;",
  "packages/app-store/index.ts":
    'import "@calsync/calendar-sync"; export interface Provider { slug: string }',
  "packages/app-store/first/index.ts": 'import "../second/index.ts";',
  "packages/app-store/second/index.ts": "export const second = 2;",
  "packages/features/calendar-sync/index.ts": "export {};",
  "packages/features/calendar-sync/engine/plan.ts": 'import "node:fs"; export const plan = 1;',
  "packages/features/calendar-sync/services/type-of-provider.ts":
    'import type { Provider } from "@calsync/app-store"; export type P = Provider;',
  "packages/features/calendar-sync/services/query.ts":
    'import { PrismaClient } from "@calsync/prisma"; export const client = PrismaClient;',
  "packages/features/calendar-sync/services/type-of-client.ts":
    'import type { PrismaClient } from "@calsync/prisma"; export type C = PrismaClient;',
  "packages/features/calendar-sync/services/reach.ts": 'import "../../../lib/src/inner.ts";',
  "packages/features/calendar-sync/services/reach-by-name.ts": 'import "@calsync/lib/src/inner.ts";',
  "packages/features/calendar-sync/services/factory.ts": 'import "@calsync/testing";',
  "packages/features/calendar-sync/services/factory.test.ts": 'import "@calsync/testing";',
  "packages/features/calendar-sync/services/one.ts":
    'import { two } from "./two.ts"; export const one = () => two;',
  "packages/features/calendar-sync/services/two.ts":
    'import { one } from "./one.ts"; export const two = () => one;',
  "packages/features/calendar-sync/services/app.ts": 'import "@calsync/api";',
  "packages/features/calendar-sync/repositories/Rows.ts":
    'import { PrismaClient } from "@calsync/prisma"; export const rows = new PrismaClient();',
  "apps/api/src/index.ts": 'import { secret } from "@calsync/lib"; export const shown = secret;',
};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "calsync-directions-"));
/** @type {Map<string, Set<string>>} names of the broken rules by file */
const broken = new Map();

beforeAll(() => {
  for (const [name, text] of Object.entries(FILES)) write(name, `${text}\n`);
  for (const name of [
    "types",
    "lib",
    "prisma",
    "testing",
    "app-store",
    "features/calendar-sync",
    "apps/api",
  ]) {
    const home = name.startsWith("apps/") ? name : `packages/${name}`;
    const entry = fs.existsSync(path.join(folder, home, "index.ts")) ? "./index.ts" : "./src/index.ts";
    const manifest = {
      name: `@calsync/${path.basename(name)}`,
      exports: { ".": { "@calsync/source": entry } },
    };
    write(`${home}/package.json`, JSON.stringify(manifest));
    fs.mkdirSync(path.join(folder, "node_modules/@calsync"), { recursive: true });
    fs.symlinkSync(path.join(folder, home), path.join(folder, "node_modules", manifest.name), "dir");
  }
  fs.copyFileSync(path.join(root, ".dependency-cruiser.mjs"), path.join(folder, ".dependency-cruiser.mjs"));
  const cruise = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const args = ["--config", ".dependency-cruiser.mjs", "--output-type", "json", "apps", "packages"];
  const { stdout, stderr } = spawnSync(process.execPath, [cruise, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  for (const { from, rule } of JSON.parse(stdout).summary.violations) {
    broken.set(from, (broken.get(from) ?? new Set()).add(rule.name));
  }
}, 60_000);

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name, text) {
  fs.mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
}

const services = "packages/features/calendar-sync/services";

describe("the import rules", () => {
  test.each([
    ["types that import anything of ours", "packages/types/src/index.ts", "types-imports-only"],
    ["an adapter package that imports a feature", "packages/app-store/index.ts", "app-store-imports-only"],
    [
      "a feature that imports an adapter, even its types",
      `${services}/type-of-provider.ts`,
      "features-imports-only",
    ],
    ["one provider that imports another", "packages/app-store/first/index.ts", "providers-are-islands"],
    ["a package that imports an app", `${services}/app.ts`, "apps-are-tops"],
    [
      "the database client outside of repositories",
      `${services}/query.ts`,
      "prisma-client-only-in-repositories",
    ],
    ["a relative path into another package", `${services}/reach.ts`, "no-reaching-into-packages"],
    ["an inner file of a package by its name", `${services}/reach-by-name.ts`, "no-unresolvable"],
    ["test tools in code that ships", `${services}/factory.ts`, "test-tools-only-in-tests"],
    ["an engine that touches the system", "packages/features/calendar-sync/engine/plan.ts", "engine-is-pure"],
    ["files that import each other", `${services}/one.ts`, "no-circular"],
  ])("refuse %s", (_, file, rule) => {
    expect([...(broken.get(file) ?? [])]).toContain(rule);
  });

  test.each([
    ["the database client in repositories", "packages/features/calendar-sync/repositories/Rows.ts"],
    ["types of the database client anywhere above it", `${services}/type-of-client.ts`],
    ["test tools in tests", `${services}/factory.test.ts`],
    ["a package by its name from an app", "apps/api/src/index.ts"],
  ])("allow %s", (_, file) => {
    expect([...(broken.get(file) ?? [])]).toEqual([]);
  });
});
