import { expect, it } from "vitest";
import {
  describeAnswer,
  describeCounts,
  describeErrors,
  describeEvents,
  describeResult,
} from "./import-words.ts";

const counts = { added: 0, changed: 0, cancelled: 0, unchanged: 0, outdated: 0, own: 0 };

it("counts are told as far as there are any", () => {
  expect(describeCounts({ ...counts, added: 3, unchanged: 12 })).toBe("3 new, 12 known already");
  expect(describeCounts(counts)).toBe("nothing");
});

it("one is told as one, and what was left out as what it was", () => {
  expect([describeEvents(1), describeEvents(3)]).toEqual(["1 event", "3 events"]);
  expect(describeErrors({ errors: 0, status: "ready" })).toBeNull();
  expect(describeErrors({ errors: 1, status: "ready" })).toBe(
    "1 event cannot be read and would be left out.",
  );
  expect(describeErrors({ errors: 2, status: "taken_back" })).toBe(
    "2 parts could not be read and were left out.",
  );
});

it("answers are told by who gave them and what becomes of them", () => {
  const booking = { uid: "b", title: "Intro", start: "", end: "" };
  const answer = {
    email: "ann@x.test",
    name: null,
    response: "declined",
    verdict: "changes",
    booking,
  } as const;
  expect(describeAnswer(answer)).toBe("ann@x.test declines Intro: will be noted");
  expect(describeAnswer({ ...answer, response: null, verdict: "unknown-booking", booking: null })).toBe(
    "ann@x.test answers: belongs to none of your bookings",
  );
  expect(describeResult({ method: "REPLY", result: { ...counts, changed: 1 } })).toBe("1 booking answered");
});
