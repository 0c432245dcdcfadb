import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { REASONS } from "./reasons.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const spec = readFileSync(path("../SPEC.md"), "utf8");

/** The rows of SPEC.md's table of reasons: the codes, and what stands for their tests. */
const rows = spec
  .slice(spec.indexOf("\n## Reasons\n"))
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => {
    const [, codes = "", , tests = ""] = line.split("|");
    return { codes: [...codes.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code), tests };
  });

/** Every test file that the table may name, with its text; files of this folder before those of the API. */
const tests = [path(".."), path("../../../../apps/api/test/sync")]
  .flatMap((cwd) =>
    globSync("**/*.test.ts", { cwd, exclude: ["**/node_modules/**"] }).map((file) => `${cwd}/${file}`),
  )
  .map((file) => ({ name: basename(file), text: readFileSync(file, "utf8") }));

test("every reason has exactly one row in SPEC.md, and every row is about reasons that there are", () => {
  expect(rows.flatMap(({ codes }) => codes).sort()).toEqual(Object.keys(REASONS).sort());
});

test("every row names a test that there is", () => {
  for (const row of rows) {
    const files = [...row.tests.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file = ""]) => basename(file));
    // "…" stands for the rest of a title.
    const titles = [...row.tests.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title.replace(/ ?…$/, ""));
    expect(files.length, row.codes.join()).toBeGreaterThan(0);
    for (const file of files)
      expect(
        tests.map(({ name }) => name),
        row.codes.join(),
      ).toContain(file);
    const named = tests.filter(({ name }) => files.includes(name));
    for (const title of titles)
      expect(
        named.some(({ text }) => text.includes(title)),
        `${row.codes.join()}: "${title}"`,
      ).toBe(true);
  }
});
