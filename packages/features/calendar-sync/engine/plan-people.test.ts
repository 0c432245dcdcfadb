import type { AttendeeResponse, ExternalEvent } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { oneBooking } from "../test-support/one-booking.ts";
import { type InboundInput, planInbound } from "./plan-inbound.ts";
import { planOutbound } from "./plan-outbound.ts";
import { DEFAULT_POLICY, type SyncPolicy } from "./policy.ts";
import type { EventSnapshot, SnapshotAttendee } from "./snapshot.ts";
import { FULL_VIEW } from "./view.ts";

const NOW = new Date("2030-01-07T12:00:00.000Z");
const person = (name: string, response: AttendeeResponse = "accepted"): SnapshotAttendee => ({
  email: `${name}@x.test`,
  name,
  response,
  optional: false,
});
const SNAPSHOT: EventSnapshot = {
  time: {
    allDay: false,
    start: "2030-01-08T10:00:00.000Z",
    end: "2030-01-08T11:00:00.000Z",
    timeZone: "UTC",
  },
  title: "Intro",
  description: "",
  location: "",
  attendees: [person("ann")],
};
const { local, reference, event } = oneBooking(SNAPSHOT, "2030-01-01T00:00:00.000Z", {
  updatedAt: "2030-01-07T11:00:00.000Z",
  organizer: { email: "host@x.test", self: true },
});
const policy = (changes: Partial<SyncPolicy>): SyncPolicy => ({ ...DEFAULT_POLICY, ...changes });
const plan = (found: Partial<ExternalEvent>, more: Partial<InboundInput> = {}) =>
  planInbound({
    reference: reference(),
    local: local(),
    remote: { state: "present", event: event(found) },
    policy: DEFAULT_POLICY,
    now: NOW,
    ...more,
  });
const summary = ({ actions, refusals, push }: ReturnType<typeof plan>) => ({
  actions: actions.map(({ kind, reason }) => `${kind}: ${reason}`),
  refusals: refusals.map(({ action, reason }) => `${action}: ${reason}`),
  push,
});

describe("people", () => {
  test("who comes, goes and answers is one action, with everyone who is expected afterwards", () => {
    const { actions, push } = plan(
      { attendees: [person("bob"), person("carol", "tentative")] },
      {
        local: local({ attendees: [person("ann"), person("carol")] }),
        reference: reference({
          base: {
            local: { ...SNAPSHOT, attendees: [person("ann"), person("carol")] },
            remote: { ...SNAPSHOT, attendees: [person("ann"), person("carol")] },
          },
        }),
      },
    );
    expect(actions).toEqual([
      {
        kind: "change-attendees",
        attendees: [person("bob"), person("carol", "tentative")],
        added: [person("bob")],
        removed: ["ann@x.test"],
        changed: [person("carol", "tentative")],
        reason: "remote-attendees-changed",
        changedAt: "2030-01-07T11:00:00.000Z",
      },
    ]);
    expect(push).toBe(false);
  });

  test.each<[string, Partial<ExternalEvent>, Partial<InboundInput>, ReturnType<typeof summary>]>([
    [
      "an answer alone",
      { attendees: [person("ann", "tentative")] },
      {},
      { actions: ["change-attendees: remote-answer-changed"], refusals: [], push: false },
    ],
    [
      "nobody listed by a provider that hides people",
      { attendees: [], attendeesHidden: true },
      {},
      { actions: [], refusals: [], push: false },
    ],
    [
      "nobody listed by a calendar that holds no attendees",
      { attendees: [] },
      {
        reference: reference({
          view: { ...FULL_VIEW, attendees: false },
          base: { local: { ...SNAPSHOT, attendees: [] }, remote: { ...SNAPSHOT, attendees: [] } },
        }),
      },
      { actions: [], refusals: [], push: false },
    ],
    [
      "the host and the organizer",
      { attendees: [person("ann"), person("me"), person("host")] },
      { ownAddresses: ["me@x.test"] },
      { actions: [], refusals: [], push: false },
    ],
    [
      "people of a calendar that only receives are put back, their answers are not",
      { attendees: [person("ann", "declined"), person("bob")] },
      { policy: policy({ direction: "TO_CALENDAR" }) },
      { actions: [], refusals: ["change-attendees: direction-to-calendar-only"], push: true },
    ],
    [
      "people that are not followed are left alone",
      { attendees: [person("bob")] },
      { policy: policy({ fields: ["time"] }) },
      { actions: [], refusals: ["change-attendees: field-not-followed"], push: false },
    ],
    [
      "everyone declined, which is kept",
      { attendees: [person("ann", "declined")] },
      {},
      {
        actions: ["change-attendees: remote-answer-changed"],
        refusals: ["cancel: all-attendees-declined"],
        push: false,
      },
    ],
    [
      "everyone declined, which cancels",
      { attendees: [person("ann", "declined")] },
      { policy: policy({ allDeclined: "cancel" }) },
      {
        actions: ["change-attendees: remote-answer-changed", "cancel: all-attendees-declined"],
        refusals: [],
        push: true,
      },
    ],
    [
      "the host declined and moved it: what is cancelled is not moved",
      {
        selfResponse: "declined",
        time: { ...SNAPSHOT.time, end: "2030-01-08T12:00:00.000Z" } as EventSnapshot["time"],
      },
      { policy: policy({ hostDeclined: "cancel" }) },
      { actions: ["cancel: host-declined"], refusals: [], push: true },
    ],
    [
      "the host had declined before",
      { selfResponse: "declined", title: "New" },
      {
        policy: policy({ hostDeclined: "cancel" }),
        reference: reference({ base: { local: SNAPSHOT, remote: SNAPSHOT, selfResponse: "declined" } }),
      },
      { actions: ["change-details: remote-details-changed"], refusals: [], push: false },
    ],
    [
      "the host declined in a calendar that only receives",
      { selfResponse: "declined" },
      { policy: policy({ hostDeclined: "cancel", direction: "TO_CALENDAR" }) },
      { actions: [], refusals: ["cancel: direction-to-calendar-only"], push: false },
    ],
    [
      "somebody comes after all, for whom sync had cancelled",
      { attendees: [person("ann")] },
      {
        local: local(
          { attendees: [person("ann", "declined")] },
          { active: false, cancelledFor: "all-attendees-declined" },
        ),
        reference: reference({
          base: {
            local: { ...SNAPSHOT, attendees: [person("ann", "declined")] },
            remote: { ...SNAPSHOT, attendees: [person("ann", "declined")] },
          },
        }),
      },
      {
        actions: ["restore: remote-undeclined", "change-attendees: remote-answer-changed"],
        refusals: [],
        push: false,
      },
    ],
  ])("%s", (_name, found, more, expected) => {
    expect(summary(plan(found, more))).toEqual(expected);
  });
});

describe("what is left alone out there", () => {
  test("is not written over by a change of another field, and is once the booking changes it", () => {
    const inbound = plan({ title: "Mine" }, { policy: policy({ fields: ["time"] }) });
    const left = {
      ...reference({ version: "v2", base: inbound.reference.base ?? null }),
      externalEventId: "evt",
      generation: 0,
    };
    const outbound = (changes: Partial<EventSnapshot>) =>
      planOutbound({ reference: left, local: local(changes), policy: DEFAULT_POLICY, now: NOW });
    expect(outbound({})).toMatchObject({ kind: "none" });
    expect(outbound({ location: "Room 1" })).toMatchObject({
      kind: "update",
      event: { title: "Mine", location: "Room 1" },
    });
    expect(outbound({ title: "Ours" })).toMatchObject({ kind: "update", event: { title: "Ours" } });
  });

  test("a deletion counts although the calendar is shown less than before", () => {
    const deleted = planInbound({
      reference: reference({ view: { ...FULL_VIEW, privacy: "BUSY" } }),
      local: local(),
      remote: { state: "deleted", version: null },
      policy: DEFAULT_POLICY,
      now: NOW,
    });
    expect(deleted).toMatchObject({ reason: "remote-deleted", actions: [{ kind: "cancel" }] });
  });
});
