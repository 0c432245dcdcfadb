import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  nextSubscriptionState,
  renewalTime,
  SUBSCRIPTION_EVENTS,
  SUBSCRIPTION_STATES,
  SUBSCRIPTION_TRANSITIONS,
} from "./subscription-transitions.ts";

const HOUR = 3_600_000;

/** The table as SPEC.md shows it to people: what each state becomes with each event; `null` where it cannot happen. */
const SPEC = readTable(readFileSync(new URL("../SPEC.md", import.meta.url), "utf8"));

function readTable(text: string): Record<string, Record<string, string | null>> {
  const lines = text.split("\n");
  const head = lines.findIndex((line) => /^\| State +\| activated/.test(line));
  const cellsOf = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const [, ...events] = cellsOf(lines[head] ?? "");
  const rows = lines.slice(head + 2, lines.indexOf("", head)).map(cellsOf);
  return Object.fromEntries(
    rows.map(([state = "", ...cells]) => [
      state,
      Object.fromEntries(
        cells.map((cell, index) => [
          events[index] ?? "",
          cell === "–" ? null : cell === "same" ? state : cell,
        ]),
      ),
    ]),
  );
}

describe("the transition table of subscriptions", () => {
  test("has no cell missing: SPEC.md shows each state with each event", () => {
    expect(Object.keys(SPEC)).toEqual([...SUBSCRIPTION_STATES]);
    for (const row of Object.values(SPEC)) expect(Object.keys(row)).toEqual([...SUBSCRIPTION_EVENTS]);
  });

  const cells = SUBSCRIPTION_STATES.flatMap((state) =>
    SUBSCRIPTION_EVENTS.map((event) => [state, event] as const),
  );
  test.each(cells)("%s answers to «%s» as SPEC.md says", (state, event) => {
    const expected = SPEC[state]?.[event];
    if (expected === null) expect(() => nextSubscriptionState(state, event)).toThrow(state);
    else expect(nextSubscriptionState(state, event)).toBe(expected);
  });

  test("no event leads out of EXPIRED and STOPPED", () => {
    for (const state of ["EXPIRED", "STOPPED"] as const) {
      const reached = SUBSCRIPTION_EVENTS.map((event) => SUBSCRIPTION_TRANSITIONS[state][event]);
      expect(reached.every((cell) => cell === "ignore" || cell === "impossible")).toBe(true);
    }
  });
});

describe("renewal", () => {
  const now = new Date("2026-06-01T00:00:00.000Z");
  const renewedAfter = (hours: number) =>
    ((renewalTime(now, new Date(now.getTime() + hours * HOUR))?.getTime() ?? 0) - now.getTime()) / HOUR;

  test("a week's channel is renewed when a fifth of its life is left, which comes before its last day", () => {
    expect(renewedAfter(168)).toBeCloseTo(168 - 168 / 5);
  });
  test("a channel of three days is renewed when its last day begins, which comes before its last fifth", () => {
    expect(renewedAfter(72)).toBe(48);
  });
  test("no channel is renewed in the first half of its life", () => {
    expect(renewedAfter(30)).toBe(15);
  });
  test("a short channel is renewed when a fifth of its life is left", () => {
    expect(renewalTime(now, new Date(now.getTime() + HOUR))).toEqual(new Date(now.getTime() + 0.8 * HOUR));
  });
  test("a channel without an end is never renewed", () => {
    expect(renewalTime(now, null)).toBeNull();
  });
});
