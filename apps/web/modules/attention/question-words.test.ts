import { expect, it } from "vitest";
import { answersOf, countMassChange, shortKind } from "./question-words.ts";

it("a mass change is counted by what would happen", () => {
  expect(countMassChange({ cancellations: 12, moves: 3 })).toBe(
    "12 bookings would be cancelled and 3 moved.",
  );
  expect(countMassChange({ cancellations: 1, moves: 0 })).toBe("1 booking would be cancelled.");
  expect(countMassChange({ cancellations: 0, moves: 2 })).toBe("2 bookings would be moved.");
});

it("each kind of question has words of its own", () => {
  const kinds = ["fields", "deleted", "cancelled", "outside-hours", "overlap"] as const;
  expect(new Set(kinds.map(shortKind)).size).toBe(kinds.length);
  expect(answersOf("deleted").remote.label).toBe("Cancel the booking");
  expect(answersOf("cancelled").local.label).toBe("Leave it cancelled");
  expect(answersOf("overlap")).toEqual(answersOf("outside-hours"));
});
