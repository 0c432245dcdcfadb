import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ContractContext } from "./context.ts";
import { describeEventFields } from "./event-fields.ts";
import { describePulling } from "./pulling.ts";
import { describeReading } from "./reading.ts";
import { describeSeries } from "./series.ts";
import type { ContractGap, ContractSetup, ContractSubject } from "./subject.ts";
import { describeWatching } from "./watching.ts";
import { describeWriting } from "./writing.ts";

export {
  icsAnswered,
  icsEdited,
  icsEvent,
  icsInstanceCancelled,
  icsInstanceMoved,
  icsMoved,
  icsObject,
  icsWith,
} from "./person-ics.ts";
export { drain, hour, sampleEvent } from "./samples.ts";
export type {
  ContractFaults,
  ContractGap,
  ContractNotification,
  ContractPerson,
  ContractPersonEvent,
  ContractReceiver,
  ContractSetup,
  ContractSubject,
} from "./subject.ts";

/**
 * The one suite that says what a calendar is. Every provider runs it against its simulator, from a test file of its own:
 * the setup, the declared gaps, and below it the provider's quirks. Each test gets a fresh, empty calendar.
 */
export function testCalendarService(name: string, setup: ContractSetup): void {
  describe(`${name} is a calendar`, () => {
    let current: ContractSubject | null = null;
    beforeEach(async () => {
      current = await setup.create();
    });
    afterEach(async () => {
      const ended = current;
      current = null;
      await ended?.close?.();
    });
    const context: ContractContext = {
      setup,
      subject() {
        if (!current) throw new Error("there is a subject only while a test runs");
        return current;
      },
      can: (ability: ContractGap) => setup.gaps?.[ability] === undefined,
    };

    test("the service has the capabilities that its provider declares", () => {
      expect(context.subject().service.capabilities).toEqual(setup.capabilities);
    });

    test("every declared gap has its reason", () => {
      for (const reason of Object.values(setup.gaps ?? {})) expect(reason.length).toBeGreaterThan(20);
    });

    describeReading(context);
    describePulling(context);
    if (setup.capabilities.write) {
      describeWriting(context);
      describeEventFields(context);
      describeSeries(context);
    }
    describeWatching(context);
  });
}
