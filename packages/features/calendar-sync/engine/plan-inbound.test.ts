import { describe, expect, test } from "vitest";
import { DELETED as deleted, oneBooking } from "../test-support/one-booking.ts";
import { type InboundInput, planInbound } from "./plan-inbound.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { EventSnapshot } from "./snapshot.ts";

const NOW = new Date("2026-06-01T12:00:00.000Z");
const at = (hour: number, day = 3) => `2026-06-0${day}T${String(hour).padStart(2, "0")}:00:00.000Z`;
const time = (hour: number, day = 3): EventSnapshot["time"] => ({
  allDay: false,
  start: at(hour, day),
  end: at(hour + 1, day),
  timeZone: "Europe/Berlin",
});
const SNAPSHOT: EventSnapshot = {
  time: time(10),
  title: "Intro",
  description: "",
  location: "Room 1",
  attendees: [],
};

const { local, present, event, reference } = oneBooking(SNAPSHOT, "2026-05-01T00:00:00.000Z", {
  updatedAt: "2026-06-01T11:59:00.000Z",
});

const plan = (changes: Partial<InboundInput>) =>
  planInbound({
    reference: reference(),
    local: local(),
    remote: { state: "present", event: event() },
    policy: DEFAULT_POLICY,
    now: NOW,
    ...changes,
  });

describe("one side changed", () => {
  test("a moved event reschedules the booking, with its whole new stretch and not the old duration", () => {
    const moved = { allDay: false as const, start: at(14), end: at(16), timeZone: "Europe/Berlin" };
    const { actions, push, reason } = plan({ remote: present({ time: moved }) });
    expect(actions).toEqual([
      {
        kind: "reschedule",
        time: moved,
        reason: "remote-time-changed",
        changedAt: "2026-06-01T11:59:00.000Z",
      },
    ]);
    expect({ push, reason }).toEqual({ push: false, reason: "remote-time-changed" });
  });

  test("an edited title, description and location are one change of details", () => {
    const { actions } = plan({ remote: present({ title: "New", description: "Text", location: "Room 2" }) });
    expect(actions).toMatchObject([
      { kind: "change-details", title: "New", description: "Text", location: "Room 2" },
    ]);
  });

  test("a deleted event cancels the booking", () => {
    expect(plan({ remote: deleted })).toMatchObject({
      reason: "remote-deleted",
      actions: [{ kind: "cancel" }],
      push: false,
    });
  });

  test("a booking that changed here while its event did not is pushed and not changed", () => {
    expect(plan({ local: local({ title: "Mine" }) })).toMatchObject({
      actions: [],
      push: true,
      reason: "unchanged",
    });
  });

  test("an event restored from the bin brings back the booking that its deletion had cancelled", () => {
    const { actions, reason } = plan({
      reference: reference({ status: "DELETED" }),
      local: local({}, { active: false }),
    });
    expect(reason).toBe("remote-restored");
    expect(actions).toMatchObject([{ kind: "restore", time: SNAPSHOT.time }]);
  });

  test("what was edited in an event that comes back from the bin comes back with it", () => {
    const { actions, reference: after } = plan({
      reference: reference({ status: "DELETED" }),
      local: local({}, { active: false }),
      remote: present({ title: "Edited in the bin" }),
    });
    expect(actions).toMatchObject([
      { kind: "restore" },
      { kind: "change-details", title: "Edited in the bin", reason: "remote-details-changed" },
    ]);
    expect(after.base?.local.title).toBe("Edited in the bin");
  });

  test("an event restored from the bin does not bring back a booking that people cancelled here: it is deleted again", () => {
    const cancelled = local({}, { active: false, changedAt: { status: at(1, 1) } });
    expect(plan({ reference: reference({ status: "DELETED" }), local: cancelled })).toMatchObject({
      actions: [],
      refusals: [{ action: "ignore", reason: "remote-change-beats-local-cancel" }],
      reference: { status: "SYNCED" },
      push: true,
    });
  });
});

describe("both sides changed", () => {
  test("different fields are both taken", () => {
    const { actions, push } = plan({ local: local({ title: "Mine" }), remote: present({ time: time(15) }) });
    expect(actions).toMatchObject([{ kind: "reschedule" }]);
    expect(push).toBe(true);
  });

  test("the same change on both sides needs nothing", () => {
    expect(plan({ local: local({ title: "Same" }), remote: present({ title: "Same" }) })).toMatchObject({
      reason: "converged",
      actions: [],
      push: false,
    });
  });

  test.each([
    ["the calendar's, when it is later", "2026-06-01T11:00:00.000Z", "remote-wins-last-write", 1, false],
    ["the booking's, when it is later", "2026-06-01T11:59:30.000Z", "local-wins-last-write", 0, true],
    ["the calendar's on a tie", "2026-06-01T11:59:00.000Z", "remote-wins-last-write", 1, false],
  ] as const)("last write wins: %s", (_name, changedAt, reason, actions, push) => {
    const result = plan({
      local: local({ time: time(8) }, { changedAt: { time: changedAt } }),
      remote: present({ time: time(15) }),
    });
    expect({ reason: result.reason, actions: result.actions.length, push: result.push }).toEqual({
      reason,
      actions,
      push,
    });
  });

  test("an event deleted out there and changed here comes back", () => {
    const result = plan({ local: local({ title: "Mine" }), remote: deleted });
    expect(result).toMatchObject({ reason: "local-change-beats-remote-delete", actions: [], push: true });
    expect(result.reference).toMatchObject({ recreate: true, status: "PENDING" });
  });

  test("a cancellation here stands although the event was edited, and the edit is recorded", () => {
    const result = plan({
      local: local({}, { active: false, changedAt: { status: at(1, 1) } }),
      remote: present({ title: "Edit" }),
    });
    expect(result).toMatchObject({ reason: "remote-change-beats-local-cancel", actions: [], push: true });
  });
});

describe("invariant 5: no echo", () => {
  test("the version that our own write left is an echo", () => {
    expect(plan({ remote: present({ version: "v1" }) })).toMatchObject({
      reason: "echo",
      actions: [],
      push: false,
      reference: {},
    });
  });

  test("a version that changed by itself, with the same fields, changes nothing but the version", () => {
    const result = plan({ remote: present({ version: "v9" }) });
    expect(result).toMatchObject({
      reason: "unchanged",
      actions: [],
      push: false,
      reference: { version: "v9" },
    });
  });

  test("a write whose answer was lost is recognised, also when the booking has changed again since", () => {
    const written = { ...SNAPSHOT, title: "Second" };
    const result = plan({
      reference: reference({ pending: [{ local: written, remote: written }] }),
      local: local({ title: "Third" }, { changedAt: { title: "2026-06-01T11:00:00.000Z" } }),
      remote: present({ title: "Second" }),
    });
    expect(result).toMatchObject({ actions: [], push: true });
  });

  test("of several writes without an answer, whichever landed is recognised", () => {
    const [first, second] = ["First", "Second"].map((title) => ({ ...SNAPSHOT, title })) as [
      EventSnapshot,
      EventSnapshot,
    ];
    const pending = [
      { local: first, remote: first },
      { local: second, remote: second },
    ];
    for (const title of ["First", "Second"]) {
      const result = plan({
        reference: reference({ pending }),
        local: local({ title: "Third" }, { changedAt: { title: "2026-06-01T11:00:00.000Z" } }),
        remote: present({ title }),
      });
      expect(result).toMatchObject({ actions: [], push: true });
    }
  });

  test("a write without an answer outlives its event, so that bringing this back from the bin is no edit of the text", () => {
    const first = { local: SNAPSHOT, remote: SNAPSHOT };
    const unanswered = reference({ status: "PENDING", version: null, base: null, pending: [first] });
    const gone = plan({ reference: unanswered, remote: deleted });
    expect(gone.reference.clearPending).toBeUndefined();
    const renamed = local({ title: "Renamed elsewhere" }, { active: false });
    const back = plan({ reference: { ...unanswered, ...gone.reference }, local: renamed });
    expect(back.actions.map(({ kind }) => kind)).toEqual(["restore"]);
    expect(back.push).toBe(true);
  });

  test("what an event of a cancelled booking shows of our writes is remembered for the case that it comes back", () => {
    const first = { local: SNAPSHOT, remote: SNAPSHOT };
    const seen = plan({
      reference: reference({ status: "PENDING", version: null, base: null, pending: [first] }),
      local: local({ title: "Renamed elsewhere" }, { active: false }),
    });
    expect(seen.reference).toMatchObject({ base: first, clearPending: true });
    expect(seen.actions).toEqual([]);
  });

  test("our own deletion without an answer is no person's, should the booking stand again by then", () => {
    const undecided = plan({ reference: reference({ deletePending: true }), remote: deleted });
    expect(undecided.actions).toEqual([]);
    expect(undecided).toMatchObject({ reason: "echo", push: true, reference: { recreate: true } });
    const there = plan({ reference: reference({ deletePending: true }), remote: present({ version: "v1" }) });
    expect(there).toMatchObject({ actions: [], reference: { clearPending: true } });
  });

  test("a deletion after a write that had arrived without an answer counts, and one before it does not", () => {
    const wrote = { local: { ...SNAPSHOT, title: "Ours" }, remote: { ...SNAPSHOT, title: "Ours" } };
    const unanswered = reference({ pending: [wrote] });
    const arrived = present({ status: "cancelled", title: "Ours" });
    expect(plan({ reference: unanswered, local: local({ title: "Ours" }), remote: arrived }).reason).toBe(
      "remote-deleted",
    );
    const before = present({ status: "cancelled" });
    expect(plan({ reference: unanswered, local: local({ title: "Ours" }), remote: before }).reason).toBe(
      "local-change-beats-remote-delete",
    );
  });

  test("a person's edit on top of a write whose answer was lost is taken", () => {
    const written = { ...SNAPSHOT, title: "Second" };
    const result = plan({
      reference: reference({ pending: [{ local: written, remote: written }] }),
      local: local({ title: "Second" }),
      remote: present({ title: "Second", time: time(17) }),
    });
    expect(result.actions).toMatchObject([{ kind: "reschedule", time: time(17) }]);
    expect(result.actions).toHaveLength(1);
  });

  test("a create whose answer was lost makes no change", () => {
    const result = plan({
      reference: reference({
        status: "PENDING",
        version: null,
        base: null,
        pending: [{ local: SNAPSHOT, remote: SNAPSHOT }],
      }),
    });
    expect(result).toMatchObject({
      reason: "unchanged",
      actions: [],
      push: false,
      reference: { status: "SYNCED", version: "v2" },
    });
  });

  test("a field that the provider stores in its own way is no change of anybody's", () => {
    const stored = { ...SNAPSHOT, description: "<b>Text</b>" };
    const result = plan({
      reference: reference({ base: { local: { ...SNAPSHOT, description: "Text" }, remote: stored } }),
      local: local({ description: "Text" }),
      remote: present({ description: "<b>Text</b>", version: "v3" }),
    });
    expect(result).toMatchObject({ actions: [], push: false });
  });
});

describe("invariant 10: the past is left alone", () => {
  const past = local({
    time: {
      allDay: false,
      start: "2026-05-30T10:00:00.000Z",
      end: "2026-05-30T11:00:00.000Z",
      timeZone: "UTC",
    },
  });
  const base = { local: past.snapshot, remote: past.snapshot };
  test("a past booking is not moved, and the refusal is recorded", () => {
    const result = plan({
      local: past,
      reference: reference({ base }),
      remote: present({ ...past.snapshot, time: time(10) }),
    });
    expect(result).toMatchObject({
      actions: [],
      push: false,
      refusals: [{ action: "reschedule", reason: "past-booking" }],
    });
  });

  test("a past booking is not cancelled when its event is deleted", () => {
    expect(plan({ local: past, reference: reference({ base }), remote: deleted })).toMatchObject({
      actions: [],
      reason: "past-booking",
      push: false,
    });
  });
});

describe("what a booking cannot be", () => {
  test("an event without length is refused and the booking's time put back", () => {
    const empty = { allDay: false as const, start: at(10), end: at(10), timeZone: "UTC" };
    expect(plan({ remote: present({ time: empty }) })).toMatchObject({
      actions: [],
      refusals: [{ action: "reschedule", reason: "invalid-time" }],
      push: true,
    });
  });

  test("a reference without a booking ends", () => {
    expect(plan({ local: null, remote: deleted })).toMatchObject({ reason: "booking-gone", actions: [] });
  });
});

describe("direction and policy", () => {
  test("a calendar that only receives is put back", () => {
    const policy = { ...DEFAULT_POLICY, direction: "TO_CALENDAR" } as const;
    expect(plan({ policy, remote: present({ title: "Edit" }) })).toMatchObject({
      actions: [],
      push: true,
      reason: "direction-to-calendar-only",
    });
    expect(plan({ policy, remote: deleted })).toMatchObject({
      actions: [],
      push: true,
      reference: { recreate: true },
    });
  });

  test("a calendar that is only read never asks for a push", () => {
    const policy = { ...DEFAULT_POLICY, direction: "FROM_CALENDAR" } as const;
    expect(plan({ policy, local: local({ title: "Mine" }) }).push).toBe(false);
  });

  test.each([
    ["calendar-wins", 1],
    ["booking-wins", 0],
  ] as const)("%s decides a conflict whatever the clocks say", (conflict, actions) => {
    const policy = { ...DEFAULT_POLICY, conflict };
    const late = conflict === "calendar-wins" ? "2026-06-01T11:59:59.000Z" : "2026-05-01T00:00:00.000Z";
    const result = plan({
      policy,
      local: local({ title: "Mine" }, { changedAt: { title: late } }),
      remote: present({ title: "Theirs" }),
    });
    expect(result.actions).toHaveLength(actions);
    expect(result.push).toBe(actions === 0);
  });
});
