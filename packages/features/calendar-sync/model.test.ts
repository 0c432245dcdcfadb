import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineWorld, type EngineWorldOptions } from "./test-support/EngineWorld.ts";
import { findFaults } from "./test-support/model-oracle.ts";
import { REGRESSIONS } from "./test-support/model-regressions.ts";
import { anyStep, losesAnswers, ourStep, quiesce, type Step, take } from "./test-support/model-steps.ts";
import { PersonEdits } from "./test-support/PersonEdits.ts";

/** How many random histories are run; others with CALSYNC_MODEL_RUNS, a given one again with CALSYNC_MODEL_SEED. */
const RUNS = Number(process.env["CALSYNC_MODEL_RUNS"] ?? 2_000);
/**
 * Without a wish the histories are the same ones each time, so that a red run is the doing of the change at hand. New ones
 * are what `pnpm test:model` looks for.
 */
const SEED =
  process.env["CALSYNC_MODEL_SEED"] ?? (process.env["CALSYNC_MODEL_RUNS"] ? undefined : "20261121");
const TIMEOUT_MS = 60_000 + RUNS * 1_000;

/** How many calendars the host has, how many of them bookings are written to, and what sort of world it is. */
const setUp = fc.tuple(
  fc.constantFrom<[number, number]>([1, 1], [2, 1], [2, 2]),
  fc.constantFrom<EngineWorldOptions>({}, {}, { ownSpelling: true }, { bookingsElsewhere: true }),
);
/** A history that hangs is cut off and told like any other failure. */
const parameters = (numRuns: number) => ({
  numRuns,
  timeout: 30_000,
  ...(SEED ? { seed: Number(SEED) } : {}),
});

test("invariant 11: after any interleaving of edits on both sides, faults, crashes and stalls, both sides end up equal", {
  timeout: TIMEOUT_MS,
}, async () => {
  const steps = fc.array(anyStep, { minLength: 5, maxLength: 60, size: "max" });
  await fc.assert(fc.asyncProperty(setUp, steps, runHistory), parameters(Math.ceil(RUNS * 0.8)));
});

test("invariant 5: while nobody edits out there, nothing that happens to our writes is taken for an edit", {
  timeout: TIMEOUT_MS,
}, async () => {
  const steps = fc.array(ourStep, { minLength: 5, maxLength: 60, size: "max" });
  await fc.assert(fc.asyncProperty(setUp, steps, runHistory), parameters(Math.ceil(RUNS * 0.2)));
});

test.each(REGRESSIONS)("no longer: $was", ({ setUp: calendars, options, steps }) =>
  runHistory([calendars, options ?? {}], steps),
);

/** Runs a history to its end and expects that all is well with the world then. */
async function runHistory(
  [[calendars, destinations], options]: [[number, number], EngineWorldOptions],
  steps: readonly Step[],
): Promise<void> {
  const world = new EngineWorld(options);
  try {
    await world.connect(calendars, destinations);
    const edits = new PersonEdits(world);
    for (const step of steps) {
      // Whoever spells texts in their own way must say how: without an answer, nobody can tell a spelling from an edit.
      if (options.ownSpelling && losesAnswers(step)) continue;
      world.clock.advance({ seconds: 1 });
      await take(world, edits, step);
    }
    await quiesce(world);
    expect(await findFaults(world, edits)).toEqual([]);
  } finally {
    await world.end();
  }
}
