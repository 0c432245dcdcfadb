import { expect, test } from "vitest";
import type { EventSnapshot } from "../engine/snapshot.ts";
import { withPendingWrite } from "./push-results.ts";

const snapshot = (title: string): EventSnapshot => ({
  time: { allDay: true, start: "2030-01-01", end: "2030-01-02" },
  title,
  description: "",
  location: "",
  attendees: [],
});
const write = (title: string) => ({
  local: snapshot(title),
  event: {
    ...snapshot(title),
    recurrence: null,
    transparency: "busy" as const,
    visibility: "default" as const,
    iCalUid: "uid@calsync",
    sequence: 1,
    marker: "ref",
  },
});

test("a write is remembered until its answer is there: with what was to be, as both sides would hold it, and once", () => {
  const first = withPendingWrite([], write("one"));
  expect(first).toEqual([{ local: snapshot("one"), remote: snapshot("one") }]);
  const second = withPendingWrite(first, write("two"));
  expect(second.map(({ remote }) => remote.title)).toEqual(["one", "two"]);
  expect(withPendingWrite(second, write("one")).map(({ remote }) => remote.title)).toEqual(["two", "one"]);
});
