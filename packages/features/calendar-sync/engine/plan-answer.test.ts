import type { AttendeeResponse } from "@calsync/types";
import { expect, test } from "vitest";
import type { LocalItem } from "../ports/BookingStore.ts";
import { planAnswer } from "./plan-answer.ts";
import { DEFAULT_POLICY } from "./policy.ts";

const NOW = new Date("2030-01-07T12:00:00.000Z");
const person = (name: string, response: AttendeeResponse = "accepted") => ({
  email: `${name}@x.test`,
  name,
  response,
  optional: false,
});
const local = (more: Partial<LocalItem> = {}, ...attendees: ReturnType<typeof person>[]): LocalItem => ({
  bookingId: 1,
  uid: "018f0000-0000-7000-8000-000000000001",
  hostId: 1,
  active: true,
  snapshot: {
    time: {
      allDay: false,
      start: "2030-01-08T10:00:00.000Z",
      end: "2030-01-08T11:00:00.000Z",
      timeZone: "UTC",
    },
    title: "Intro",
    description: "",
    location: "",
    attendees,
  },
  changedAt: {},
  createdAt: "2030-01-01T00:00:00.000Z",
  iCalUid: "uid@calsync",
  sequence: 0,
  ...more,
});
const declines = {
  email: "ann@x.test",
  response: "declined",
  answeredAt: "2030-01-07T11:00:00.000Z",
} as const;
const plan = (item: LocalItem, policy = DEFAULT_POLICY, now = NOW) => {
  const { outcome, actions, refusals } = planAnswer(item, declines, policy, now);
  return {
    outcome,
    actions: actions.map(({ kind, reason }) => `${kind}: ${reason}`),
    refusals: refusals.map(({ reason }) => reason),
  };
};

test("an answer changes the response of the one who gave it, and nobody else's", () => {
  const { actions } = planAnswer(local({}, person("ann"), person("ben")), declines, DEFAULT_POLICY, NOW);
  expect(actions).toMatchObject([
    {
      kind: "change-attendees",
      reason: "answer-received",
      changedAt: declines.answeredAt,
      attendees: [person("ann", "declined"), person("ben")],
      changed: [person("ann", "declined")],
      added: [],
      removed: [],
    },
  ]);
});

test("the last one who declines cancels the booking where its host prefers that", () => {
  const last = local({}, person("ann"), person("ben", "declined"));
  expect(plan(last)).toEqual({
    outcome: "changes",
    actions: ["change-attendees: answer-received"],
    refusals: ["all-attendees-declined"],
  });
  expect(plan(last, { ...DEFAULT_POLICY, allDeclined: "cancel" })).toEqual({
    outcome: "changes",
    actions: ["change-attendees: answer-received", "cancel: all-attendees-declined"],
    refusals: [],
  });
});

test.each([
  ["the same answer again", "same", local({}, person("ann", "declined")), NOW],
  ["an answer of somebody who is not invited", "not-invited", local({}, person("ben")), NOW],
  ["an answer to a cancelled booking", "cancelled", local({ active: false }, person("ann")), NOW],
  ["an answer to what is over", "ended", local({}, person("ann")), new Date("2030-01-09T00:00:00.000Z")],
] as const)("%s changes nothing", (_what, outcome, item, now) => {
  expect(plan(item, DEFAULT_POLICY, now)).toEqual({ outcome, actions: [], refusals: [] });
});
