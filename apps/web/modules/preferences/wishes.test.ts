import { expect, it } from "vitest";
import { limitChoiceOf, readLimit, readNumber, wordsOfWish } from "./wishes.ts";

it("wishes are told in words, also those without a value", () => {
  expect(wordsOfWish("conflictPolicy", "ASK")).toBe("Ask me");
  expect(wordsOfWish("fields", ["time", "title"])).toBe("Time, Title");
  expect(wordsOfWish("fields", [])).toBe("nothing");
  expect(wordsOfWish("massChangeLimit", null)).toBe("never");
  expect(wordsOfWish("massChangeLimit", 0)).toBe("more than 0");
  expect(wordsOfWish("pollIntervalMinutes", null)).toBe("as often as needed");
});

it("an empty number is no limit", () => {
  expect(readNumber(" ")).toBeNull();
  expect(readNumber("0")).toBe(0);
});

it("a calendar that never asks is shown so, and stays so when the form is saved", () => {
  expect([undefined, null, 0, 5].map(limitChoiceOf)).toEqual(["inherit", "never", "own", "own"]);
  expect(readLimit("never", "")).toBeNull();
  expect(readLimit("own", "5")).toBe(5);
  expect(readLimit("own", " ")).toBe("inherit");
  expect(readLimit("inherit", "5")).toBe("inherit");
});
