import { runJobsUntilEmpty } from "@calsync/jobs";
import { createLogger, loadEnv } from "@calsync/lib";
import { createPrismaClient, onQuery, type PrismaClient } from "@calsync/prisma";
import { countStatements } from "@calsync/prisma/testing";
import type { GoogleEvent } from "@calsync/provider-sandbox";
import { createContainer } from "../src/container.ts";
import { apiEnv } from "../src/env.ts";
import { type ConnectedHost, connectHost } from "../test/support/connected-host.ts";
import { until } from "../test/support/node-process.ts";
import type { EventChange } from "../test/support/sandbox-process.ts";
import { hour, makeBookings } from "./bookings.bench.ts";
import type { BenchGroup, Figure } from "./group.bench.ts";
import { median } from "./statistics.bench.ts";
import { BenchWorker } from "./worker.bench.ts";
import type { BenchSite, BenchWorld } from "./world.bench.ts";

const PAGE = 250;
const PAGES = 8;
/** Half of all changes are of bookings. */
const BOOKINGS = (PAGE / 2) * PAGES;
const RUNS = 5;

/** How quickly one worker takes in what people change in a calendar, and what a page costs. */
export const pullBench: BenchGroup = {
  name: "pull",
  async run(world) {
    const { sandbox, say } = world;
    const site = await world.open();
    const googleEmail = "pull@gmail.test";
    await sandbox.createAccount(googleEmail);
    const { prisma } = site.database;
    const host = await connectHost({ apiUrl: site.apiUrl, prisma, name: "pull", googleEmail });
    const worker = new BenchWorker(site.env);
    await worker.start();
    say(`pull: ${BOOKINGS} bookings and as many other events`);
    const { sync } = worker.container;
    await worker.push(() => makeBookings(prisma, sync, [host], BOOKINGS), BOOKINGS);
    const own = (await sandbox.events(googleEmail)).map((event) => String(event["id"]));
    const foreign = await sandbox.putEvents(googleEmail, others(BOOKINGS));
    const first = await worker.pull(host.calendarSyncId);

    const perSecond: number[] = [];
    for (let run = 0; run <= RUNS; run++) {
      await sandbox.changeEvents(googleEmail, everythingMoved(own, foreign, run));
      const { ms, changes, applied } = await worker.pull(host.calendarSyncId);
      if (changes !== PAGE * PAGES || applied !== BOOKINGS) {
        throw new Error(`${changes} changes were pulled and ${applied} applied.`);
      }
      say(`pull: ${changes} changes in ${Math.round(ms)} ms${run === 0 ? " (warm-up)" : ""}`);
      if (run > 0) perSecond.push(changes / (ms / 1_000));
      // The mails that follow are another worker's.
      await forgetMails(prisma);
    }
    await worker.close();
    const costs = await countCosts(world, site, host, own, foreign);
    await site.close();
    return [
      {
        key: "pull.changesPerSecond",
        label: "Changes taken in by one worker",
        value: median(perSecond),
        unit: "/s",
        note: `${PAGES} pages of ${PAGE}, half bookings moved; median of ${RUNS}`,
      },
      {
        label: "First listing of other events",
        value: first.changes / (first.ms / 1_000),
        unit: "/s",
        note: `${first.changes} events, once`,
      },
      ...costs,
    ];
  },
};

/** Every event half an hour later or earlier than in the run before, bookings and others in turn. */
function everythingMoved(own: readonly string[], foreign: readonly string[], run: number): EventChange[] {
  return own.flatMap((id, index) => {
    const change = timesAt(index, run % 2 === 0 ? 30 : 0);
    return [
      { id, change },
      { id: foreign[index] ?? "", change: { ...change, summary: `Changed in run ${run}` } },
    ];
  });
}

/**
 * The statements and calls of pulls of one page and of three, with every kind of change on them: moves, edits, deletions,
 * series.
 */
async function countCosts(
  world: BenchWorld,
  site: BenchSite,
  host: ConnectedHost,
  own: string[],
  foreign: string[],
): Promise<Figure[]> {
  const counted = createPrismaClient({ url: site.database.url, queryEvents: true });
  const log = createLogger({ level: "silent", name: "bench" });
  const { sync } = createContainer(loadEnv(apiEnv, site.env), { name: "worker", log, prisma: counted });
  let commits = 0;
  const stop = onQuery(counted, ({ sql }) => {
    if (/^COMMIT\b/i.test(sql)) commits += 1;
  });
  const pull = async (changes: EventChange[]) => {
    await world.sandbox.changeEvents(host.googleEmail, changes);
    await sync.requestPull([host.calendarSyncId]);
    const calls = await world.sandbox.countCalls();
    commits = 0;
    const { count, statements } = await countStatements(counted, () =>
      // The queue's own statements go through another client.
      runJobsUntilEmpty(
        site.database.prisma,
        sync.jobs.filter(({ job }) => job.name === "pull-calendar"),
      ),
    );
    await until("the cursor is stored", async () => {
      const row = await counted.calendarSync.findUniqueOrThrow({ where: { id: host.calendarSyncId } });
      return row.pullRequestedAt === null;
    });
    return { count, commits, statements, calls: (await world.sandbox.countCalls()) - calls };
  };
  const small = await pull(mixedPage(own.splice(0, 25), foreign.splice(0, 25)));
  const one = await pull(mixedPage(own.splice(0, PAGE / 2), foreign.splice(0, PAGE / 2)));
  const three = await pull([
    ...mixedPage(own.splice(0, PAGE / 2), foreign.splice(0, PAGE / 2)),
    ...mixedPage(own.splice(0, PAGE / 2), foreign.splice(0, PAGE / 2)),
    ...mixedPage(own.splice(0, PAGE / 2), foreign.splice(0, PAGE / 2)),
  ]);
  stop();
  await counted.$disconnect();
  if (process.env["CALSYNC_BENCH_SQL"]) world.say(one.statements.join("\n"));
  const perPage = (three.count - one.count) / 2;
  return [
    {
      key: "pull.sqlPerPage",
      label: `Statements per page of ${PAGE} changes`,
      value: perPage,
      unit: "",
      note: `moves, edits, deletions and series; a page of 50 costs ${small.count - one.count + perPage}; BEGIN and COMMIT come on top`,
    },
    {
      label: "Statements per pull beside its pages",
      value: one.count - perPage,
      unit: "",
      note: `lease, account, end; transactions: ${one.commits} for one page, ${three.commits} for three`,
    },
    {
      key: "pull.apiCallsPerPage",
      label: `API calls per page of ${PAGE} changes`,
      value: three.calls / 3,
      unit: "",
      note: `${one.calls} for a pull of one page, ${three.calls} of three`,
    },
  ];
}

/** Changes of all kinds: most events are moved, some edited, some deleted, some of the others become a series. */
function mixedPage(own: readonly string[], foreign: readonly string[]): EventChange[] {
  const changeOf = (index: number, isOwn: boolean): GoogleEvent | null => {
    if (index % 12 === 0) return null;
    if (index % 5 === 0) return { summary: `Edited ${index}`, location: `Room ${index}` };
    if (!isOwn && index % 7 === 0) return { recurrence: ["RRULE:FREQ=WEEKLY;COUNT=10"] };
    return timesAt(index, 15);
  };
  return own.flatMap((id, index) => [
    { id, change: changeOf(index, true) },
    { id: foreign[index] ?? "", change: changeOf(index, false) },
  ]);
}

function others(count: number): GoogleEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    summary: `Something else ${index}`,
    description: "An event that stands for no booking.",
    ...timesAt(index, 30),
  }));
}

function timesAt(index: number, minutes: number): GoogleEvent {
  const start = new Date(hour(index).getTime() + minutes * 60_000);
  const end = new Date(start.getTime() + 30 * 60_000);
  return {
    start: { dateTime: start.toISOString(), timeZone: "UTC" },
    end: { dateTime: end.toISOString(), timeZone: "UTC" },
  };
}

async function forgetMails(prisma: PrismaClient): Promise<void> {
  await prisma.$executeRaw`
    DELETE FROM graphile_worker._private_jobs job USING graphile_worker._private_tasks task
     WHERE task.id = job.task_id AND task.identifier = 'send-mail'`;
}
