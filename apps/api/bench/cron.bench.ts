import { createLogger, loadEnv } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { createContainer } from "../src/container.ts";
import { apiEnv } from "../src/env.ts";
import { fillLargeTables, LARGE_TABLES } from "../test/support/large-tables.ts";
import { findBadPlans, recordStatements } from "../test/support/query-plans.ts";
import { liveThrough } from "../test/sync/everyday-life.ts";
import { SyncHarness } from "../test/sync/harness.ts";
import type { BenchGroup } from "./group.bench.ts";
import { median } from "./statistics.bench.ts";
import type { BenchSite, BenchWorld } from "./world.bench.ts";

const SMALL = 10_000;
const LARGE = 1_000_000;
/** What a tick takes of each kind of work: all that is due of the small installation, the first of what is due of the large one. */
const BATCH = 10;
const TICKS = 25;
/** The presence of the harness that everyday life is lived in. */
const AT = new Date("2030-01-07T08:00:00.000Z");

/**
 * Whether a tick costs what it does and not what there is: the same ten polls and ten channels are taken from 10,000 calendars and
 * from 1,000,000, of which one in a thousand is due. And whether every statement of crons and jobs goes by an index then, with the
 * planner as it is.
 */
export const cronBench: BenchGroup = {
  name: "cron",
  async run(world) {
    const small = await world.open();
    const smallMs = await costOfTick(world, small, SMALL);
    await small.close();
    const large = await world.open();
    const largeMs = await costOfTick(world, large, LARGE);
    const { checked, bad } = await checkPlans(world, large);
    await large.close();
    for (const { text, scanned } of bad) world.say(`cron: goes through ${scanned.join(", ")}: ${text}`);
    return [
      {
        key: "cron.tickRatio",
        label: "A tick at 1,000,000 calendars, to one at 10,000",
        value: largeMs / smallMs,
        unit: "",
        note: `0.1 % due, ${BATCH} of each kind taken; medians of ${TICKS}: ${largeMs.toFixed(1)} ms to ${smallMs.toFixed(1)} ms`,
      },
      {
        key: "cron.scans",
        label: "Statements that go through a whole table",
        value: bad.length,
        unit: "",
        note: `of ${checked} of crons and jobs, by EXPLAIN at 1,000,000 calendars`,
      },
    ];
  },
};

/** The median time of a tick of both crons, in milliseconds. */
async function costOfTick(world: BenchWorld, site: BenchSite, calendars: number): Promise<number> {
  world.say(`cron: filling in ${calendars.toLocaleString("en")} calendars`);
  await fillLargeTables(site.database.url, calendars, AT);
  const log = createLogger({ level: "silent", name: "bench" });
  const container = createContainer(loadEnv(apiEnv, site.env), {
    name: "cron",
    log,
    now: () => AT,
    syncSettings: { cronBatchSize: BATCH },
  });
  const times: number[] = [];
  for (let tick = 0; tick < TICKS + 5; tick++) {
    const started = performance.now();
    const polls = await container.sync.runCron("calendar-sync");
    const channels = await container.sync.runCron("calendar-subscriptions");
    // The first ticks warm connections and caches up.
    if (tick >= 5) times.push(performance.now() - started);
    if (polls["pollsEnqueued"] !== BATCH || channels["subscriptionsTaken"] !== BATCH)
      throw new Error(`A tick took ${JSON.stringify({ ...polls, ...channels })}.`);
    await putBack(site.database.prisma);
  }
  await container.close();
  const ms = median(times);
  world.say(`cron: a tick takes ${ms.toFixed(1)} ms at ${calendars.toLocaleString("en")} calendars`);
  return ms;
}

/** What a tick has taken is due again. */
async function putBack(prisma: PrismaClient): Promise<void> {
  const due = new Date(AT.getTime() - 60_000);
  await prisma.$executeRaw`
    UPDATE "CalendarSync" SET "nextPollAt" = ${due}, "pullRequestedAt" = NULL WHERE "pullRequestedAt" IS NOT NULL`;
  await prisma.$executeRaw`
    UPDATE "CalendarSubscription" SET "nextAttemptAt" = ${due}
     WHERE "nextAttemptAt" > ${AT} AND "nextAttemptAt" < ${new Date(AT.getTime() + 6 * 60_000)}`;
  await prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`;
}

async function checkPlans(world: BenchWorld, site: BenchSite) {
  world.say("cron: everyday life at 1,000,000 calendars, and the plan of each of its statements");
  const { database } = site;
  const stop = recordStatements(new URL(database.url).pathname.slice(1));
  await liveThrough(new SyncHarness(database, { settings: { cronBatchSize: 5 } }));
  const statements = stop();
  const bad = await findBadPlans(database.url, statements, LARGE_TABLES, { small: false });
  return { checked: statements.length, bad };
}
