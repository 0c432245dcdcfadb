import { describe, expect, it } from "vitest";
import { whatCame } from "./what-came.ts";

const at = (minute: number) => `2030-01-07T08:0${minute}:00.000Z`;

describe("asking for a calendar to be read", () => {
  it("waits while nothing has changed, also where an earlier failure stands", () => {
    expect(
      whatCame({ lastPulledAt: null, lastErrorAt: null }, { lastPulledAt: null, lastErrorAt: null }),
    ).toBeNull();
    const failed = { lastPulledAt: at(1), lastErrorAt: at(2) };
    expect(whatCame(failed, failed)).toBeNull();
  });

  it("says that it was read, which takes an earlier failure away", () => {
    const asked = { lastPulledAt: at(1), lastErrorAt: at(2) };
    expect(whatCame(asked, { lastPulledAt: at(3), lastErrorAt: null })).toBe("Read just now.");
  });

  it("says at once that it failed, for the first time or again", () => {
    const failed = "It could not be read; why is said above.";
    expect(
      whatCame({ lastPulledAt: at(1), lastErrorAt: null }, { lastPulledAt: at(1), lastErrorAt: at(2) }),
    ).toBe(failed);
    expect(
      whatCame({ lastPulledAt: at(1), lastErrorAt: at(2) }, { lastPulledAt: at(1), lastErrorAt: at(3) }),
    ).toBe(failed);
  });
});
