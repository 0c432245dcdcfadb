import { createTestDatabase } from "@calsync/testing";
import { expect, test } from "vitest";
import { fillLargeTables, LARGE_TABLES } from "../support/large-tables.ts";
import { findBadPlans, recordStatements } from "../support/query-plans.ts";
import { liveThrough } from "./everyday-life.ts";
import { SyncHarness } from "./harness.ts";

/** How many calendars there are. `pnpm bench --only cron` does the same with a million, and the planner as it is. */
const CALENDARS = 20_000;

/** Tables that grow with an installation and are not filled here. */
const GROWING = new Set([
  "BookingSeries",
  "SeriesReference",
  "ExternalEdit",
  "SyncConflict",
  "MassChange",
  "HeldChange",
  "SyncRun",
  "SyncRunCalendar",
  "SyncPreference",
  "Membership",
  "HostMail",
  "Webhook",
  "WebhookDelivery",
]);

test("every statement of crons and jobs has an index to go by, however large its tables are", {
  timeout: 600_000,
}, async () => {
  const database = await createTestDatabase();
  try {
    const world = new SyncHarness(database, { settings: { cronBatchSize: 5 } });
    await fillLargeTables(database.url, CALENDARS, world.clock());
    const stop = recordStatements(new URL(database.url).pathname.slice(1));
    await liveThrough(world);
    const statements = stop();
    expect(statements.length).toBeGreaterThan(150);
    expect(
      await findBadPlans(database.url, statements, LARGE_TABLES, { small: true, growing: GROWING }),
    ).toEqual([]);
  } finally {
    await database.drop();
  }
});
