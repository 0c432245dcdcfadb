import { expect, test } from "vitest";
import { calendar, readAll, vevent } from "../test-support/read-all.ts";
import { expand } from "./recurrence.ts";
import { splitThisAndFuture } from "./this-and-future.ts";

const window = { start: new Date("2026-01-01T00:00:00Z"), end: new Date("2027-01-01T00:00:00Z") };

async function startsOf(...events: string[]) {
  const { list } = await readAll(calendar(...events));
  const [master, ...overrides] = list;
  if (!master) throw new Error("no series");
  return splitThisAndFuture(master, overrides).map(({ series, overrides: own, suffix }) => ({
    suffix,
    title: series.title,
    starts: expand(series, { window, timeZone: "UTC" }).map(({ start }) => start.toISOString().slice(5, 16)),
    overrides: own.map(({ recurrenceId }) => recurrenceId),
  }));
}

const series = (rule: string) => vevent("SUMMARY:Old", "DTSTART:20260601T080000Z", "DURATION:PT1H", rule);

test("an override for this and all later occurrences moves every later one", async () => {
  const later = vevent(
    "SUMMARY:New",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20260615T080000Z",
    "DTSTART:20260615T100000Z",
    "DURATION:PT1H",
  );
  expect(await startsOf(series("RRULE:FREQ=WEEKLY;COUNT=4"), later)).toEqual([
    { suffix: "", title: "Old", starts: ["06-01T08:00", "06-08T08:00"], overrides: [] },
    {
      suffix: "2026-06-15T08:00:00.000Z",
      title: "New",
      starts: ["06-15T10:00", "06-22T10:00"],
      overrides: [],
    },
  ]);
});

test("to another day of the week, the rule's days move along", async () => {
  const later = vevent("RECURRENCE-ID;RANGE=THISANDFUTURE:20260615T080000Z", "DTSTART:20260616T080000Z");
  const [, second] = await startsOf(series("RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260630T000000Z"), later);
  expect(second?.starts).toEqual(["06-16T08:00", "06-23T08:00"]);
});

test("several of them follow each other, and single exceptions belong to the series that they stand in", async () => {
  const at = (day: number, hour: number, range = "") =>
    vevent(`RECURRENCE-ID${range}:202606${day}T080000Z`, `DTSTART:202606${day}T${hour}0000Z`);
  const parts = await startsOf(
    series("RRULE:FREQ=DAILY;COUNT=25"),
    at(20, 11, ";RANGE=THISANDFUTURE"),
    at(10, 10, ";RANGE=THISANDFUTURE"),
    at(22, 15),
  );
  expect(parts.map(({ starts }) => [starts[0], starts.at(-1), starts.length])).toEqual([
    ["06-01T08:00", "06-09T08:00", 9],
    ["06-10T10:00", "06-19T10:00", 10],
    ["06-20T11:00", "06-25T11:00", 6],
  ]);
  expect(parts.map(({ overrides }) => overrides)).toEqual([[], [], ["2026-06-22T08:00:00.000Z"]]);
});

test("a series without such an override stays as it is", async () => {
  const [only, ...rest] = await startsOf(series("RRULE:FREQ=WEEKLY;COUNT=2"));
  expect(rest).toEqual([]);
  expect(only?.starts).toHaveLength(2);
});
