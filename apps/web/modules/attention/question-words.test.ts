import { expect, it } from "vitest";
import {
  answersOf,
  countMassChange,
  countOfMassChange,
  externalAnswersOf,
  shortKind,
} from "./question-words.ts";

it("a mass change is counted by what would happen", () => {
  expect(countMassChange({ cancellations: 12, moves: 3 })).toBe(
    "12 bookings would be cancelled and 3 moved.",
  );
  expect(countOfMassChange({ cancellations: 12, moves: 3 })).toBe("12 cancelled and 3 moved");
  expect(countOfMassChange({ cancellations: 0, moves: 2 })).toBe("2 moved");
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

it("an event that is not ours is kept as the calendar has it, or made what its host wants, deleted included", () => {
  expect(externalAnswersOf("edit").mine.effect).toBe("Your change is written to the calendar.");
  expect(externalAnswersOf("delete").mine.label).toBe("Delete it all the same");
  expect(externalAnswersOf("edit").calendar).toEqual(externalAnswersOf("delete").calendar);
});
