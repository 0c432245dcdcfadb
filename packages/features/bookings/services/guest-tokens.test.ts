import { describe, expect, test } from "vitest";
import { createGuestTokens } from "./guest-tokens.ts";

const oldKey = "o".repeat(32);
const newKey = "n".repeat(32);
const ann = { uid: "0197a1b2-0000-7000-8000-000000000001", email: "Ann@example.test" };

describe("createGuestTokens", () => {
  test("makes a token that fits one guest of one booking and no other", () => {
    const tokens = createGuestTokens([newKey]);
    const token = tokens.tokenFor(ann);
    expect(tokens.matches(token, { ...ann, email: "ann@EXAMPLE.test" })).toBe(true);
    expect(tokens.matches(token, { ...ann, email: "bob@example.test" })).toBe(false);
    expect(tokens.matches(token, { ...ann, uid: ann.uid.replace("1", "2") })).toBe(false);
    expect(tokens.matches("", ann)).toBe(false);
    expect(tokens.matches(`${token}AA`, ann)).toBe(false);
  });

  test("accepts tokens of an older key, and makes them with the newest", () => {
    const rotated = createGuestTokens([newKey, oldKey]);
    expect(rotated.matches(createGuestTokens([oldKey]).tokenFor(ann), ann)).toBe(true);
    expect(rotated.tokenFor(ann)).toBe(createGuestTokens([newKey]).tokenFor(ann));
  });

  test("refuses to work without a real key", () => {
    expect(() => createGuestTokens([])).toThrow("at least one key");
    expect(() => createGuestTokens([newKey, "short"])).toThrow("32 characters");
  });
});
