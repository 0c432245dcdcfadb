import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { caldavBench } from "./caldav.bench.ts";
import { callsBench } from "./calls.bench.ts";
import { cronBench } from "./cron.bench.ts";
import type { BenchGroup, Figure } from "./group.bench.ts";
import { icsBench } from "./ics.bench.ts";
import { latencyBench } from "./latency.bench.ts";
import { notifyBench } from "./notify.bench.ts";
import { pullBench } from "./pull.bench.ts";
import { pushBench } from "./push.bench.ts";
import { slotsBench } from "./slots.bench.ts";
import { createBenchWorld } from "./world.bench.ts";

/*
 * pnpm bench: what the parts cost, measured on a real PostgreSQL and Google's simulator over HTTP. Progress goes to standard
 * error; a table for people to standard output, or with --json to standard error, and one JSON object to standard output.
 * CALSYNC_BENCH_PROFILE names a folder for CPU profiles of the API's processes; CALSYNC_BENCH_SQL=1 shows the statements of a page.
 */
const GROUPS: readonly BenchGroup[] = [
  callsBench,
  pullBench,
  pushBench,
  notifyBench,
  latencyBench,
  slotsBench,
  cronBench,
  icsBench,
  caldavBench,
];

const say = (text: string) => process.stderr.write(`${text}\n`);

const { json, groups } = readArguments();
const world = await createBenchWorld({
  databaseUrl: process.env["DATABASE_URL"] || undefined,
  profileDir: process.env["CALSYNC_BENCH_PROFILE"],
  say,
});
const figures: Figure[] = [];
try {
  for (const group of groups) figures.push(...(await group.run(world)));
} finally {
  await world.close();
}
(json ? say : console.log)(`\n${table(figures)}\n\n${machine()}`);
if (json) console.log(JSON.stringify(Object.fromEntries(figures.flatMap(keyed))));
process.exit(0);

function keyed({ key, value }: Figure): [string, number][] {
  return key === undefined ? [] : [[key, Number(value.toPrecision(4))]];
}

function table(rows: readonly Figure[]): string {
  const width = Math.max(...rows.map(({ label }) => label.length));
  return rows
    .map(({ label, value, unit, note }) => {
      const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
      return `${label.padEnd(width)} ${value.toFixed(digits).padStart(8)} ${unit.padEnd(3)} ${note ?? ""}`.trimEnd();
    })
    .join("\n");
}

function machine(): string {
  const [cpu] = cpus();
  return `Node.js ${process.versions.node}, ${cpus().length} × ${cpu?.model ?? "unknown"}`;
}

function readArguments(): { json: boolean; groups: readonly BenchGroup[] } {
  const names = GROUPS.map(({ name }) => name);
  try {
    const { values } = parseArgs({ options: { json: { type: "boolean" }, only: { type: "string" } } });
    const wanted = values.only?.split(",").map((name) => name.trim()) ?? names;
    const unknown = wanted.filter((name) => !names.includes(name));
    if (unknown.length > 0) throw new Error(`There is no benchmark "${unknown.join('", "')}".`);
    return { json: values.json === true, groups: GROUPS.filter(({ name }) => wanted.includes(name)) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\nUsage: pnpm bench [--json] [--only ${names.join(",")}]\n`);
    process.exit(64);
  }
}
