import { expect, it } from "vitest";
import { describeAnswer, describeCounts, describeResult } from "./import-words.ts";

const counts = { added: 0, changed: 0, cancelled: 0, unchanged: 0, outdated: 0, own: 0 };

it("counts are told as far as there are any", () => {
  expect(describeCounts({ ...counts, added: 3, unchanged: 12 })).toBe("3 new, 12 known already");
  expect(describeCounts(counts)).toBe("nothing");
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
