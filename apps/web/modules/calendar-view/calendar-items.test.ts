import { expect, it } from "vitest";
import type { Booking, ExternalItem } from "../api/types.ts";
import { repeats, toItems } from "./calendar-items.ts";

const NOW = Date.parse("2026-06-01T00:00:00.000Z");

const booking = (change: Partial<Booking> = {}): Booking => ({
  uid: "b1",
  kind: "booking",
  status: "accepted",
  title: "Intro",
  description: "",
  location: "",
  start: "2026-06-03T07:00:00.000Z",
  end: "2026-06-03T08:00:00.000Z",
  timeZone: "Europe/Berlin",
  allDay: false,
  hostPlaced: false,
  overlaps: false,
  attendees: [],
  eventType: null,
  host: { name: "Dana", username: "dana" },
  cancelledAt: null,
  cancellationReason: null,
  sequence: 0,
  calendars: [],
  series: null,
  ...change,
});
const event = (change: Partial<ExternalItem> = {}): ExternalItem => ({
  id: "e1",
  calendarName: "Work",
  title: "Standup",
  description: "",
  location: "",
  start: "2026-06-03T07:00:00.000Z",
  end: "2026-06-03T07:15:00.000Z",
  time: null,
  recurring: false,
  originalStart: null,
  url: null,
  editable: true,
  notEditableExplanation: null,
  edit: null,
  ...change,
});
const itemOf = (source: Booking | ExternalItem) =>
  toItems(
    "uid" in source
      ? { bookings: [source], busy: [], imported: [] }
      : { bookings: [], busy: [source], imported: [] },
    NOW,
  )[0];

it("bookings are moved but not made longer, entries both; cancelled ones are not shown", () => {
  expect(itemOf(booking())).toMatchObject({ movable: true, resizable: false });
  expect(itemOf(booking({ kind: "entry" }))).toMatchObject({ movable: true, resizable: true });
  expect(itemOf(booking({ status: "cancelled" }))).toBeUndefined();
});

it("what is over, what asks its host and what cannot be edited stays where it is", () => {
  const calendars: Booking["calendars"] = [
    { calendarName: "Work", provider: "p", status: "conflict", lastError: null, lastPushedAt: null },
  ];
  expect(itemOf(booking({ end: "2026-05-03T08:00:00.000Z" }))?.movable).toBe(false);
  expect(itemOf(booking({ calendars }))).toMatchObject({ movable: false, note: "waits for you" });
  expect(itemOf(event({ editable: false }))?.movable).toBe(false);
});

it("an edit on its way, one that asks and one that was refused are told apart", () => {
  const edit = (status: "pending" | "conflict" | "refused") =>
    itemOf(event({ edit: { id: "x", kind: "edit", status, explanation: null, lastError: null } }));
  expect(edit("pending")).toMatchObject({ pending: true, movable: true, note: "Work" });
  expect(edit("conflict")).toMatchObject({ pending: false, movable: false, note: "waits for you" });
  expect(edit("refused")?.note).toBe("edit refused");
});

it("occurrences of one event are items of their own, days stay days", () => {
  const [first, second] = toItems(
    { bookings: [], busy: [event({ originalStart: "a" }), event({ originalStart: "b" })], imported: [] },
    NOW,
  );
  expect(first?.key).not.toBe(second?.key);
  const time = { allDay: true, start: "2026-06-03", end: "2026-06-04" };
  expect(itemOf(event({ time }))?.span).toEqual(time);
});

it("only events of other calendars are asked how much of them is meant", () => {
  const item = itemOf(event({ recurring: true }));
  expect(item && repeats(item)).toBe(true);
  const occurrence = itemOf(booking({ series: { id: "s", originalStart: "o" } }));
  expect(occurrence && repeats(occurrence)).toBe(false);
});

it("what a file has brought cannot be moved, and says where it is from", () => {
  const imported = {
    importId: "i1",
    title: "",
    location: "",
    days: null,
    start: "2026-06-03T07:00:00.000Z",
    end: "2026-06-03T08:00:00.000Z",
    free: true,
    source: "Private",
  };
  expect(toItems({ bookings: [], busy: [], imported: [imported] }, NOW)).toMatchObject([
    {
      kind: "imported",
      title: "Available",
      movable: false,
      resizable: false,
      note: "can be booked, Private",
    },
  ]);
});
