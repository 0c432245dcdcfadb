import { describe, expect, test } from "vitest";
import type { LocalSeries } from "../ports/BookingStore.ts";
import { makeWorld, type SeriesWorld } from "../test-support/series-world.ts";
import { planSeriesOutbound } from "./plan-series-outbound.ts";
import { DEFAULT_POLICY, type SyncPolicy } from "./policy.ts";

describe("a series on its way to its calendar", () => {
  const outbound = (world: SeriesWorld, over = false, policy: Partial<SyncPolicy> = {}) =>
    planSeriesOutbound({
      reference: {
        id: "ref",
        status: world.status,
        version: world.version,
        sequence: 0,
        base: world.base,
        pending: [],
        externalEventId: "master",
        generation: 0,
      },
      local: world.series,
      next: world.occurrences[0]?.local ?? null,
      over,
      policy: { ...DEFAULT_POLICY, ...policy },
    });
  const cut = ["RRULE:FREQ=WEEKLY;INTERVAL=1;UNTIL=20300115T100000Z"];
  const changed = (changes: Partial<LocalSeries>) => {
    const world = makeWorld();
    return { ...world, series: { ...world.series, ...changes } };
  };

  test("that is as both sides agreed is not written", () => {
    expect(outbound(makeWorld())).toMatchObject({ kind: "none" });
  });

  test("with other lines is written with them, though all else is equal", () => {
    expect(outbound(changed({ recurrence: cut }))).toMatchObject({
      kind: "update",
      event: { recurrence: cut },
      local: { recurrence: cut },
    });
  });

  test("that was called off is deleted, also when its first date is long past", () => {
    expect(outbound(changed({ active: false }))).toMatchObject({ kind: "delete" });
  });

  test("that is over, or whose calendar is only read, is left alone", () => {
    expect(outbound(changed({ recurrence: cut }), true)).toMatchObject({ reason: "past-booking" });
    expect(outbound(changed({ recurrence: cut }), false, { direction: "FROM_CALENDAR" })).toMatchObject({
      reason: "direction-from-calendar-only",
    });
  });
});
