import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineWorld } from "./test-support/EngineWorld.ts";
import { quiesce } from "./test-support/model-steps.ts";
import { DATES, findLossOrDouble, findSeriesFaults } from "./test-support/series-oracle.ts";
import { SERIES_REGRESSIONS } from "./test-support/series-regressions.ts";
import { type SeriesStep, seriesStep, takeSeriesStep } from "./test-support/series-steps.ts";

/** How many random histories are run; others with CALSYNC_MODEL_RUNS, those of one seed again with CALSYNC_MODEL_SEED. */
const RUNS = Number(process.env["CALSYNC_MODEL_RUNS"] ?? 60);
/** Without a wish the same ones each time, as in model.test.ts. */
const SEED = process.env["CALSYNC_MODEL_SEED"] ?? (process.env["CALSYNC_MODEL_RUNS"] ? undefined : "2030");

test("invariant 11: whatever people do to a series on both sides, and whatever goes wrong, both sides end up equal", {
  timeout: 60_000 + RUNS * 3_000,
}, async () => {
  const steps = fc.array(seriesStep, { minLength: 2, maxLength: 14, size: "max" });
  await fc.assert(fc.asyncProperty(fc.constantFrom(1, 2), steps, runHistory), {
    numRuns: RUNS,
    timeout: 30_000,
    ...(SEED ? { seed: Number(SEED) } : {}),
  });
});

test.each(SERIES_REGRESSIONS)("no longer: $was", ({ calendars, steps }) => runHistory(calendars, steps));

async function runHistory(calendars: number, steps: readonly SeriesStep[]): Promise<void> {
  const world = new EngineWorld();
  try {
    await world.connect(calendars, 1);
    const start = new Date(world.clock().getTime() + 2 * 86_400_000);
    start.setUTCMinutes(0, 0, 0);
    const end = new Date(start.getTime() + 3_600_000);
    const time = {
      allDay: false as const,
      start: start.toISOString(),
      end: end.toISOString(),
      timeZone: "UTC",
    };
    const bookings = await world.series.book(world.sync, world.hostId, time, DATES);
    await world.settle();
    for (const step of steps) {
      world.clock.advance({ seconds: 1 });
      await takeSeriesStep(world, bookings, step);
    }
    await quiesce(world);
    expect([
      ...findLossOrDouble(world, bookings, steps),
      ...(await findSeriesFaults(world, bookings)),
    ]).toEqual([]);
  } finally {
    await world.end();
  }
}
