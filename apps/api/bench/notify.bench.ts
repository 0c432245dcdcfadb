import { createHash } from "node:crypto";
import { once } from "node:events";
import type { PrismaClient } from "@calsync/prisma";
import { createCalendarSync, createCredential, createSubscription } from "@calsync/prisma/testing";
import type { BenchGroup } from "./group.bench.ts";
import { pace, type RepeatedRequest, requestBytes, saturate } from "./http-load.bench.ts";
import { median, percentile } from "./statistics.bench.ts";

const CALENDARS = 200;
const CONNECTIONS = 16;
const REQUESTS = 3_000;
const RUNS = 5;
/** Notifications per second that leave the machine mostly idle. */
const QUIET_RATE = 50;
const QUIET_REQUESTS = 400;
const SECRET = "secret-of-the-benchmark";

/** What the endpoint for providers' notifications takes, beside a route that makes one INSERT and nothing else. */
export const notifyBench: BenchGroup = {
  name: "notify",
  async run(world) {
    const site = await world.open();
    const channels = await makeChannels(site.database.prisma);
    const bare = site.start(new URL("./bare-insert.fixture.ts", import.meta.url));
    const [barePort] = (await once(bare.child, "message")) as [number];
    const load = (path: string, port: number): RepeatedRequest => ({
      host: "127.0.0.1",
      port,
      requests: channels.map((channel) => requestBytes(path, google(channel))),
      expectedStatus: 204,
    });
    const ours = load("/v1/notifications/googlecalendar", Number(site.env["API_PORT"]));
    const theirs = load("/bare", barePort);

    await saturate(ours, CONNECTIONS, REQUESTS);
    await saturate(theirs, CONNECTIONS, REQUESTS);
    const rates = { ours: [] as number[], theirs: [] as number[], ratio: [] as number[] };
    const quiet = { ours: [] as number[], theirs: [] as number[] };
    for (let run = 0; run < RUNS; run++) {
      // In turn, so that whatever else the machine does meets both.
      const here = await saturate(ours, CONNECTIONS, REQUESTS);
      const there = await saturate(theirs, CONNECTIONS, REQUESTS);
      rates.ours.push(here);
      rates.theirs.push(there);
      rates.ratio.push(here / there);
      quiet.ours.push(percentile(await pace(ours, QUIET_RATE, QUIET_REQUESTS), 99));
      quiet.theirs.push(percentile(await pace(theirs, QUIET_RATE, QUIET_REQUESTS), 99));
      world.say(`notify: ${Math.round(here)}/s, the bare route ${Math.round(there)}/s`);
    }
    await bare.kill();
    await site.close();
    return [
      {
        key: "notify.requestsPerSecond",
        label: "Notifications answered by one process",
        value: median(rates.ours),
        unit: "/s",
        note: `${CONNECTIONS} connections, ${CALENDARS} calendars; median of ${RUNS}`,
      },
      {
        key: "notify.ratioToBareInsert",
        label: "The same as a part of a bare route's rate",
        value: median(rates.ratio),
        unit: "",
        note: `a Fastify route with one INSERT answers ${Math.round(median(rates.theirs))}/s; 1 is as quick`,
      },
      {
        key: "notify.p99Ms",
        label: "Answer time on a quiet machine, p99",
        value: median(quiet.ours),
        unit: "ms",
        note: `${QUIET_RATE} per second; the bare route ${median(quiet.theirs).toFixed(1)} ms`,
      },
    ];
  },
};

/** Push channels of as many calendars. @returns the channels' ids */
async function makeChannels(prisma: PrismaClient): Promise<string[]> {
  const credential = await createCredential(prisma, { provider: "googlecalendar" });
  const ids: string[] = [];
  for (let index = 0; index < CALENDARS; index++) {
    const sync = await createCalendarSync(prisma, { credentialId: credential.id });
    const subscription = await createSubscription(prisma, {
      calendarSyncId: sync.id,
      secretHash: createHash("sha256").update(SECRET).digest(),
    });
    ids.push(subscription.providerSubscriptionId ?? "");
  }
  return ids;
}

/** The headers of a message as Google sends them. */
function google(channel: string): Record<string, string> {
  return {
    "user-agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
    accept: "*/*",
    "x-goog-channel-id": channel,
    "x-goog-channel-token": SECRET,
    "x-goog-resource-id": "resource",
    "x-goog-resource-uri": "https://www.googleapis.com/calendar/v3/calendars/primary/events?alt=json",
    "x-goog-resource-state": "exists",
    "x-goog-message-number": "7",
  };
}
