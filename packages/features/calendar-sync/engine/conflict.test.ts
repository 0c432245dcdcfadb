import type { AttendeeResponse } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { oneBooking } from "../test-support/one-booking.ts";
import { type ConflictAnswer, compareSides, type OpenQuestion, resolveConflict } from "./conflict.ts";
import type { EventSnapshot } from "./snapshot.ts";
import { FULL_VIEW } from "./view.ts";

const NOW = "2030-01-07T12:00:00.000Z";
const time = (hour: number, hours = 1): EventSnapshot["time"] => ({
  allDay: false,
  start: `2030-01-08T${hour}:00:00.000Z`,
  end: `2030-01-08T${hour + hours}:00:00.000Z`,
  timeZone: "UTC",
});
const SNAPSHOT: EventSnapshot = {
  time: time(10),
  title: "Intro",
  description: "",
  location: "Room 1",
  attendees: [],
};
const { local, event } = oneBooking(SNAPSHOT, "2030-01-01T00:00:00.000Z", {
  updatedAt: "2030-01-07T11:00:00.000Z",
});
/** Both moved it; only the calendar changed the description, and only the booking the location. */
const question = (changes: Partial<OpenQuestion> = {}): OpenQuestion => ({
  kind: "FIELDS",
  fields: ["time"],
  base: { local: SNAPSHOT, remote: SNAPSHOT },
  local: local({ time: time(12), location: "Room 2" }),
  remote: event({ time: time(14), description: "Theirs" }),
  ...changes,
});
const resolve = (answer: ConflictAnswer, changes: Partial<OpenQuestion> = {}) =>
  resolveConflict(question(changes), answer, NOW);
/** What an answer does to the booking: each action's kind and what it sets. */
function actionsOf(answer: ConflictAnswer, changes: Partial<OpenQuestion> = {}): unknown[] {
  const resolution = resolve(answer, changes);
  if (typeof resolution === "string") throw new Error(`refused: ${resolution}`);
  return resolution.actions.map(({ reason, changedAt, ...action }) => {
    expect([reason, changedAt]).toEqual([`conflict-resolved-${answer.choice}`, NOW]);
    return action;
  });
}

describe("the sides of a question", () => {
  test("are compared field by field, with who changed it and what is proposed", () => {
    const seen = compareSides(question());
    expect(seen.map((one) => [one.field, one.changedBy, one.proposal, one.differs])).toEqual([
      ["time", "both", "remote", true],
      ["title", "nobody", "remote", false],
      ["description", "remote", "remote", true],
      ["location", "local", "local", true],
    ]);
  });

  test("what both changed is proposed as the later side has it", () => {
    const late = local({ time: time(12) }, { changedAt: { time: "2030-01-07T11:30:00.000Z" } });
    expect(compareSides(question({ local: late }))[0]).toMatchObject({
      field: "time",
      changedBy: "both",
      proposal: "local",
    });
  });

  test("without an event everything is the booking's; without a base nobody changed anything", () => {
    for (const one of compareSides(question({ kind: "DELETED", remote: null })))
      expect(one).toMatchObject({ remote: null, proposal: "local", differs: true });
    for (const one of compareSides(question({ base: null })))
      expect(one).toMatchObject({ base: null, changedBy: "nobody", proposal: "remote" });
  });

  test("fields that the calendar is not shown as they are do not appear", () => {
    const view = { ...FULL_VIEW, privacy: "BUSY" as const };
    expect(compareSides(question({ view })).map(({ field }) => field)).toEqual(["time"]);
  });
});

describe("an answer about fields", () => {
  const details = (changes: object) => ({ kind: "change-details", ...changes });
  const move = (hour: number, hours = 1) => ({ kind: "reschedule", time: time(hour, hours) });

  test.each<[string, ConflictAnswer, unknown[]]>([
    ["local: the booking is left alone", { choice: "local" }, []],
    [
      "remote: the booking becomes the event",
      { choice: "remote" },
      [move(14), details({ description: "Theirs", location: "Room 1" })],
    ],
    ["merge with the booking's side", { choice: "merge", fields: { time: "local" } }, []],
    ["merge with the event's side", { choice: "merge", fields: { time: "remote" } }, [move(14)]],
    [
      "merge with a value of its own",
      { choice: "merge", fields: { time: { time: time(16, 2) } } },
      [move(16, 2)],
    ],
    [
      "merge with more fields than are asked about",
      { choice: "merge", fields: { time: "local", description: "remote", title: { text: " Agreed " } } },
      [details({ title: "Agreed", description: "Theirs" })],
    ],
  ])("%s", (_case, answer, expected) => {
    expect(actionsOf(answer)).toEqual(expected);
  });

  test("what is chosen counts as agreed on as the calendar shows it, and what is not chosen stays open to merging", () => {
    expect(resolve({ choice: "merge", fields: { time: "local" } })).toMatchObject({
      reason: "conflict-resolved-merge",
      reference: {
        base: {
          local: { time: time(14), description: "", location: "Room 1" },
          remote: { time: time(14), description: "", location: "Room 1" },
        },
        clearPending: true,
      },
    });
  });

  test("the reference stays in conflict until the event has been read once more", () => {
    for (const choice of ["local", "remote"] as const)
      expect(resolve({ choice })).not.toMatchObject({ reference: { status: expect.anything() } });
  });

  test("without a base both sides become one from here on", () => {
    expect(resolve({ choice: "remote" }, { base: null })).toMatchObject({
      reference: { base: { remote: { time: time(14), description: "Theirs" } } },
    });
  });

  test.each<[string, ConflictAnswer, string]>([
    ["a merge without fields", { choice: "merge" }, "choose-each-field"],
    [
      "a merge without the field that is asked about",
      { choice: "merge", fields: { title: "local" } },
      "choose-each-field",
    ],
    ["a text for the time", { choice: "merge", fields: { time: { text: "noon" } } }, "bad-value"],
    [
      "a time for a text",
      { choice: "merge", fields: { time: "local", title: { time: time(9) } } },
      "bad-value",
    ],
    ["a time of no length", { choice: "merge", fields: { time: { time: time(16, 0) } } }, "bad-value"],
  ])("%s is refused", (_case, answer, refusal) => {
    expect(resolve(answer)).toBe(refusal);
  });

  test.each(["OUTSIDE_HOURS", "OVERLAP"] as const)("a move held as %s is confirmed or put back", (kind) => {
    const held = { kind, local: local(), remote: event({ time: time(20) }) };
    expect(actionsOf({ choice: "remote" }, held)).toEqual([move(20)]);
    expect(actionsOf({ choice: "local" }, held)).toEqual([]);
    expect(resolve({ choice: "local" }, held)).toMatchObject({
      reference: { base: { local: { time: time(20) }, remote: { time: time(20) } } },
    });
  });
});

describe("an answer about an event or a booking that is gone", () => {
  const gone = { kind: "DELETED", remote: null } as const;
  const cancelled = {
    kind: "CANCELLED",
    local: local({}, { active: false }),
    remote: event({ title: "Still on", time: time(16) }),
  } as const;

  test("local brings the event back as a new one", () => {
    expect(resolve({ choice: "local" }, gone)).toEqual({
      reason: "conflict-resolved-local",
      actions: [],
      reference: { status: "PENDING", version: null, base: null, clearPending: true, recreate: true },
    });
  });

  test("remote cancels the booking, once", () => {
    expect(actionsOf({ choice: "remote" }, gone)).toMatchObject([{ kind: "cancel" }]);
    expect(resolve({ choice: "remote" }, gone)).toMatchObject({ reference: { status: "DELETED" } });
    for (const choice of ["local", "remote"] as const)
      expect(resolve({ choice }, { ...gone, local: local({}, { active: false }) })).toMatchObject({
        actions: [],
        reference: { status: "DELETED" },
      });
  });

  test("local deletes the event of a cancelled booking: as it is now, it is known", () => {
    expect(resolve({ choice: "local" }, cancelled)).toMatchObject({
      actions: [],
      reference: { status: "SYNCED", version: "v2", base: { remote: { title: "Still on" } } },
    });
  });

  test("remote restores the booking at the event's time and with its texts, as far as they are shown there", () => {
    const restore = { kind: "restore", time: time(16) };
    expect(actionsOf({ choice: "remote" }, cancelled)).toEqual([
      restore,
      { kind: "change-details", title: "Still on" },
    ]);
    const view = { ...FULL_VIEW, privacy: "BUSY" as const };
    expect(actionsOf({ choice: "remote" }, { ...cancelled, view })).toEqual([restore]);
  });

  test("there is nothing to merge", () => {
    expect(resolve({ choice: "merge", fields: { time: "local" } }, gone)).toBe("nothing-to-merge");
    expect(resolve({ choice: "merge", fields: { time: "local" } }, cancelled)).toBe("nothing-to-merge");
  });
});

describe("an answer about people's answers", () => {
  const said = (ann: AttendeeResponse, bob: AttendeeResponse): EventSnapshot => ({
    ...SNAPSHOT,
    attendees: Object.entries({ ann, bob }).map(([name, response]) => ({
      email: `${name}@x.test`,
      name,
      response,
      optional: false,
    })),
  });
  const agreed = said("needs-action", "needs-action");
  const here = said("accepted", "needs-action");
  const there = said("declined", "tentative");
  /** Ann accepted here and declined out there; of Bob only the calendar knows. */
  const asked: Partial<OpenQuestion> = {
    fields: ["attendees"],
    base: { local: agreed, remote: agreed },
    local: local({ attendees: here.attendees }),
    remote: event({ attendees: there.attendees }),
  };
  const settled = said("declined", "needs-action").attendees;

  test("takes the calendar's for whoever it is about, and leaves the others to the next look", () => {
    const resolution = resolve({ choice: "remote" }, asked);
    expect(resolution).toMatchObject({
      actions: [
        { kind: "change-attendees", attendees: settled, added: [], removed: [], changed: [settled[0]] },
      ],
      reference: { base: { local: { attendees: settled }, remote: { attendees: settled } } },
    });
  });

  test("keeps the booking's: what the calendar says counts as seen, so that it is written over", () => {
    expect(resolve({ choice: "merge", fields: { attendees: "local" } }, asked)).toMatchObject({
      actions: [],
      reference: { base: { local: { attendees: settled }, remote: { attendees: settled } } },
    });
  });

  test("must be one of the two, and is not given where nobody asked", () => {
    expect(resolve({ choice: "merge", fields: {} }, asked)).toBe("choose-each-field");
    expect(resolve({ choice: "merge", fields: { attendees: { text: "maybe" } } }, asked)).toBe("bad-value");
    expect(compareSides(question({ ...asked, fields: ["time"] })).map(({ field }) => field)).not.toContain(
      "attendees",
    );
  });
});
