import type { PrismaClient } from "@calsync/prisma";
import {
  createCalendarSync,
  createCredential,
  createEventType,
  createSelectedCalendar,
  createUser,
} from "@calsync/prisma/testing";
import type { BenchGroup } from "./group.bench.ts";
import { percentile } from "./statistics.bench.ts";

const CALENDARS = 10;
const EVENTS = 5_000;
/** Events lie in the mirrored window: from a month ago to 400 days ahead. */
const PAST_DAYS = 30;
const DAYS = 430;
const WARM_UP = 20;
const REQUESTS = 100;

/** A month of slots of a host with many events in many calendars, asked over HTTP. */
export const slotsBench: BenchGroup = {
  name: "slots",
  async run(world) {
    const site = await world.open();
    const { prisma } = site.database;
    world.say(`slots: ${CALENDARS} calendars with ${EVENTS} events each`);
    const address = await makeBusyHost(prisma);
    const from = new Date();
    const query = new URLSearchParams({
      ...address,
      from: from.toISOString(),
      to: new Date(from.getTime() + 31 * 86_400_000).toISOString(),
      timeZone: "Europe/Berlin",
    });
    const ask = async () => {
      const begun = performance.now();
      const answer = await fetch(`${site.apiUrl}/v1/slots?${query}`);
      const body = (await answer.json()) as { days: { slots: unknown[] }[] };
      const ms = performance.now() - begun;
      const found = body.days.reduce((sum, { slots }) => sum + slots.length, 0);
      if (answer.status !== 200 || found === 0) throw new Error(`No slots: ${answer.status}`);
      return { ms, found };
    };
    for (let index = 0; index < WARM_UP; index++) await ask();
    const asked = [];
    for (let index = 0; index < REQUESTS; index++) asked.push(await ask());
    await site.close();
    const took = asked.map(({ ms }) => ms);
    return [
      {
        key: "slots.p50Ms",
        label: "A month of slots, p50",
        value: percentile(took, 50),
        unit: "ms",
        note: `${CALENDARS} calendars of ${EVENTS} events; ${asked[0]?.found} slots found; over HTTP`,
      },
      { label: "The same, p99", value: percentile(took, 99), unit: "ms" },
    ];
  },
};

/** A host who is open all day, with most events in working hours. */
async function makeBusyHost(prisma: PrismaClient): Promise<{ username: string; eventType: string }> {
  const user = await createUser(prisma, { timeZone: "Europe/Berlin" });
  const schedule = await prisma.schedule.create({
    data: {
      userId: user.id,
      name: "All day",
      timeZone: "Europe/Berlin",
      availability: { create: { days: [1, 2, 3, 4, 5, 6, 7], startMinute: 420, endMinute: 1_320 } },
    },
  });
  const { slug } = await createEventType(prisma, {
    userId: user.id,
    scheduleId: schedule.id,
    durationMinutes: 30,
    slotIntervalMinutes: 15,
  });
  const credential = await createCredential(prisma, { userId: user.id });
  for (let index = 0; index < CALENDARS; index++) {
    const sync = await createCalendarSync(prisma, {
      credentialId: credential.id,
      userId: user.id,
      // Fresh for as long as the benchmark runs: what is measured is our part, without a provider.
      lastPulledAt: new Date(Date.now() + 3_600_000),
    });
    await createSelectedCalendar(prisma, { calendarSyncId: sync.id });
    await prisma.$executeRaw`
      WITH event AS (
        INSERT INTO "ExternalEvent" ("id", "calendarSyncId", "externalEventId", "snapshot", "startTime", "endTime", "status", "updatedAt")
        SELECT gen_random_uuid(), ${sync.id}::uuid, 'event-' || n, jsonb_build_object('title', 'Event ' || n), at,
               at + (1 + n % 4) * interval '15 minutes', 'confirmed', now()
          FROM generate_series(1, ${EVENTS}) AS n,
               LATERAL (SELECT date_trunc('day', now()) + (n * ${DAYS} / ${EVENTS} - ${PAST_DAYS}) * interval '1 day'
                               + ((n * 7 + ${index} * 13) % 32) * interval '15 minutes' + interval '8 hours' AS at) time
        RETURNING "id", "startTime", "endTime")
      INSERT INTO "BusyInterval" ("calendarSyncId", "externalEventId", "during")
      SELECT ${sync.id}::uuid, "id", tstzrange("startTime", "endTime") FROM event`;
  }
  await prisma.$executeRaw`ANALYZE`;
  return { username: user.username, eventType: slug };
}
