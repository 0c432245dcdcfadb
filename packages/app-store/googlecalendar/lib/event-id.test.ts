import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventIdFor } from "./event-id.ts";

describe("event ids", () => {
  test("an id has only the letters that Google accepts", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 64 }), fc.nat(3), (key, generation) => {
        expect(eventIdFor(key, generation)).toMatch(/^[a-v0-9]{54}$/);
      }),
    );
  });

  test("a key gives the same id every time, and another for each generation", () => {
    expect(eventIdFor("booking-1", 0)).toBe(eventIdFor("booking-1", 0));
    expect(new Set([0, 1, 2].map((generation) => eventIdFor("booking-1", generation))).size).toBe(3);
    expect(eventIdFor("booking-1", 0)).not.toBe(eventIdFor("booking-2", 0));
  });

  test("the id of a key never changes between releases", () => {
    expect(eventIdFor("booking-1", 0)).toMatchInlineSnapshot(
      `"csh7bi9fh3rkf87e9h98mdp6o1h0mrjqklu1ge3mj8obmltif68i70"`,
    );
  });
});
