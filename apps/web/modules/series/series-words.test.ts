import { expect, it } from "vitest";
import { nameRule } from "./series-words.ts";

it("a rule is named by its distance", () => {
  expect(nameRule({ frequency: "weekly", interval: 1 })).toBe("every week");
  expect(nameRule({ frequency: "daily", interval: 3 })).toBe("every 3 days");
});
