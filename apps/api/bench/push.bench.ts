import { type ConnectedHost, connectHost } from "../test/support/connected-host.ts";
import { cancelBookings, makeBookings, moveBookings } from "./bookings.bench.ts";
import type { BenchGroup } from "./group.bench.ts";
import { median } from "./statistics.bench.ts";
import { BenchWorker } from "./worker.bench.ts";

const CALENDARS = 8;
const PER_CALENDAR = 50;
const RUNS = 5;

/** How quickly one worker writes bookings to calendars: creations, updates and deletions in equal parts. */
export const pushBench: BenchGroup = {
  name: "push",
  async run(world) {
    const site = await world.open();
    const { prisma } = site.database;
    const hosts: ConnectedHost[] = [];
    for (let index = 0; index < CALENDARS; index++) {
      const googleEmail = `push${index}@gmail.test`;
      await world.sandbox.createAccount(googleEmail);
      hosts.push(await connectHost({ apiUrl: site.apiUrl, prisma, name: `push${index}`, googleEmail }));
    }
    const worker = new BenchWorker(site.env);
    await worker.start();
    const { sync } = worker.container;
    const writes = CALENDARS * PER_CALENDAR;
    const perSecond: Record<"all" | "created" | "updated" | "deleted" | "one", number[]> = {
      all: [],
      created: [],
      updated: [],
      deleted: [],
      one: [],
    };
    for (let run = 0; run <= RUNS; run++) {
      let ids: number[] = [];
      const created = await worker.push(async () => {
        ids = await makeBookings(prisma, sync, hosts, PER_CALENDAR);
      }, writes);
      const updated = await worker.push(() => moveBookings(prisma, sync, ids, 15), writes);
      const deleted = await worker.push(() => cancelBookings(prisma, sync, ids), writes);
      const alone = await worker.push(async () => {
        ids = await makeBookings(prisma, sync, hosts.slice(0, 1), PER_CALENDAR);
      }, PER_CALENDAR);
      await worker.push(() => cancelBookings(prisma, sync, ids), PER_CALENDAR);
      world.say(
        `push: ${writes} events created in ${Math.round(created)} ms, updated in ${Math.round(updated)} ms, ` +
          `deleted in ${Math.round(deleted)} ms${run === 0 ? " (warm-up)" : ""}`,
      );
      if (run === 0) continue;
      perSecond.all.push((3 * writes) / ((created + updated + deleted) / 1_000));
      perSecond.created.push(writes / (created / 1_000));
      perSecond.updated.push(writes / (updated / 1_000));
      perSecond.deleted.push(writes / (deleted / 1_000));
      perSecond.one.push(PER_CALENDAR / (alone / 1_000));
    }
    await worker.close();
    await site.close();
    return [
      {
        key: "push.writesPerSecond",
        label: "Events written by one worker",
        value: median(perSecond.all),
        unit: "/s",
        note: `${CALENDARS} calendars, a third each created, moved, deleted; median of ${RUNS}`,
      },
      { label: "  created", value: median(perSecond.created), unit: "/s" },
      { label: "  moved", value: median(perSecond.updated), unit: "/s", note: "a read and a write each" },
      { label: "  deleted", value: median(perSecond.deleted), unit: "/s" },
      { label: "  created in one calendar", value: median(perSecond.one), unit: "/s", note: "one at a time" },
    ];
  },
};
