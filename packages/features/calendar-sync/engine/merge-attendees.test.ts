import type { AttendeeResponse } from "@calsync/types";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreedAttendees, allDeclined, attendeesToWrite, mergeAttendees } from "./merge-attendees.ts";
import type { EventSnapshot, SnapshotAttendee } from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";

/** `ann bob:declined carol?`: addresses with their answers (accepted when none is said), optional ones with a question mark. */
function people(text: string): SnapshotAttendee[] {
  return text
    .split(" ")
    .filter(Boolean)
    .map((word) => {
      const [name = "", response = "accepted"] = word.replace("?", "").split(":");
      const optional = word.includes("?");
      return { email: `${name}@x.test`, name, response: response as AttendeeResponse, optional };
    })
    .sort((a, b) => (a.email < b.email ? -1 : 1));
}

function say(list: readonly SnapshotAttendee[]): string {
  return list
    .map(({ name, response, optional }) => {
      const answer = response === "accepted" ? "" : `:${response}`;
      return `${name}${optional ? "?" : ""}${answer}`;
    })
    .join(" ");
}

const snapshot = (attendees: SnapshotAttendee[]): EventSnapshot => ({
  time: { allDay: true, start: "2030-01-01", end: "2030-01-02" },
  title: "",
  description: "",
  location: "",
  attendees,
});
const state = (local: string, remote = local): SyncedState => ({
  local: snapshot(people(local)),
  remote: snapshot(people(remote)),
});

function merge(base: string, local: string, remote: string, calendarWins = true) {
  return mergeAttendees({
    base: state(base),
    local: people(local),
    remote: people(remote),
    own: new Set(["host@x.test"]),
    calendarWins,
  });
}

describe("attendees merged by address", () => {
  test.each<[string, string, string, string, string]>([
    [
      "somebody added out there comes to the booking",
      "ann",
      "ann",
      "ann bob:needs-action",
      "ann bob:needs-action",
    ],
    ["somebody taken off out there leaves the booking", "ann bob", "ann bob", "ann", "ann"],
    ["an answer out there is taken over", "ann", "ann", "ann:declined", "ann:declined"],
    ["whether somebody is optional is taken over", "ann", "ann", "ann?", "ann?"],
    ["both sides adding different people keep both", "ann", "ann carol", "ann bob", "ann bob carol"],
    ["both sides adding the same person keep one", "ann", "ann bob", "ann bob", "ann bob"],
    [
      "an answer here stands against an invitation that is only unanswered there",
      "ann",
      "ann bob",
      "ann bob:needs-action",
      "ann bob",
    ],
    ["taken off there beats an answer here", "ann bob", "ann bob:tentative", "ann", "ann"],
    ["taken off here beats an answer there", "ann bob", "ann", "ann bob:declined", "ann"],
    ["taken off on both sides is off", "ann bob", "ann", "ann", "ann"],
    ["the host's own address is no guest", "ann", "ann", "ann host", "ann"],
    ["one swapped for another", "ann", "ann", "bob", "bob"],
    ["everyone taken off", "ann bob", "ann bob", "", ""],
  ])("%s", (_name, base, local, remote, expected) => {
    expect(say(merge(base, local, remote).attendees)).toBe(expected);
  });

  test("an answer changed on both sides goes by the policy, and is named as contested", () => {
    const [wins, loses] = [true, false].map((calendar) =>
      merge("ann", "ann:declined", "ann:tentative", calendar),
    );
    expect(say(wins?.attendees ?? [])).toBe("ann:tentative");
    expect(say(loses?.attendees ?? [])).toBe("ann:declined");
    expect(wins).toMatchObject({ contested: ["ann@x.test"], kept: [] });
    expect(loses).toMatchObject({ contested: ["ann@x.test"], kept: ["ann@x.test"], changed: [] });
  });

  test("says who came, who went and who answered", () => {
    const merged = merge("ann bob carol", "ann bob carol", "bob:declined carol dave");
    expect(say(merged.added)).toBe("dave");
    expect(merged.removed).toEqual(["ann@x.test"]);
    expect(say(merged.changed)).toBe("bob:declined");
  });

  test("where nothing is taken over, who is invited is put back and answers are left alone", () => {
    const { putBack } = merge("ann bob", "ann bob", "ann:declined carol");
    // The booking has ann and bob: bob is missing there and carol too much, so both are pushed; ann's answer is not.
    expect(say(putBack)).toBe("ann carol");
  });

  const lists = fc
    .uniqueArray(
      fc.record({
        name: fc.constantFrom("ann", "bob", "carol", "dave"),
        response: fc.constantFrom<AttendeeResponse>("accepted", "declined", "tentative", "needs-action"),
      }),
      { selector: ({ name }) => name },
    )
    .map((list) => list.map(({ name, response }) => `${name}:${response}`).join(" "));

  test("any lists: what is pushed afterwards makes the event equal, and merging again finds nothing", () => {
    fc.assert(
      fc.property(lists, lists, lists, fc.boolean(), (base, local, remote, wins) => {
        const first = merge(base, local, remote, wins);
        const agreed = {
          local: snapshot(first.agreed),
          remote: snapshot(people(remote)),
        };
        const written = attendeesToWrite(first.attendees, agreed);
        expect(say(written)).toBe(say(first.attendees));
        const again = mergeAttendees({
          base: { local: snapshot(first.attendees), remote: snapshot(written) },
          local: first.attendees,
          remote: written,
          own: new Set(),
          calendarWins: wins,
        });
        expect(again).toMatchObject({ touched: [], added: [], removed: [], changed: [] });
      }),
    );
  });
});

describe("what is written of attendees", () => {
  test("people and answers that are not followed stay there when the booking changes somebody else", () => {
    // ann has declined there and eve was added there; neither is followed. Here bob has come.
    const base = state("ann", "ann:declined eve");
    expect(say(attendeesToWrite(people("ann bob"), base))).toBe("ann:declined bob eve");
  });

  test("somebody whom the booking takes off goes, and an answer that it changes is written", () => {
    expect(say(attendeesToWrite(people("bob:declined"), state("ann bob")))).toBe("bob:declined");
  });
});

describe("a write whose answer was lost", () => {
  test("is told from people's changes person by person", () => {
    const agreed = agreedAttendees(state("ann"), [state("ann bob")], people("ann:declined bob carol"));
    const merged = mergeAttendees({
      base: agreed,
      local: people("ann bob"),
      remote: people("ann:declined bob carol"),
      own: new Set(),
      calendarWins: true,
    });
    expect(say(merged.changed)).toBe("ann:declined");
    expect(say(merged.added)).toBe("carol");
  });

  test("that took somebody off does not take them off again when they were added since", () => {
    const agreed = agreedAttendees(state("ann bob"), [state("ann")], people("ann"));
    const merged = mergeAttendees({
      base: agreed,
      local: people("ann bob"),
      remote: people("ann"),
      own: new Set(),
      calendarWins: true,
    });
    expect(say(merged.attendees)).toBe("ann bob");
  });
});

test("nobody invited is not everybody declined", () => {
  expect(allDeclined([])).toBe(false);
  expect(allDeclined(people("ann:declined bob"))).toBe(false);
  expect(allDeclined(people("ann:declined bob:declined"))).toBe(true);
});
