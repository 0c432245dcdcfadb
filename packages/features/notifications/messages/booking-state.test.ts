import { describe, expect, test } from "vitest";
import { type BookingState, messageFor } from "./booking-state.ts";

const state: BookingState = {
  active: true,
  start: "2026-06-03T07:00:00.000Z",
  end: "2026-06-03T07:30:00.000Z",
  allDay: false,
  title: "Intro",
  description: "",
  location: "",
  guests: [],
};
const later = { start: "2026-06-03T09:00:00.000Z", end: "2026-06-03T09:30:00.000Z" };

describe("messageFor", () => {
  test("tells who was told nothing that it is booked, or cancelled when it is so by now", () => {
    expect(messageFor(null, state, ["rescheduled", "booked"])).toBe("booked");
    expect(messageFor(null, { ...state, active: false }, ["cancelled", "booked"])).toBe("cancelled");
  });

  test("names the change when the booking came to be without a mail", () => {
    expect(messageFor(null, state, ["rescheduled"])).toBe("rescheduled");
    expect(messageFor(null, state, ["restored", "cancelled"])).toBe("restored");
  });

  test("tells of a new time, also when details changed with it", () => {
    expect(messageFor(state, { ...state, ...later, title: "Other" }, [])).toBe("rescheduled");
  });

  test("tells of changed details when the time is the same", () => {
    expect(messageFor(state, { ...state, location: "Room 4" }, [])).toBe("changed");
  });

  test("tells of a cancellation whatever else changed before it", () => {
    expect(messageFor(state, { ...state, ...later, active: false }, [])).toBe("cancelled");
  });

  test("tells that a cancelled booking takes place after all", () => {
    expect(messageFor({ ...state, active: false }, { ...state, ...later }, [])).toBe("restored");
  });

  test("has nothing to tell when changes ended where they began", () => {
    expect(messageFor(state, { ...state }, [])).toBeNull();
    expect(messageFor({ ...state, active: false }, { ...state, ...later, active: false }, [])).toBeNull();
  });

  test("tells the host of other guests", () => {
    expect(messageFor({ ...state, guests: ["Ann"] }, { ...state, guests: ["Ann", "Bob"] }, [])).toBe(
      "guests-changed",
    );
  });
});
