import { describe, expect, test } from "vitest";
import type { LocalItem } from "../ports/BookingStore.ts";
import { oneBooking } from "../test-support/one-booking.ts";
import { type OutboundInput, planOutbound } from "./plan-outbound.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { EventSnapshot } from "./snapshot.ts";

const NOW = new Date("2026-06-01T12:00:00.000Z");
const SNAPSHOT: EventSnapshot = {
  time: {
    allDay: false,
    start: "2026-06-03T10:00:00.000Z",
    end: "2026-06-03T11:00:00.000Z",
    timeZone: "Europe/Berlin",
  },
  title: "Intro",
  description: "",
  location: "",
  attendees: [{ email: "ann@example.com", name: "Ann", response: "accepted", optional: false }],
};
const both = oneBooking(SNAPSHOT, "2026-05-01T00:00:00.000Z", {});
const local = (more: Partial<LocalItem> = {}) => both.local({}, { sequence: 3, ...more });
const plan = (
  reference: Partial<OutboundInput["reference"]> = {},
  item: LocalItem | null = local(),
  direction: "BOTH" | "FROM_CALENDAR" = "BOTH",
) =>
  planOutbound({
    reference: {
      id: "ref",
      status: "SYNCED",
      version: "v1",
      sequence: 1,
      base: { local: SNAPSHOT, remote: SNAPSHOT },
      pending: [],
      externalEventId: "evt",
      generation: 0,
      ...reference,
    },
    local: item,
    policy: { ...DEFAULT_POLICY, direction },
    now: NOW,
  });
const unwritten = { status: "PENDING", externalEventId: null, version: null, base: null } as const;
const ended = {
  ...SNAPSHOT,
  time: {
    allDay: false as const,
    start: "2026-05-30T10:00:00.000Z",
    end: "2026-05-30T11:00:00.000Z",
    timeZone: "UTC",
  },
};

describe("what a booking asks of its event", () => {
  test("an event that is written has the higher version of the booking's and the calendar's, never a lower one", () => {
    const sequenceOf = (booking: number, reference: number) => {
      const planned = plan({ base: null, sequence: reference }, local({ sequence: booking }));
      return planned.kind === "update" ? planned.event.sequence : null;
    };
    expect([sequenceOf(3, 1), sequenceOf(1, 3), sequenceOf(2, 2)]).toEqual([3, 3, 2]);
  });

  test("a booking that stands again after a deletion without an answer has its event read before anything is written", () => {
    expect(plan({ deletePending: true })).toEqual({ kind: "review" });
    expect(plan({ deletePending: true }, local({ active: false })).kind).toBe("delete");
  });

  test("a booking without an event is created under a key that a repeat finds again", () => {
    expect(plan(unwritten)).toMatchObject({
      kind: "create",
      key: "ref-0",
      event: { marker: "ref", iCalUid: "uid@calsync" },
    });
  });

  test("a booking that says what the calendar was told asks for nothing", () => {
    expect(plan()).toMatchObject({ kind: "none", reason: "unchanged" });
  });

  test("a changed booking is written whole, and the sequence never falls behind the event's", () => {
    const changed = local({ snapshot: { ...SNAPSHOT, title: "New" } });
    expect(plan({ sequence: 7 }, changed)).toMatchObject({
      kind: "update",
      event: { title: "New", sequence: 7 },
    });
  });

  test("a new attendee is reason enough", () => {
    const joined = [
      ...SNAPSHOT.attendees,
      { email: "bob@example.com", name: "Bob", response: "accepted" as const, optional: false },
    ];
    expect(plan({}, local({ snapshot: { ...SNAPSHOT, attendees: joined } })).kind).toBe("update");
  });

  test("an unfinished write is written again even when the booking is back to what it was", () => {
    expect(plan({ pending: [{ local: SNAPSHOT, remote: SNAPSHOT }] }).kind).toBe("update");
  });

  test("a cancelled booking deletes its event", () => {
    expect(plan({}, local({ active: false }))).toEqual({ kind: "delete", unanswered: null });
  });

  test("a booking that was cancelled before it was written asks for nothing", () => {
    expect(plan(unwritten, local({ active: false }))).toMatchObject({ kind: "none", deleted: true });
  });

  test("a booking that was cancelled while its create got no answer finds the event by its key, to delete it", () => {
    const pending = [{ local: SNAPSHOT, remote: SNAPSHOT }];
    expect(plan({ ...unwritten, pending }, local({ active: false }))).toMatchObject({
      kind: "delete",
      unanswered: { key: "ref-0" },
    });
  });

  test("a booking that was brought back gets a new event under a new key", () => {
    expect(plan({ status: "DELETED" })).toMatchObject({ kind: "create", key: "ref-1", generation: 1 });
  });

  test("invariant 10: the event of a booking that has ended is neither written nor deleted", () => {
    expect(plan({}, local({ snapshot: ended })).kind).toBe("none");
    expect(plan({}, local({ snapshot: ended, active: false })).kind).toBe("none");
  });

  test("a calendar that is only read is not written to", () => {
    expect(plan(unwritten, local(), "FROM_CALENDAR").kind).toBe("none");
  });
});
