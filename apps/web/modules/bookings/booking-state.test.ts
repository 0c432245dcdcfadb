import { describe, expect, it } from "vitest";
import { syncLookOf } from "./booking-state.ts";

const calendar = (status: "pending" | "synced" | "conflict" | "error" | "deleted") => ({
  calendarName: "Work",
  provider: "googlecalendar",
  status,
  lastError: null,
  lastPushedAt: null,
});
const look = (...statuses: Parameters<typeof calendar>[0][]) =>
  syncLookOf({ calendars: statuses.map(calendar) }).text;

describe("the sync state of a booking", () => {
  it("is the worst of its calendars", () => {
    expect(look("synced", "synced")).toBe("In sync");
    expect(look("synced", "pending")).toBe("Syncing…");
    expect(look("pending", "error", "synced")).toBe("Not synced");
    expect(look("pending", "conflict")).toBe("Conflict");
  });

  it("says that a change was not taken and is tried again", () => {
    const refused = { ...calendar("pending"), lastError: "CALENDAR_API_ERROR" };
    expect(syncLookOf({ calendars: [calendar("pending"), refused] }).text).toBe("Trying again");
    expect(syncLookOf({ calendars: [refused, calendar("error")] }).text).toBe("Not synced");
  });

  it("says that an event was removed only when none is left", () => {
    expect(look("deleted")).toBe("Removed");
    expect(look("deleted", "synced")).toBe("In sync");
  });

  it("says when a booking is in no calendar", () => {
    expect(look()).toBe("In no calendar");
  });
});
