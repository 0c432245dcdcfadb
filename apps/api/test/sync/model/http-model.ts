import {
  type AppStep,
  appSteps,
  type CalendarStep,
  calendarSteps,
  stepOf,
  type Takers,
  type TimeStep,
  type TroubleStep,
  takeStep,
  timeSteps,
  troubleSteps,
} from "@calsync/testing/model";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RemoteFault, StartRemote } from "../remote/RemoteCalendars.ts";
import { type HostShape, HttpWorld } from "./HttpWorld.ts";
import { beginHistory, type HttpHistory } from "./history.ts";
import { differences, findFaults } from "./http-oracle.ts";
import { appTakers } from "./take-app-steps.ts";
import { calendarTakers } from "./take-calendar-steps.ts";
import { timeTakers } from "./take-time-steps.ts";
import { troubleTakers } from "./take-trouble-steps.ts";

/** One step of a history over HTTP. Groups of steps are files of packages/testing/src/model, with their takers beside this file. */
type Step = AppStep | CalendarStep | TimeStep | TroubleStep;

/** What happens when nothing goes wrong. */
const people = [...appSteps, ...calendarSteps, ...timeSteps];
const anyStep: fc.Arbitrary<Step> = stepOf<Step>([...people, ...troubleSteps], ["resume"]);
/** For histories in which faults are of one kind and last. */
const peopleStep: fc.Arbitrary<Step> = stepOf<Step>(people);

/** Of a hundred calls some twenty fail, a third of these after they have had their effect. */
const FIFTH_OF_CALLS: RemoteFault[] = [
  { fault: "server-error", probability: 0.06 },
  { fault: "rate-limit", probability: 0.04 },
  { fault: "network", probability: 0.04 },
  { fault: "lost-answer", probability: 0.07 },
];

/** A history that once went wrong, for good. */
export interface HttpRegression {
  /** What went wrong. */
  was: string;
  shape: HostShape;
  steps: Step[];
}

export interface HttpModel {
  /** Where the calendars are. A host has an account at each. */
  remotes: readonly StartRemote[];
  /** Of what hosts histories are. */
  shapes: readonly HostShape[];
  /** How many random histories are run, where nothing else is wished. */
  runs: number;
  regressions?: readonly HttpRegression[];
}

/**
 * Declares the tests of random histories over PostgreSQL and providers: invariants 11, 9 and 4. Without a wish the histories are
 * the same ones each time, so that a red run is the doing of the change at hand; new ones are what `pnpm test:model` looks for
 * (CALSYNC_MODEL_PG_RUNS for their number, CALSYNC_MODEL_SEED for a given one again).
 */
export function testHttpModel({ remotes, shapes, runs, regressions = [] }: HttpModel): void {
  const wished = process.env["CALSYNC_MODEL_PG_RUNS"];
  const all = Number(wished ?? runs);
  const few = Math.max(3, Math.ceil(all / 20));
  const seed = process.env["CALSYNC_MODEL_SEED"] ?? (wished ? undefined : "20261121");
  const parameters = (numRuns: number) => ({
    numRuns,
    timeout: 60_000,
    ...(seed ? { seed: Number(seed) } : {}),
  });
  const shape = fc.constantFrom(...shapes);
  const histories = (step: fc.Arbitrary<Step>) =>
    fc.array(step, { minLength: 5, maxLength: 20, size: "max" });

  let world: HttpWorld;
  beforeAll(async () => {
    world = await HttpWorld.start(remotes);
  }, 120_000);
  afterAll(() => world?.close());

  test("invariant 11: whatever happens between the app, the calendars and the wire, both sides end up equal", {
    timeout: 120_000 + all * 30_000,
  }, async () => {
    const runs = fc.asyncProperty(shape, histories(anyStep), (one, steps) => runHistory(world, one, steps));
    await fc.assert(runs, parameters(all));
  });

  test("invariant 9: with every notification dropped, all changes still arrive", {
    timeout: 60_000 + few * 20_000,
  }, async () => {
    const dropped: RemoteFault[] = [{ fault: "drop-notification" }];
    const runs = fc.asyncProperty(shape, histories(peopleStep), (one, steps) =>
      runHistory(world, one, steps, dropped),
    );
    await fc.assert(runs, parameters(few));
  });

  test("invariant 4: with a fifth of all calls failing, everything converges and nothing is doubled", {
    timeout: 60_000 + few * 30_000,
  }, async () => {
    const runs = fc.asyncProperty(shape, histories(peopleStep), (one, steps) =>
      runHistory(world, one, steps, FIFTH_OF_CALLS),
    );
    await fc.assert(runs, parameters(few));
  });

  if (regressions.length === 0) return;
  test.each(regressions)("no longer: $was", { timeout: 60_000 }, ({ shape: one, steps }) =>
    runHistory(world, one, steps),
  );
}

/**
 * Runs a history of one host to its end, and expects both sides to be equal, every change to be explained, and nobody to be told
 * anything twice. `lasting` faults stay until the end: time alone makes up for them.
 */
async function runHistory(
  world: HttpWorld,
  shape: HostShape,
  steps: readonly Step[],
  lasting: readonly RemoteFault[] = [],
): Promise<void> {
  const calm = () => {
    for (const remote of world.remotes) remote.clearFaults();
    world.spare();
  };
  calm();
  for (const remote of world.remotes) remote.setSkew(0);
  const host = await world.host(shape);
  const history = beginHistory(world, host);
  try {
    for (const remote of world.remotes) for (const fault of lasting) remote.addFault(fault);
    const takers: Takers<Step> = {
      ...appTakers(history),
      ...calendarTakers(history),
      ...timeTakers(history),
      ...troubleTakers(history),
    };
    for (const step of steps) {
      world.clock.advance({ seconds: 1 });
      await takeStep(takers, step);
    }
    world.spare();
    if (lasting.length === 0) calm();
    await comeToRest(history, lasting.length === 0 ? 4 : 60);
    expect(await findFaults(history)).toEqual([]);
  } finally {
    calm();
    await world.leave(host);
  }
}

/** Time passes until both sides are equal, for so many rounds at most. */
async function comeToRest(history: HttpHistory, rounds: number): Promise<void> {
  const { world } = history;
  for (let round = 0; round < rounds; round++) {
    world.clock.advance({ hours: 5 });
    await world.tick();
    if ((await differences(history)).length === 0) return;
  }
}
