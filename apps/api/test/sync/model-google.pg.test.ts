import type { FaultRule } from "@calsync/provider-sandbox";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sideDifferences } from "../support/equal-sides.ts";
import { GoogleHarness, type GoogleHost } from "./GoogleHarness.ts";
import {
  beginAt,
  type GoogleHistory,
  type GoogleStep,
  googleStep,
  peopleStep,
  takeGoogleStep,
} from "./google-steps.ts";

/** How many random histories are run; others with CALSYNC_MODEL_PG_RUNS, a given one again with CALSYNC_MODEL_SEED. */
const RUNS = Number(process.env["CALSYNC_MODEL_PG_RUNS"] ?? 200);
/**
 * Without a wish the histories are the same ones each time, so that a red run is the doing of the change at hand. New ones
 * are what `pnpm test:model` looks for.
 */
const SEED =
  process.env["CALSYNC_MODEL_SEED"] ?? (process.env["CALSYNC_MODEL_PG_RUNS"] ? undefined : "20261121");
const FEW = Math.max(3, Math.ceil(RUNS / 20));

let world: GoogleHarness;
beforeAll(async () => {
  world = await GoogleHarness.start();
}, 120_000);
afterAll(() => world?.close());

const parameters = (numRuns: number) => ({
  numRuns,
  timeout: 60_000,
  ...(SEED ? { seed: Number(SEED) } : {}),
});
const histories = (step: fc.Arbitrary<GoogleStep>) =>
  fc.array(step, { minLength: 5, maxLength: 20, size: "max" });

test("invariant 11: whatever happens between the app, Google's calendar and the wire, both sides end up equal", {
  timeout: 120_000 + RUNS * 5_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(histories(googleStep), (steps) => runHistory(steps, [])),
    parameters(RUNS),
  );
});

test("invariant 9: with every notification dropped, all changes still arrive", {
  timeout: 60_000 + FEW * 20_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(histories(peopleStep), (steps) => runHistory(steps, [{ fault: "dropNotification" }])),
    parameters(FEW),
  );
});

test("invariant 4: with a fifth of all calls failing, everything converges and nothing is doubled", {
  timeout: 60_000 + FEW * 30_000,
}, async () => {
  // Of a hundred calls some twenty fail, a third of these after they have had their effect.
  const faults: FaultRule[] = [
    { fault: "serverError", probability: 0.06 },
    { fault: "rateLimit", probability: 0.04 },
    { fault: "dropConnection", probability: 0.04 },
    { fault: "loseAnswer", probability: 0.07 },
  ];
  await fc.assert(
    fc.asyncProperty(histories(peopleStep), (steps) => runHistory(steps, faults)),
    parameters(FEW),
  );
});

/**
 * Runs a history of one host to its end, and expects both sides to be equal, every change to be explained, and nobody to be told
 * anything twice. `lasting` faults stay until the end: time alone makes up for them.
 */
async function runHistory(steps: readonly GoogleStep[], lasting: readonly FaultRule[]): Promise<void> {
  const { google, clock } = world;
  google.faults.clear();
  google.faults.set({ notificationRetryBaseMs: 1, notificationRetries: 1 });
  const host = await world.host();
  beginAt(clock());
  const history: GoogleHistory = { uids: [], edits: 0 };
  try {
    for (const fault of lasting) google.faults.add(fault);
    for (const step of steps) {
      clock.advance({ seconds: 1 });
      await takeGoogleStep(world, host, history, step);
    }
    if (lasting.length === 0) google.faults.clear();
    await comeToRest(host, lasting.length === 0 ? 4 : 60);
    expect(await sideDifferences(world.database.prisma, google, host)).toEqual([]);
    await expectExplained(host, history);
    await expectNoDoubledMails(host);
  } finally {
    google.faults.clear();
    await world.leave(host);
  }
}

/** Time passes until both sides are equal, for so many rounds at most. */
async function comeToRest(host: GoogleHost, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    world.clock.advance({ hours: 5 });
    await world.tick();
    if ((await sideDifferences(world.database.prisma, world.google, host)).length === 0) return;
  }
}

/** Sync has done no more to bookings than people have done to events, and the last record of each says how it is. */
async function expectExplained(host: GoogleHost, history: GoogleHistory): Promise<void> {
  const records = await world.database.prisma.changeRecord.findMany({
    where: { userId: host.userId, source: "CALENDAR", result: "APPLIED" },
  });
  expect(records.length, "changes applied, and edits made by people").toBeLessThanOrEqual(history.edits * 2);
  for (const record of records) {
    if (record.action !== "cancel" && record.action !== "restore")
      expect(record.before).not.toEqual(record.after);
  }
}

/** One state of a booking is told to each of its people once. */
async function expectNoDoubledMails(host: GoogleHost): Promise<void> {
  const mails = await world.database.prisma.outgoingMail.findMany({
    where: { booking: { hostId: host.userId } },
    select: { bookingId: true, recipient: true, sequence: true },
  });
  const told = mails.map((mail) => `${mail.bookingId} ${mail.recipient} ${mail.sequence}`);
  expect(told.length).toBe(new Set(told).size);
}
