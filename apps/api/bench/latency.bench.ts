import { setTimeout as sleep } from "node:timers/promises";
import { createLogger, loadEnv } from "@calsync/lib";
import { listenForEvents } from "@calsync/prisma";
import { createContainer } from "../src/container.ts";
import { apiEnv } from "../src/env.ts";
import { connectHost } from "../test/support/connected-host.ts";
import { until } from "../test/support/node-process.ts";
import { hour, makeBookings } from "./bookings.bench.ts";
import type { BenchGroup } from "./group.bench.ts";
import { percentile } from "./statistics.bench.ts";

const BOOKINGS = 20;
const WARM_UP = 20;
const EDITS = 300;
/** Pause between two edits; people are slower still. */
const PAUSE_MS = [40, 120] as const;

/**
 * From the moment that a person lets go of an event in their calendar until the booking has changed: request to Google,
 * Google's notification, our endpoint, job, pull, commit.
 */
export const latencyBench: BenchGroup = {
  name: "latency",
  async run(world) {
    const { sandbox } = world;
    const site = await world.open();
    const { prisma } = site.database;
    const googleEmail = "latency@gmail.test";
    await sandbox.createAccount(googleEmail);
    const host = await connectHost({ apiUrl: site.apiUrl, prisma, name: "latency", googleEmail });
    const worker = site.start(new URL("../src/worker.ts", import.meta.url), {
      env: { CRON_INTERVAL_MS: "1000" },
    });
    const log = createLogger({ level: "silent", name: "bench" });
    const container = createContainer(loadEnv(apiEnv, site.env), { name: "bench", log });
    await makeBookings(prisma, container.sync, [host], BOOKINGS);
    await container.close();
    const events = await until("all bookings are in the watched calendar", async () => {
      const watched = await prisma.calendarSubscription.count({ where: { status: "ACTIVE" } });
      const linked = await prisma.bookingReference.findMany({
        where: { status: "SYNCED", pushRequestedAt: null },
      });
      return watched === 1 && linked.length === BOOKINGS ? linked : null;
    });
    // The crons have done their part.
    await sleep(1_500);

    const changed = new Map<number, () => void>();
    const ears = listenForEvents({
      url: site.database.url,
      onGap: () => {},
      onEvent: (event) => {
        if (event.type === "booking") changed.get(event.id)?.();
      },
    });
    await ears.ready;
    const token = await sandbox.pageToken(googleEmail);
    const move = async (eventId: string, start: Date) => {
      const url = `${sandbox.url}/calendar/v3/calendars/primary/events/${eventId}`;
      const answer = await fetch(url, {
        method: "PATCH",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({
          start: { dateTime: start.toISOString() },
          end: { dateTime: new Date(start.getTime() + 30 * 60_000).toISOString() },
        }),
      });
      if (!answer.ok)
        throw new Error(`The calendar refused the move: ${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
    };
    const took: number[] = [];
    for (let edit = 0; edit < WARM_UP + EDITS; edit++) {
      const reference = events[edit % events.length];
      if (!reference) throw new Error("There is no event to move.");
      const round = 1 + Math.floor(edit / events.length);
      const start = new Date(hour(edit % events.length).getTime() + (round % 4) * 5 * 60_000);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const limit = setTimeout(
        () => reject(new Error(`Edit ${edit} did not arrive. ${worker.output()}`)),
        30_000,
      );
      changed.set(reference.bookingId, resolve);
      const begun = performance.now();
      await Promise.all([move(reference.externalEventId ?? "", start), promise]);
      if (edit >= WARM_UP) took.push(performance.now() - begun);
      clearTimeout(limit);
      changed.clear();
      await sleep(PAUSE_MS[0] + Math.random() * (PAUSE_MS[1] - PAUSE_MS[0]));
    }
    await ears.stop();
    await worker.stop();
    await site.close();
    const note = `${EDITS} moves one after the other, with notifications over HTTP and a worker's process`;
    return [
      {
        key: "latency.p50Ms",
        label: "Moved in the calendar until the booking moved, p50",
        value: percentile(took, 50),
        unit: "ms",
        note,
      },
      { key: "latency.p99Ms", label: "The same, p99", value: percentile(took, 99), unit: "ms" },
    ];
  },
};
