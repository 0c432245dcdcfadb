import { describe, expect, it } from "vitest";
import { describeChange } from "./describe-change.ts";

const snapshot = {
  time: {
    allDay: false,
    start: "2026-06-03T07:00:00.000Z",
    end: "2026-06-03T07:30:00.000Z",
    timeZone: "Europe/Berlin",
  },
  title: "Intro",
  description: "",
  location: "",
  attendees: [{ email: "ada@example.com", name: "Ada" }],
};

describe("a change in words", () => {
  it("tells the old and the new time in the reader's zone", () => {
    const time = { ...snapshot.time, start: "2026-06-03T08:00:00.000Z", end: "2026-06-03T08:30:00.000Z" };
    expect(describeChange(snapshot, { ...snapshot, time }, "Europe/London")).toEqual([
      {
        field: "Time",
        before: "Wednesday, 3 June 2026, 08:00 – 08:30",
        after: "Wednesday, 3 June 2026, 09:00 – 09:30",
      },
    ]);
  });

  it("names only the fields that differ", () => {
    const after = { ...snapshot, title: "Intro call", location: "Room 1" };
    expect(describeChange(snapshot, after, "UTC")).toEqual([
      { field: "Title", before: "Intro", after: "Intro call" },
      { field: "Where", before: "nothing", after: "Room 1" },
    ]);
  });

  it("does not shift the days of an all-day event by the reader's zone", () => {
    const time = { allDay: true, start: "2026-06-03", end: "2026-06-04" };
    const [change] = describeChange(snapshot, { ...snapshot, time }, "America/Los_Angeles");
    expect(change?.after).toBe("Wednesday, 3 June 2026, all day");
  });

  it("tells what was wanted of a change that was held, and leaves what it says nothing about", () => {
    const held = { wanted: { title: "Ours" }, remote: { ...snapshot, title: "Theirs" } };
    expect(describeChange(snapshot, held, "UTC")).toEqual([
      { field: "Title", before: "Intro", after: "Ours" },
    ]);
    expect(describeChange(snapshot, { location: "Room 1" }, "UTC")).toEqual([
      { field: "Where", before: "nothing", after: "Room 1" },
    ]);
  });

  it.each([
    [null, snapshot],
    [snapshot, undefined],
    ["text", ["list"]],
    [{ time: 1 }, { time: { start: "soon", end: "later" }, attendees: [null, 3] }],
  ])("is empty for records that are not snapshots: %#", (before, after) => {
    expect(describeChange(before, after, "UTC")).toEqual([]);
  });
});
