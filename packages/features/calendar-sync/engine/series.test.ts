import { shiftSlots, slotsOf } from "@calsync/icalendar";
import type { ExternalEvent } from "@calsync/types";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  carriedOut,
  edited,
  hour,
  makeWorld,
  plan,
  type SeriesTold,
  type SeriesWorld,
} from "../test-support/series-world.ts";
import type { RemoteState } from "./plan-inbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { SeriesPlan } from "./series.ts";
import { toSnapshot } from "./snapshot.ts";

/** What stands, by start; a cancelled one as such. */
const startsOf = ({ occurrences }: SeriesWorld) =>
  occurrences.map(({ local }) => (local?.active ? local.snapshot.time.start.slice(5, 16) : "cancelled"));
const reasonsOf = ({ occurrences }: SeriesPlan) =>
  occurrences.flatMap(({ plan: { actions } }) => actions.map(({ kind, reason }) => `${kind} ${reason}`));
const deleted: RemoteState = { state: "deleted", version: null };

describe("a series changed in the calendar", () => {
  test.each<[string, Partial<ExternalEvent>, string[], string[]]>([
    [
      "moved within its rhythm: the n-th booking takes the n-th date",
      { time: hour("2030-01-09T12:00Z") },
      ["01-09T12:00", "01-16T12:00", "01-23T12:00", "01-30T12:00"],
      Array(4).fill("reschedule series-moved"),
    ],
    [
      "in another rhythm: bookings take the next dates in order, and those left over are cancelled",
      { recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3"] },
      ["01-08T10:00", "01-22T10:00", "02-05T10:00", "cancelled"],
      ["reschedule series-rule-changed", "reschedule series-rule-changed", "cancel series-shortened"],
    ],
    [
      "cut short: bookings beyond the end are cancelled",
      { recurrence: ["RRULE:FREQ=WEEKLY;UNTIL=20300115T100000Z"] },
      ["01-08T10:00", "01-15T10:00", "cancelled", "cancelled"],
      ["cancel series-shortened", "cancel series-shortened"],
    ],
    [
      "made longer: nobody is invited",
      { recurrence: ["RRULE:FREQ=WEEKLY;COUNT=6"] },
      ["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"],
      [],
    ],
    [
      "with a date taken out: that booking alone is cancelled",
      { recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=4", "EXDATE:20300115T100000Z"] },
      ["01-08T10:00", "cancelled", "01-22T10:00", "01-29T10:00"],
      ["cancel occurrence-deleted"],
    ],
    [
      "renamed: its bookings are renamed and stand where they stood",
      { title: "Lesson" },
      ["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"],
      Array(4).fill("change-details series-changed"),
    ],
  ])("%s", (_title, changes, starts, reasons) => {
    const world = edited(makeWorld(), changes);
    const planned = plan(world);
    expect(reasonsOf(planned)).toEqual(reasons);
    expect(startsOf(carriedOut(world, planned))).toEqual(starts);
  });

  test("deleted: bookings to come are cancelled, what is over is left alone, and brought back they stand again", () => {
    const world = makeWorld();
    const now = new Date("2030-01-09T00:00:00.000Z");
    const gone = plan(world, { remote: deleted, now });
    expect(reasonsOf(gone)).toEqual(Array(3).fill("cancel series-deleted"));
    const after = carriedOut(world, gone);
    expect(startsOf(after)).toEqual(["01-08T10:00", "cancelled", "cancelled", "cancelled"]);
    const back = edited(after, {});
    const again = plan(back, { now });
    expect(reasonsOf(again)).toEqual(Array(3).fill("restore series-restored"));
    expect(startsOf(carriedOut(back, again))).toEqual(startsOf(world));
  });

  test("one that its people had cancelled before stays cancelled when the series comes back", () => {
    const world = makeWorld();
    const second = world.occurrences[1];
    if (second?.local) second.local = { ...second.local, active: false };
    const gone = carriedOut(world, plan(world, { remote: deleted }));
    const back = edited(gone, {});
    expect(startsOf(carriedOut(back, plan(back)))).toEqual([
      "01-08T10:00",
      "cancelled",
      "01-22T10:00",
      "01-29T10:00",
    ]);
  });

  test("a cancelled date does not take the place that another booking has moved to", () => {
    const every = (interval: number) => [`RRULE:FREQ=WEEKLY;INTERVAL=${interval};COUNT=2`];
    let world = makeWorld();
    world = carriedOut(world, plan(world, { remote: deleted }));
    world = edited(world, { recurrence: every(2) });
    world = carriedOut(world, plan(world));
    expect(startsOf(world)).toEqual(["01-08T10:00", "cancelled", "01-22T10:00", "cancelled"]);
    world = edited(world, { recurrence: every(1) });
    world = carriedOut(world, plan(world));
    expect(startsOf(world)).toEqual(["01-08T10:00", "cancelled", "01-15T10:00", "cancelled"]);
    expect(reasonsOf(plan(edited(world, {})))).toEqual([]);
  });

  test("found in another calendar, its dates are as they are there, also one that differed where it was", () => {
    const world = makeWorld();
    const [first] = world.occurrences;
    if (!first?.local) throw new Error("a series has dates");
    const moved = { ...first.local.snapshot, time: hour("2030-01-08T15:00Z") };
    first.local = { ...first.local, snapshot: moved };
    first.reference = { ...first.reference, base: { local: moved, remote: moved } };
    expect(reasonsOf(plan(world, { unread: true }))).toEqual(["reschedule series-moved"]);
    expect(reasonsOf(plan(world))).toEqual([]);
  });

  test("cut short, its lost dates stand until it is clear that they are nowhere else", () => {
    const world = edited(makeWorld(), { recurrence: ["RRULE:FREQ=WEEKLY;COUNT=2"] });
    const planned = plan(world, { settled: false });
    expect(planned.waitingSince).not.toBeNull();
    expect(startsOf(carriedOut(world, planned))).toEqual(startsOf(makeWorld()));
  });

  test("cut in two, the later dates move into the copy", () => {
    const world = edited(makeWorld(), { recurrence: ["RRULE:FREQ=WEEKLY;COUNT=2"] });
    const time = hour("2030-01-23T15:00Z");
    const copy = { ...world.event, id: "copy", time, recurrence: ["RRULE:FREQ=WEEKLY;COUNT=2"] };
    const planned = plan(world, { successors: [copy], settled: false });
    expect(reasonsOf(planned)).toEqual(Array(2).fill("reschedule series-split-moved"));
    expect(planned.successors[0]?.change.slots).toEqual([
      { bookingId: 3, originalStart: "2030-01-23T15:00:00.000Z" },
      { bookingId: 4, originalStart: "2030-01-30T15:00:00.000Z" },
    ]);
  });

  test("cut in two out there and ended here at once: the copy is followed, and what was called off here is called off in it", () => {
    const world = edited(makeWorld(), { recurrence: ["RRULE:FREQ=WEEKLY;COUNT=1"] });
    const later = "2030-01-01T00:00:00.000Z";
    world.series = {
      ...world.series,
      recurrence: ["RRULE:FREQ=WEEKLY;UNTIL=20300115T100000Z"],
      changedAt: { time: later },
    };
    for (const one of world.occurrences.slice(2))
      if (one.local) one.local = { ...one.local, active: false, changedAt: { status: later } };
    const time = hour("2030-01-14T10:00Z");
    const copy = { ...world.event, id: "copy", time, recurrence: ["RRULE:FREQ=WEEKLY;COUNT=3"] };
    const planned = plan(world, { successors: [copy], settled: false });
    expect(reasonsOf(planned)).toEqual(["reschedule series-split-moved"]);
    expect(planned.change?.set).toEqual({ recurrence: ["RRULE:FREQ=WEEKLY;COUNT=1"] });
    expect(
      planned.occurrences
        .slice(1)
        .map(({ place, plan: { push } }) => [place?.originalStart.slice(5, 10), push]),
    ).toEqual([
      ["01-14", false],
      ["01-21", true],
      ["01-28", true],
    ]);
  });

  test.each([
    ["fewer dates out there than here", 2, ["RRULE:FREQ=WEEKLY;COUNT=2"], false],
    ["more dates out there, wished for before that", 6, ["RRULE:FREQ=WEEKLY;COUNT=3"], true],
  ])("cut here and made another length out there: %s", (_title, count, recurrence, push) => {
    const world = edited(makeWorld(), { recurrence: [`RRULE:FREQ=WEEKLY;COUNT=${count}`] });
    const changedAt = { time: "2030-01-01T00:00:00.000Z" };
    world.series = { ...world.series, recurrence: ["RRULE:FREQ=WEEKLY;UNTIL=20300122T100000Z"], changedAt };
    const [, , , last] = world.occurrences;
    if (last?.local) last.local = { ...last.local, active: false, changedAt: { status: changedAt.time } };
    const planned = plan(world);
    expect(planned.change?.set).toEqual({ recurrence });
    expect(planned.push).toBe(push);
  });

  test("moved here and cut out there at once, its end moves along: no date more, and none less", () => {
    const world = edited(makeWorld(), { recurrence: ["RRULE:FREQ=WEEKLY;UNTIL=20300115T095959Z"] });
    world.series = {
      ...world.series,
      time: hour("2030-01-07T10:00Z"),
      changedAt: { time: "2030-01-01T00:00:00.000Z" },
    };
    const planned = plan(world, { settled: false });
    expect(planned.change?.set).toEqual({ recurrence: ["RRULE:FREQ=WEEKLY;COUNT=1"] });
    expect(planned.waitingSince).not.toBeNull();
  });

  test("cut twice, the later dates move into both copies, in order", () => {
    const world = edited(makeWorld(), { recurrence: ["RRULE:FREQ=WEEKLY;COUNT=1"] });
    const copy = (id: string, start: string, count: number) => ({
      ...world.event,
      id,
      time: hour(start),
      recurrence: [`RRULE:FREQ=WEEKLY;COUNT=${count}`],
    });
    const later = copy("later", "2030-01-21T10:00Z", 2);
    const sooner = copy("sooner", "2030-01-14T10:00Z", 1);
    expect(plan(world, { successors: [later], settled: false })).toMatchObject({
      successors: [],
      waitingSince: expect.any(Date),
    });
    const { successors, waitingSince } = plan(world, { successors: [later, sooner], settled: false });
    expect(waitingSince).toBeNull();
    expect(
      successors.map(({ event, change }) => [event.id, change.slots.map(({ bookingId }) => bookingId)]),
    ).toEqual([
      ["sooner", [2]],
      ["later", [3, 4]],
    ]);
  });

  test.each<[string, Partial<SyncPolicy>, RemoteState | "moved", boolean]>([
    [
      "a calendar that is only written to moves nothing, and is corrected",
      { direction: "TO_CALENDAR" },
      "moved",
      true,
    ],
    [
      "a calendar that is only written to cancels nothing, and its event is made again",
      { direction: "TO_CALENDAR" },
      deleted,
      true,
    ],
    ["times that are not followed move nothing", { fields: ["title"] }, "moved", false],
  ])("%s", (_title, policy, remote, push) => {
    const world = edited(makeWorld(), { time: hour("2030-01-09T12:00Z") });
    const planned = plan(world, { policy, ...(remote === "moved" ? {} : { remote }) });
    expect(reasonsOf(planned)).toEqual([]);
    expect(planned.push).toBe(push);
  });

  test("a calendar that is only read from is followed and not written", () => {
    const world = edited(makeWorld(), { time: hour("2030-01-09T12:00Z") });
    const planned = plan(world, { policy: { direction: "FROM_CALENDAR" } });
    expect(reasonsOf(planned)).toEqual(Array(4).fill("reschedule series-moved"));
    expect(planned.push).toBe(false);
  });

  test("its own last write says nothing", () => {
    expect(plan(makeWorld())).toMatchObject({
      occurrences: [],
      change: null,
      push: false,
      waitingSince: null,
    });
  });
});

describe("one date changed in the calendar", () => {
  const slot = "2030-01-15T10:00:00.000Z";
  const instance = (world: SeriesWorld, changes: Partial<ExternalEvent>): SeriesTold => ({
    remote: null,
    instances: new Map([
      [
        slot,
        {
          state: "present",
          event: {
            ...world.event,
            id: "instance",
            version: "i1",
            time: hour(slot),
            recurrence: null,
            seriesId: "master",
            originalStart: slot,
            ...changes,
          },
        },
      ],
    ]),
  });

  test.each<[string, Partial<ExternalEvent>, string]>([
    ["moved", { time: hour("2030-01-16T14:00Z") }, "reschedule occurrence-moved"],
    ["edited", { title: "Special" }, "change-details occurrence-changed"],
    ["deleted", { status: "cancelled" }, "cancel occurrence-deleted"],
  ])("%s: its booking alone", (_title, changes, reason) => {
    const world = makeWorld();
    const planned = plan(world, instance(world, changes));
    expect(reasonsOf(planned)).toEqual([reason]);
    expect(planned.occurrences.map(({ occurrence }) => occurrence.reference.bookingId)).toEqual([2]);
  });

  test("brought back: so is its booking", () => {
    const world = makeWorld();
    const after = carriedOut(world, plan(world, instance(world, { status: "cancelled" })));
    const planned = plan(after, instance(after, { version: "i2" }));
    expect(reasonsOf(planned)).toEqual(["restore occurrence-restored"]);
  });
});

describe("a change of clocks", () => {
  test.each([
    ["Europe/Berlin", "2030-03-19T09:00Z", "2030-04-02T08:00:00.000Z"],
    ["America/New_York", "2030-03-05T14:00Z", "2030-03-12T13:00:00.000Z"],
    ["Australia/Sydney", "2030-03-26T22:00Z", "2030-04-09T23:00:00.000Z"],
  ])("in %s changes nothing by itself", (zone, start, later) => {
    const world = makeWorld({ time: hour(start, zone) });
    const renamed = edited(world, { title: "Lesson" });
    expect(world.occurrences.map(({ reference }) => reference.originalStart)).toContain(later);
    expect(startsOf(carriedOut(renamed, plan(renamed)))).toEqual(startsOf(world));
  });
});

/** One thing that a person does to a series, and how far the clock goes on before. */
const steps = fc.array(
  fc.record({
    days: fc.integer({ min: 0, max: 9 }),
    shift: fc.option(fc.integer({ min: -30, max: 60 }), { nil: null }),
    interval: fc.integer({ min: 1, max: 2 }),
    count: fc.integer({ min: 1, max: 8 }),
    what: fc.constantFrom("move", "rule", "shorten", "rename", "delete"),
  }),
  { minLength: 1, maxLength: 5 },
);

describe("whatever a person does to a series", () => {
  test("its bookings to come have the dates of its rule or are cancelled, and planning again finds nothing to do", () => {
    fc.assert(
      fc.property(fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"), steps, (zone, list) => {
        let world = makeWorld({
          time: hour("2030-03-05T10:00Z", zone),
          recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=5"],
        });
        let nowMs = Date.parse("2030-03-01T00:00Z");
        for (const { days, shift, interval, count, what } of list) {
          nowMs += days * 86_400_000;
          const now = new Date(nowMs);
          const { time } = world.event;
          const start = new Date(Date.parse(time.start) + (shift ?? 3) * 3_600_000).toISOString();
          const rule = [`RRULE:FREQ=WEEKLY;INTERVAL=${interval};COUNT=${count}`];
          world = edited(
            world,
            what === "move"
              ? { time: hour(shiftSlots([time.start], time, hour(start, zone))[0] ?? start, zone) }
              : what === "rule"
                ? { recurrence: rule }
                : what === "shorten"
                  ? { recurrence: [`RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=${Math.min(count, 3)}`] }
                  : what === "rename"
                    ? { title: `Title ${count}` }
                    : {},
          );
          const remote = what === "delete" ? { remote: deleted } : {};
          const stood = standing(world);
          world = carriedOut(world, plan(world, { ...remote, now }));
          expectEqual(world, now);
          if (what === "move" || what === "rename") expect(standing(world)).toBeGreaterThanOrEqual(stood);
          const again = plan(world, { ...remote, now });
          expect(reasonsOf(again)).toEqual([]);
          expect({ since: again.waitingSince, push: again.push }).toEqual({ since: null, push: false });
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});

const standing = ({ occurrences }: SeriesWorld) => occurrences.filter(({ local }) => local?.active).length;

/** Bookings to come that stand: each at a date of the event's rule, no two at the same one. */
function expectEqual({ event, status, occurrences }: SeriesWorld, now: Date): void {
  const coming = occurrences.flatMap(({ local }) =>
    local?.active && Date.parse(local.snapshot.time.end) > now.getTime() ? [local.snapshot] : [],
  );
  const starts = coming.map(({ time }) => time.start);
  expect(new Set(starts).size).toBe(starts.length);
  const { slots } =
    status === "DELETED" ? { slots: [] } : slotsOf({ time: event.time, recurrence: event.recurrence ?? [] });
  for (const start of starts) expect(slots).toContain(start);
  for (const { title } of coming) expect(title).toBe(toSnapshot(event).title);
}
