import { expect, it } from "vitest";
import { hourCycleOf } from "./hour-cycle.ts";

it("the clock is that of the first language that a browser asks for", () => {
  expect(hourCycleOf("en-US,en;q=0.9,de;q=0.8")).toBe("h12");
  expect(hourCycleOf("en-GB,en;q=0.9")).toBe("h23");
  expect(hourCycleOf("de")).toBe("h23");
  expect(hourCycleOf("hi-IN;q=0.8")).toBe("h12");
});

it("whatever cannot be understood counts to 24", () => {
  expect([null, "", "*", ";;;", "xx-very-long-and-wrong-1"].map(hourCycleOf)).toEqual(Array(5).fill("h23"));
});
