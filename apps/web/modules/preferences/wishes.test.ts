import { expect, it } from "vitest";
import { readNumber, wordsOfWish } from "./wishes.ts";

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
