import { describe, expect, it } from "vitest";
import { createAttemptKeys } from "./attempt-key.ts";

describe("the key of an attempt to book", () => {
  it("stays the same while the request does", () => {
    const keyOf = createAttemptKeys();
    const first = keyOf({ start: "a", guest: { name: "Ada" } });
    expect(keyOf({ start: "a", guest: { name: "Ada" } })).toBe(first);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is another one when anything of the request changed", () => {
    const keyOf = createAttemptKeys();
    const first = keyOf({ start: "a", guest: { name: "Ada" } });
    expect(keyOf({ start: "a", guest: { name: "Bob" } })).not.toBe(first);
  });
});
