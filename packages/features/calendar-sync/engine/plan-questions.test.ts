import type { AttendeeResponse } from "@calsync/types";
import { describe, expect, test } from "vitest";
import type { LocalItem } from "../ports/BookingStore.ts";
import { DELETED as deleted, oneBooking } from "../test-support/one-booking.ts";
import type { TimeFacts } from "./guards.ts";
import { type InboundInput, planInbound, type RemoteState } from "./plan-inbound.ts";
import { DEFAULT_POLICY, type SyncPolicy } from "./policy.ts";
import type { EventSnapshot } from "./snapshot.ts";

/* The branches of planInbound that end in a question; what each of them does without one is in plan-inbound.test.ts. */

const NOW = new Date("2030-01-07T12:00:00.000Z");
const time = (hour: number, day = "08"): EventSnapshot["time"] => ({
  allDay: false,
  start: `2030-01-${day}T${hour}:00:00.000Z`,
  end: `2030-01-${day}T${hour + 1}:00:00.000Z`,
  timeZone: "UTC",
});
const SNAPSHOT: EventSnapshot = {
  time: time(10),
  title: "Intro",
  description: "",
  location: "Room 1",
  attendees: [],
};
const BASE = { local: SNAPSHOT, remote: SNAPSHOT };
const { local, present, reference } = oneBooking(SNAPSHOT, "2030-01-01T00:00:00.000Z", {
  updatedAt: "2030-01-07T11:00:00.000Z",
});
const cancelledHere = (changes: Partial<EventSnapshot> = {}) =>
  local(changes, { active: false, changedAt: { status: "2030-01-07T09:00:00.000Z" } });
const ASK: SyncPolicy = { ...DEFAULT_POLICY, conflict: "ask" };

/** Plans under the policy to ask. */
const plan = (changes: Partial<InboundInput>) =>
  planInbound({
    reference: reference(),
    local: local(),
    remote: present(),
    policy: ASK,
    now: NOW,
    ...changes,
  });

describe("the policy to ask", () => {
  test.each<[string, LocalItem, RemoteState, string, string, string[]]>([
    // case, here, out there → kind, reason, fields
    [
      "both moved it",
      local({ time: time(12) }),
      present({ time: time(14) }),
      "FIELDS",
      "conflict-both-changed",
      ["time"],
    ],
    [
      "both renamed it and moved the room",
      local({ title: "Mine", location: "Room 2" }),
      present({ title: "Theirs", location: "Room 3" }),
      "FIELDS",
      "conflict-both-changed",
      ["title", "location"],
    ],
    [
      "only what both changed is asked about, beside what one side changed",
      local({ title: "Mine", description: "Only mine" }),
      present({ title: "Theirs", time: time(15) }),
      "FIELDS",
      "conflict-both-changed",
      ["title"],
    ],
    [
      "moved here, deleted out there",
      local({ time: time(12) }),
      deleted,
      "DELETED",
      "conflict-deleted-and-changed",
      ["time"],
    ],
    [
      "renamed here, cancelled out there",
      local({ title: "Mine" }),
      present({ status: "cancelled" }),
      "DELETED",
      "conflict-deleted-and-changed",
      ["title"],
    ],
    [
      "cancelled here, moved and renamed out there",
      cancelledHere(),
      present({ title: "Still on", time: time(16) }),
      "CANCELLED",
      "conflict-cancelled-and-changed",
      ["time", "title"],
    ],
  ])("holds everything and changes neither side: %s", (_case, here, remote, kind, reason, fields) => {
    expect(plan({ local: here, remote })).toEqual({
      reason,
      actions: [],
      refusals: [],
      // The base and the version stay as they are, so that whoever looks next finds the same dispute.
      reference: { status: "CONFLICT" },
      push: false,
      hold: { kind, reason, fields, base: expect.objectContaining(BASE) },
    });
  });

  test("of people, only one who answered differently on both sides is asked about", () => {
    const people = (ann: AttendeeResponse, bob: AttendeeResponse) =>
      Object.entries({ ann, bob }).map(([name, response]) => ({
        email: `${name}@x.test`,
        name,
        response,
        optional: false,
      }));
    const agreed = { ...SNAPSHOT, attendees: people("needs-action", "needs-action") };
    const ask = (here: EventSnapshot["attendees"], there: EventSnapshot["attendees"]) =>
      plan({
        reference: reference({ base: { local: agreed, remote: agreed } }),
        local: local({ attendees: here }),
        remote: present({ attendees: there }),
      });
    const both = ask(people("accepted", "needs-action"), people("declined", "needs-action"));
    expect(both).toMatchObject({
      reason: "conflict-both-changed",
      actions: [],
      push: false,
      hold: { kind: "FIELDS", fields: ["attendees"] },
    });
    const apart = ask(people("accepted", "needs-action"), people("needs-action", "declined"));
    expect(apart.hold).toBeUndefined();
    expect(apart.actions.map(({ kind }) => kind)).toEqual(["change-attendees"]);
    const off = ask(people("accepted", "needs-action"), people("declined", "needs-action").slice(1));
    expect(off.hold).toBeUndefined();
  });

  test.each<[string, Partial<InboundInput>, string, string[], boolean]>([
    // case, input → reason, actions, push
    [
      "only the calendar changed it",
      { remote: present({ time: time(14) }) },
      "remote-time-changed",
      ["reschedule"],
      false,
    ],
    ["only the booking changed it", { local: local({ title: "Mine" }) }, "unchanged", [], true],
    [
      "each changed another field",
      { local: local({ title: "Mine" }), remote: present({ time: time(14) }) },
      "remote-time-changed",
      ["reschedule"],
      true,
    ],
    [
      "both changed it to the same",
      { local: local({ title: "Same" }), remote: present({ title: "Same" }) },
      "converged",
      [],
      false,
    ],
    ["an unchanged booking's event was deleted", { remote: deleted }, "remote-deleted", ["cancel"], false],
    ["an unchanged event's booking was cancelled", { local: cancelledHere() }, "booking-cancelled", [], true],
    [
      "a field that is not followed was changed by both",
      {
        policy: { ...ASK, fields: ["time"] },
        local: local({ title: "Mine" }),
        remote: present({ title: "Theirs" }),
      },
      "field-not-followed",
      [],
      true,
    ],
    [
      "the calendar only receives",
      {
        policy: { ...ASK, direction: "TO_CALENDAR" },
        local: local({ time: time(12) }),
        remote: present({ time: time(14) }),
      },
      "direction-to-calendar-only",
      [],
      true,
    ],
    [
      "the calendar is only read, and its event deleted",
      { policy: { ...ASK, direction: "FROM_CALENDAR" }, local: local({ title: "Mine" }), remote: deleted },
      "remote-deleted",
      ["cancel"],
      false,
    ],
    [
      "the event came out of the bin with other fields",
      {
        reference: reference({ status: "DELETED" }),
        local: local({ title: "Mine" }, { active: false }),
        remote: present({ title: "Theirs" }),
      },
      "remote-restored",
      ["restore", "change-details"],
      false,
    ],
  ])("asks nothing when %s", (_case, input, reason, actions, push) => {
    const result = plan(input);
    expect(result.hold).toBeUndefined();
    expect([result.reason, result.actions.map(({ kind }) => kind), result.push]).toEqual([
      reason,
      actions,
      push,
    ]);
  });

  test("nothing is asked about a booking that is over", () => {
    const past = { time: time(10, "06") };
    const over = { local: { ...SNAPSHOT, ...past }, remote: { ...SNAPSHOT, ...past } };
    const input = { reference: reference({ base: over }), local: local({ ...past, title: "Mine" }) };
    for (const remote of [present({ ...past, title: "Theirs" }), deleted])
      expect(plan({ ...input, remote })).toMatchObject({ reason: "past-booking", actions: [], push: false });
    const cancelled = plan({
      ...input,
      local: cancelledHere(past),
      remote: present({ ...past, title: "Theirs" }),
    });
    expect(cancelled.hold).toBeUndefined();
    expect(cancelled).toMatchObject({ reason: "remote-change-beats-local-cancel", push: false });
  });

  test("a question that stands already is found again from the same base, however often it is looked at", () => {
    const input = {
      reference: reference({ status: "CONFLICT" }),
      local: local({ time: time(12) }),
      remote: present({ time: time(14), version: "v1" }),
    };
    expect(plan(input).hold).toMatchObject({ kind: "FIELDS", fields: ["time"] });
    const settled = plan({ ...input, local: local({ time: time(14) }) });
    expect(settled).toMatchObject({ reason: "converged", reference: { status: "SYNCED", version: "v1" } });
    expect(settled.hold).toBeUndefined();
  });
});

describe("a move that the host holds", () => {
  const facts = (found: Partial<TimeFacts>): TimeFacts => ({
    outsideHours: false,
    busy: false,
    overlaps: [],
    ...found,
  });
  const hold: Partial<SyncPolicy> = { outsideHours: "hold", overlap: "hold" };
  const moved = (
    found: TimeFacts | undefined,
    policy: Partial<SyncPolicy>,
    more: Partial<InboundInput> = {},
  ) =>
    plan({
      remote: present({ time: time(20) }),
      policy: { ...DEFAULT_POLICY, ...policy },
      timeFacts: found,
      ...more,
    });

  test.each([
    ["outside the hours", facts({ outsideHours: true }), "OUTSIDE_HOURS", "held-outside-hours"],
    ["onto a busy time", facts({ busy: true }), "OVERLAP", "held-overlapping"],
    ["onto another booking", facts({ overlaps: ["uid"] }), "OVERLAP", "held-overlapping"],
    ["both", facts({ outsideHours: true, busy: true }), "OVERLAP", "held-overlapping"],
  ] as const)("%s waits, and its event is not written meanwhile", (_case, found, kind, reason) => {
    const result = moved(found, hold);
    expect(result).toMatchObject({
      reason,
      actions: [],
      refusals: [],
      reference: { status: "CONFLICT" },
      push: false,
      hold: { kind, reason, fields: ["time"] },
    });
    // Only the time waits: what both sides agree on about it stays as it was.
    expect(result.reference.base).toMatchObject({
      local: { time: SNAPSHOT.time },
      remote: { time: SNAPSHOT.time },
    });
    expect(result.objection).toBeUndefined();
  });

  test("what was edited beside the time is taken while the time waits", () => {
    const result = moved(facts({ outsideHours: true }), hold, {
      remote: present({ time: time(20), title: "Theirs" }),
    });
    expect(result.actions).toMatchObject([{ kind: "change-details", title: "Theirs" }]);
    expect(result).toMatchObject({ reason: "held-outside-hours", hold: { fields: ["time"] }, push: false });
    expect(result.reference.base).toMatchObject({ local: { title: "Theirs", time: SNAPSHOT.time } });
  });

  test.each([
    ["outside the hours", facts({ outsideHours: true }), "applied-outside-hours", true],
    ["onto another booking", facts({ overlaps: ["uid"] }), "applied-overlapping", true],
    ["to a time that nothing speaks against", facts({}), "remote-time-changed", false],
    ["to a time of which nothing is known", undefined, "remote-time-changed", false],
  ] as const)("%s, the move is done where the host holds nothing, and told if there is why", (...row) => {
    const [, found, reason, told] = row;
    const result = moved(found, {});
    expect(result.actions).toMatchObject([{ kind: "reschedule", time: time(20), reason }]);
    expect([result.reason, result.hold, result.objection !== undefined]).toEqual([reason, undefined, told]);
  });

  test("another zone for the same stretch is no move and waits for nobody", () => {
    const { time: was } = SNAPSHOT;
    const result = moved(facts({ outsideHours: true, busy: true }), hold, {
      remote: present({ time: { ...was, timeZone: "Europe/Berlin" } as EventSnapshot["time"] }),
    });
    expect(result.hold).toBeUndefined();
    expect(result.actions).toMatchObject([{ kind: "reschedule", reason: "remote-time-changed" }]);
  });

  test("a time in dispute is asked about as a dispute, whatever speaks against it", () => {
    const result = moved(
      facts({ outsideHours: true }),
      { ...hold, conflict: "ask" },
      { local: local({ time: time(12) }) },
    );
    expect(result.hold).toMatchObject({ kind: "FIELDS", reason: "conflict-both-changed" });
  });

  test("a later move here wins over a move that would have waited", () => {
    const here = local({ time: time(12) }, { changedAt: { time: "2030-01-07T11:30:00.000Z" } });
    const result = moved(facts({ outsideHours: true }), hold, { local: here });
    expect(result).toMatchObject({
      actions: [],
      push: true,
      refusals: [{ action: "reschedule", reason: "local-wins-last-write" }],
    });
    expect(result.hold).toBeUndefined();
  });
});
