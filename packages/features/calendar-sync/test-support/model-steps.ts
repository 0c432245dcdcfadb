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
import type fc from "fast-check";
import type { EngineWorld } from "./EngineWorld.ts";
import type { PersonEdits } from "./PersonEdits.ts";
import { appTakers } from "./take-app-steps.ts";
import { calendarTakers } from "./take-calendar-steps.ts";
import { timeTakers } from "./take-time-steps.ts";
import { troubleTakers } from "./take-trouble-steps.ts";

/**
 * One step of a history. A feature that people can use in a new way becomes a step: its kind in a group of
 * packages/testing/src/model, and its line in the file here that takes the steps of that group.
 */
export type Step = AppStep | CalendarStep | TimeStep | TroubleStep;

/** What happens in the app and at work, without anybody who edits in a calendar. */
const ours = [...appSteps, ...timeSteps, ...troubleSteps];
/** There are no tokens in memory. */
const except: readonly Step["do"][] = ["expire tokens"];

/** Steps of all kinds. */
export const anyStep: fc.Arbitrary<Step> = stepOf<Step>([...ours, ...calendarSteps], except);
/** Steps among which nobody edits in a calendar. */
export const ourStep: fc.Arbitrary<Step> = stepOf<Step>(ours, except);

/** Whether the answer to a write may be lost because of the step. */
export function losesAnswers(step: Step): boolean {
  return (
    step.do === "lose answer" || step.do === "strike" || (step.do === "fault" && step.fault === "lost-answer")
  );
}

/** Carries a step out. */
export async function take(world: EngineWorld, edits: PersonEdits, step: Step): Promise<void> {
  const takers: Takers<Step> = {
    ...appTakers(world),
    ...calendarTakers(world, edits),
    ...timeTakers(world),
    ...troubleTakers(world, edits),
  };
  await takeStep(takers, step);
}

/** Edits and faults are over: time passes and jobs drain. */
export async function quiesce(world: EngineWorld): Promise<void> {
  const { faults } = world.server;
  const { hook } = faults;
  faults.clear();
  faults.hook = hook;
  world.db.strikeAfter(Number.POSITIVE_INFINITY, "die");
  await world.jobs.resumeStalled();
  for (let round = 0; round < 5; round++) {
    world.clock.advance({ hours: 7 });
    await world.tick();
  }
}
