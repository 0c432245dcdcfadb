import { type IcsEvent, type IcsEventToWrite, readCalendar, writeCalendar } from "@calsync/icalendar";
import fc from "fast-check";
import { expect, test } from "vitest";
import { calendar, eventsOf, groupOf, vevent } from "../test-support/ics-text.ts";
import { toEventRow } from "./event-row.ts";
import { spansOf } from "./occurrences.ts";

const NOBODY = new Set<string>();
const rowOf = (event: IcsEvent, method: string | null = null) =>
  toEventRow(event, method, new Set(["me@x.test"]));
const toWrite = (event: IcsEvent): IcsEventToWrite => ({ ...event, stampedAt: event.stampedAt ?? "" });
const written = (events: readonly IcsEvent[]) =>
  [...writeCalendar({ name: null, events: events.map(toWrite) })].join("");

test("the same event in a file that was made anew has the same content, another one has not", async () => {
  const lines = ["DTSTART:20260601T080000Z", "DTEND:20260601T090000Z", "SUMMARY:Lunch"];
  const [one] = await eventsOf(calendar(vevent(...lines)));
  const [again] = await eventsOf(
    calendar("X-ANYTHING:1", vevent("LAST-MODIFIED:20260301T000000Z", ...lines)).replace(
      "20260101T",
      "20260201T",
    ),
  );
  const [other] = await eventsOf(calendar(vevent(...lines.slice(0, 2), "SUMMARY:Dinner")));
  if (!one || !again || !other) throw new Error("not read");
  expect(rowOf(again).contentHash).toBe(rowOf(one).contentHash);
  expect(rowOf(other).contentHash).not.toBe(rowOf(one).contentHash);
});

test("texts are kept at a length and in characters that a database takes", async () => {
  const [event] = await eventsOf(
    calendar(
      [
        "BEGIN:VEVENT",
        `UID:${"u".repeat(5_000)}`,
        "DTSTART:20260601T080000Z",
        `SUMMARY:${"\u0000🎉".repeat(900)}`,
        "SEQUENCE:99999999999",
        "END:VEVENT",
      ].join("\r\n"),
    ),
  );
  if (!event) throw new Error("not read");
  const row = rowOf(event);
  expect(row.uid).toMatch(/^[0-9a-f]{64}@long-uid$/);
  expect(row.snapshot.title.length).toBeLessThanOrEqual(1_000);
  expect(row.snapshot.title.isWellFormed()).toBe(true);
  expect(row.snapshot.title).not.toContain("\u0000");
  expect(row.sequence).toBe(2_147_483_647);
});

test("a CANCEL is about whom it names, or about everybody", async () => {
  const statusOf = async (...lines: string[]) => {
    const [event] = await eventsOf(calendar("METHOD:CANCEL", vevent(...lines)));
    if (!event) throw new Error("not read");
    return rowOf(event, "CANCEL").snapshot.status;
  };
  expect(await statusOf()).toBe("cancelled");
  expect(await statusOf("ATTENDEE:mailto:me@x.test")).toBe("cancelled");
  expect(await statusOf("ATTENDEE:mailto:other@x.test")).toBe("confirmed");
  expect(await statusOf("ATTENDEE:mailto:other@x.test", "STATUS:CANCELLED")).toBe("cancelled");
});

const ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Sydney", "Asia/Kolkata"] as const;
const wall = fc
  .record({
    day: fc.integer({ min: 1, max: 28 }),
    month: fc.integer({ min: 1, max: 12 }),
    hour: fc.integer({ min: 9, max: 20 }),
  })
  .map(
    ({ day, month, hour }) =>
      `2026${String(month).padStart(2, "0")}${String(day).padStart(2, "0")}T${String(hour).padStart(2, "0")}3000`,
  );
const series = fc.record({
  zone: fc.constantFrom(...ZONES),
  start: wall,
  rule: fc.constantFrom(
    "FREQ=DAILY;COUNT=9",
    "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=6",
    "FREQ=MONTHLY;COUNT=4",
    "FREQ=WEEKLY;UNTIL=20280101T000000Z",
  ),
  minutes: fc.integer({ min: 1, max: 600 }),
  free: fc.boolean(),
  title: fc.constantFrom("Lunch", "a, b; c\\d", "Zeile\nzwei", "語".repeat(60)),
  moved: fc.boolean(),
  sequence: fc.integer({ min: 0, max: 4 }),
});

test("import, then export, then import is a fixed point: the same contents and the same times", async () => {
  const range = { start: new Date("2026-01-01T00:00:00Z"), end: new Date("2027-03-01T00:00:00Z") };
  await fc.assert(
    fc.asyncProperty(series, async ({ zone, start, rule, minutes, free, title, moved, sequence }) => {
      const at = zone === "UTC" ? (time: string) => `:${time}Z` : (time: string) => `;TZID=${zone}:${time}`;
      const escaped = title.replaceAll(/[\\;,]/g, "\\$&").replaceAll("\n", "\\n");
      const common = [
        `SUMMARY:${escaped}`,
        `SEQUENCE:${sequence}`,
        `TRANSP:${free ? "TRANSPARENT" : "OPAQUE"}`,
      ];
      const first = calendar(
        vevent(`DTSTART${at(start)}`, `DURATION:PT${minutes}M`, `RRULE:${rule}`, ...common),
        ...(moved
          ? [
              vevent(
                `RECURRENCE-ID${at(start)}`,
                `DTSTART${at(`${start.slice(0, 9)}084500`)}`,
                "DURATION:PT20M",
                ...common,
              ),
            ]
          : []),
      );
      const imported = await eventsOf(first);
      const exported = written(imported);
      const again = await eventsOf(exported);
      const hashes = (events: readonly IcsEvent[]) =>
        events.map((event) => toEventRow(event, null, NOBODY).contentHash);
      expect(hashes(again)).toEqual(hashes(imported));
      expect(spansOf(groupOf(again), range).spans).toEqual(spansOf(groupOf(imported), range).spans);
      expect(written(again)).toBe(exported);
    }),
    { numRuns: 20 },
  );
}, 60_000);

test("a file is read alike in pieces of any size", async () => {
  const bytes = Buffer.from(calendar(vevent("DTSTART:20260601T080000Z", "SUMMARY:Grüße 🎉")));
  for (const size of [1, 3, 7, 64]) {
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < bytes.length; from += size) pieces.push(bytes.subarray(from, from + size));
    const titles: string[] = [];
    for await (const item of readCalendar(pieces, { floatingZone: "UTC" }))
      if (item.type === "event") titles.push(item.event.title);
    expect(titles).toEqual(["Grüße 🎉"]);
  }
});
