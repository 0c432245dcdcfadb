import type { ExternalEvent } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { whySeriesTimeFixed } from "./editability.ts";
import { changedBy } from "./merge-fields.ts";
import { type ExternalEditInput, planExternalEdit } from "./plan-external-edit.ts";
import { DEFAULT_POLICY, type SyncPolicy } from "./policy.ts";
import { type EventSnapshot, toSnapshot } from "./snapshot.ts";

const NOW = new Date("2030-01-01T12:00:00.000Z");
const hour = (at: number) =>
  ({
    allDay: false,
    start: `2030-01-08T${at}:00:00.000Z`,
    end: `2030-01-08T${at + 1}:00:00.000Z`,
    timeZone: "Europe/Berlin",
  }) as const;

const event = (changes: Partial<ExternalEvent> = {}): ExternalEvent => ({
  id: "evt",
  calendarId: "cal",
  iCalUid: "uid@provider",
  version: "v1",
  sequence: 3,
  status: "confirmed",
  title: "Lunch",
  description: "With cake",
  location: "Canteen",
  time: hour(10),
  attendees: [{ email: "ann@x.test", name: "Ann", response: "accepted", optional: true }],
  organizer: { email: "host@x.test", self: true },
  selfResponse: null,
  transparency: "free",
  visibility: "private",
  recurrence: null,
  seriesId: null,
  originalStart: null,
  marker: null,
  updatedAt: "2030-01-01T10:00:00.000Z",
  url: null,
  ...changes,
});
const BASE: EventSnapshot = toSnapshot(event());

const plan = (changes: Partial<ExternalEditInput>, policy: Partial<SyncPolicy> = {}) =>
  planExternalEdit({
    kind: "edit",
    base: BASE,
    wanted: { title: "Brunch" },
    requestedAt: "2030-01-01T11:00:00.000Z",
    remote: event(),
    policy: { ...DEFAULT_POLICY, ...policy },
    now: NOW,
    ...changes,
  });

describe("an edit of an event that is as the host saw it", () => {
  test("is written, with everything else as it is and no marker of ours", () => {
    const { id: _id, calendarId: _calendar, version: _version, status: _status, ...rest } = event();
    const planned = plan({});
    expect(planned).toMatchObject({ kind: "write", reason: "external-edit-written", overtaken: [] });
    expect(planned.kind === "write" && planned.event).toEqual({
      title: "Brunch",
      description: rest.description,
      location: rest.location,
      time: rest.time,
      attendees: rest.attendees,
      recurrence: null,
      transparency: "free",
      visibility: "private",
      iCalUid: "uid@provider",
      sequence: 3,
      marker: null,
    });
  });

  test("raises the sequence when people have to hear of a new time", () => {
    expect(plan({ wanted: { time: hour(14) } })).toMatchObject({ event: { time: hour(14), sequence: 4 } });
  });

  test("that shows it already, because an answer was lost, writes nothing", () => {
    expect(plan({ remote: event({ title: "Brunch", version: "v2" }) })).toEqual({
      kind: "done",
      reason: "converged",
    });
  });
});

describe("an edit of an event that was changed meanwhile", () => {
  test("takes both when they are about different fields", () => {
    expect(plan({ remote: event({ location: "Roof" }) })).toMatchObject({
      kind: "write",
      reason: "external-edit-merged",
      event: { title: "Brunch", location: "Roof" },
    });
  });

  test("goes by the later word where both changed the same", () => {
    const earlier = event({ title: "Dinner", updatedAt: "2030-01-01T10:30:00.000Z" });
    const later = event({ title: "Dinner", updatedAt: "2030-01-01T11:30:00.000Z" });
    expect(plan({ remote: earlier })).toMatchObject({ kind: "write", event: { title: "Brunch" } });
    expect(plan({ remote: later })).toEqual({ kind: "refuse", reason: "external-edit-overtaken" });
    expect(plan({ remote: later, wanted: { title: "Brunch", location: "Roof" } })).toMatchObject({
      kind: "write",
      overtaken: ["title"],
      event: { title: "Dinner", location: "Roof" },
    });
  });

  test("goes by the host's rule, and asks when that is the rule", () => {
    const remote = event({ title: "Dinner", updatedAt: "2030-01-01T11:30:00.000Z" });
    expect(plan({ remote }, { conflict: "booking-wins" })).toMatchObject({ event: { title: "Brunch" } });
    expect(plan({ remote: event({ title: "Dinner" }) }, { conflict: "calendar-wins" }).kind).toBe("refuse");
    expect(plan({ remote }, { conflict: "ask" })).toEqual({
      kind: "ask",
      reason: "external-edit-asked",
      fields: ["title"],
    });
    expect(plan({ remote: event({ location: "Roof" }) }, { conflict: "ask" }).kind).toBe("write");
  });

  test("is refused when the event has gone: it is not ours to bring back", () => {
    const gone = { kind: "refuse", reason: "external-event-gone" };
    expect(plan({ remote: null })).toEqual(gone);
    expect(plan({ remote: event({ status: "cancelled" }) })).toEqual(gone);
  });

  test("is refused in a calendar that is only read", () => {
    expect(plan({}, { direction: "FROM_CALENDAR" })).toEqual({
      kind: "refuse",
      reason: "direction-from-calendar-only",
    });
  });
});

describe("a deletion", () => {
  const remove = (remote: ExternalEvent | null, policy: Partial<SyncPolicy> = {}) =>
    plan({ kind: "delete", wanted: {}, remote }, policy);

  test("is done, and done already when the event has gone", () => {
    expect(remove(event())).toEqual({ kind: "delete", reason: "external-delete-written" });
    expect(remove(null)).toEqual({ kind: "done", reason: "external-delete-written" });
  });

  test("yields to a change that was made meanwhile, unless the host's rule says otherwise", () => {
    const changed = event({ title: "Dinner" });
    expect(remove(changed)).toEqual({ kind: "refuse", reason: "external-edit-overtaken" });
    expect(remove(changed, { conflict: "booking-wins" }).kind).toBe("delete");
    expect(remove(changed, { conflict: "ask" })).toMatchObject({ kind: "ask", fields: ["title"] });
  });
});

describe("changedBy", () => {
  const sides = (local: string, remote: string, base = { local: "a", remote: "a" }) => ({
    base: { local: { ...BASE, title: base.local }, remote: { ...BASE, title: base.remote } },
    local: { ...BASE, title: local },
    remote: { ...BASE, title: remote },
  });
  test.each([
    ["a", "a", "alike"],
    ["b", "b", "alike"],
    ["b", "a", "local"],
    ["a", "b", "remote"],
    ["b", "c", "both"],
  ])("here %s and there %s, from a: %s", (local, remote, expected) => {
    expect(changedBy("title", sides(local, remote))).toBe(expected);
  });
  test("a provider that stores a field in its own way has not changed it", () => {
    expect(changedBy("title", sides("a ", "a", { local: "a ", remote: "a" }))).toBe("nobody");
  });
});

describe("the time of a whole series", () => {
  const series = (...recurrence: string[]) => event({ recurrence });
  const nextDay = { ...hour(10), start: "2030-01-09T10:00:00.000Z", end: "2030-01-09T11:00:00.000Z" };
  test("can be changed within its days, and to other days where the rule names none", () => {
    expect(whySeriesTimeFixed(series("RRULE:FREQ=WEEKLY;BYDAY=TU"), hour(14))).toBeNull();
    expect(whySeriesTimeFixed(series("RRULE:FREQ=WEEKLY"), nextDay)).toBeNull();
  });
  test("is fixed where the rule or its own dates would not move along", () => {
    expect(whySeriesTimeFixed(series("RRULE:FREQ=WEEKLY;BYDAY=TU"), nextDay)).toContain("names its days");
    expect(whySeriesTimeFixed(series("RRULE:FREQ=DAILY", "EXDATE:20300109T100000Z"), hour(14))).toContain(
      "dates",
    );
    expect(
      whySeriesTimeFixed(series("RRULE:FREQ=DAILY"), {
        allDay: true,
        start: "2030-01-08",
        end: "2030-01-09",
      }),
    ).toContain("all-day");
  });
});
