import { expect, test } from "vitest";
import type { LocalItem } from "../ports/BookingStore.ts";
import { oneBooking } from "../test-support/one-booking.ts";
import type { EventSnapshot } from "./snapshot.ts";
import { isFree, planUndo, type UndoableRecord } from "./undo.ts";

const NOW = new Date("2030-01-07T08:00:00.000Z");
const hour = (time: string) => ({
  allDay: false as const,
  start: `2030-01-08T${time}:00.000Z`,
  end: `2030-01-08T${time.slice(0, 2)}:59:00.000Z`,
  timeZone: "UTC",
});
const snapshot = (changes: Partial<EventSnapshot> = {}): EventSnapshot => ({
  time: hour("10:00"),
  title: "Intro",
  description: "",
  location: "",
  attendees: [],
  ...changes,
});
const both = oneBooking(snapshot(), "2030-01-01T00:00:00.000Z", {});
const item = (more: Partial<LocalItem> = {}) => both.local({}, more);
const record = (changes: Partial<UndoableRecord>): UndoableRecord => ({
  source: "CALENDAR",
  result: "APPLIED",
  action: "reschedule",
  reason: "remote-time-changed",
  before: snapshot(),
  after: snapshot({ time: hour("14:00") }),
  undoneById: null,
  ...changes,
});
const moved = item({ snapshot: snapshot({ time: hour("14:00") }) });
const cancelled = record({ action: "cancel", reason: "remote-deleted", after: snapshot() });
const edited = record({ action: "change-details", after: snapshot({ title: "New" }) });

test.each([
  ["a move goes back to its time", record({}), moved, ["reschedule"]],
  ["a cancelled booking comes back", cancelled, item({ active: false }), ["restore"]],
  ["a restored one is cancelled again", record({ action: "restore", after: snapshot() }), item(), ["cancel"]],
  ["text goes back", edited, item({ snapshot: snapshot({ title: "New" }) }), ["change-details"]],
  [
    "an answer to a question goes back",
    record({ source: "APP", reason: "conflict-resolved-remote" }),
    moved,
    ["reschedule"],
  ],
  ["an undoing goes back", record({ source: "APP", reason: "undone-by-host" }), moved, ["reschedule"]],
  ["a refusal changed nothing", record({ result: "REFUSED" }), moved, "not_undoable"],
  ["what waits has changed nothing yet", record({ result: "HELD" }), moved, "not_undoable"],
  ["a push changed no booking", record({ source: "SYNC", action: "push" }), moved, "not_undoable"],
  [
    "what people did here they undo here",
    record({ source: "APP", reason: "rescheduled-by-host" }),
    moved,
    "not_undoable",
  ],
  ["once is enough", record({ undoneById: "x" }), moved, "undone_already"],
  ["the booking is gone", record({}), null, "booking_gone"],
  ["it was moved again", record({}), item(), "changed_since"],
  ["it was cancelled since", record({}), item({ active: false }), "changed_since"],
  ["it stands again already", cancelled, item(), "changed_since"],
  ["its text was edited again", edited, item({ snapshot: snapshot({ title: "Newer" }) }), "changed_since"],
  [
    "the time to go back to is over",
    record({
      before: snapshot({
        time: { ...hour("10:00"), start: "2030-01-06T10:00:00.000Z", end: "2030-01-06T11:00:00.000Z" },
      }),
    }),
    moved,
    "time_over",
  ],
] as const)("%s", (_name, given, local, expected) => {
  const plan = planUndo(given, local, NOW);
  expect(typeof plan === "string" ? plan : plan.actions.map(({ kind }) => kind)).toEqual(expected);
});

test("guests come back, leave, and answer as before", () => {
  const guest = (email: string, response: "accepted" | "declined" = "accepted") => ({
    email,
    name: null,
    response,
    optional: false,
  });
  const before = snapshot({ attendees: [guest("ann@x"), guest("bob@x")] });
  const after = snapshot({ attendees: [guest("bob@x", "declined"), guest("cid@x")] });
  const given = record({ action: "change-attendees", before, after });
  expect(planUndo(given, item({ snapshot: after }), NOW)).toMatchObject({
    actions: [
      {
        kind: "change-attendees",
        added: [{ email: "ann@x" }],
        removed: ["cid@x"],
        changed: [guest("bob@x")],
      },
    ],
  });
  expect(planUndo(given, item({ snapshot: before }), NOW)).toBe("changed_since");
});

test("a booking that is over is left alone", () => {
  expect(planUndo(record({}), moved, new Date("2030-01-09T00:00:00.000Z"))).toBe("booking_over");
});

test("an untouched field is not named when text goes back", () => {
  const plan = planUndo(edited, item({ snapshot: snapshot({ title: "New", location: "Room" }) }), NOW);
  expect(plan).toMatchObject({
    actions: [{ kind: "change-details", title: "Intro", reason: "undone-by-host" }],
  });
  expect(typeof plan === "string" ? {} : plan.actions[0]).not.toHaveProperty("location");
});

test("a time is free when nothing stands there, whatever the hours say", () => {
  expect(isFree({ outsideHours: true, busy: false, overlaps: [] })).toBe(true);
  expect(isFree({ outsideHours: false, busy: true, overlaps: [] })).toBe(false);
  expect(isFree({ outsideHours: false, busy: false, overlaps: ["uid"] })).toBe(false);
});
