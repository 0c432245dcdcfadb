import { describe, expect, test } from "vitest";
import { DEFAULT_POLICY } from "../engine/policy.ts";
import { policyOf } from "./policy-of.ts";

describe("the policy of a calendar", () => {
  test("is the defaults for a host who has chosen nothing", () => {
    expect(policyOf({ direction: "BOTH", preferences: null, policyOverrides: {} })).toEqual(DEFAULT_POLICY);
  });

  test("takes what the calendar says before what the host prefers", () => {
    const policy = policyOf({
      direction: "TO_CALENDAR",
      preferences: { conflictPolicy: "ASK", overlap: "HOLD", massChangeLimit: 3, hostDeclined: "CANCEL" },
      policyOverrides: { conflictPolicy: "BOOKING_WINS", fields: ["time"] },
    });
    expect(policy).toEqual({
      ...DEFAULT_POLICY,
      direction: "TO_CALENDAR",
      conflict: "booking-wins",
      fields: ["time"],
      overlap: "hold",
      massChangeLimit: 3,
      hostDeclined: "cancel",
    });
  });

  test("tells a limit of none from a limit that is not set", () => {
    const preferences = { massChangeLimit: 3 };
    expect(policyOf({ direction: "BOTH", preferences, policyOverrides: {} }).massChangeLimit).toBe(3);
    expect(
      policyOf({ direction: "BOTH", preferences, policyOverrides: { massChangeLimit: null } })
        .massChangeLimit,
    ).toBeNull();
  });
});
