import { describe, expect, test } from "vitest";
import type { BookingState } from "./booking-state.ts";
import { formatTime } from "./format-time.ts";
import { type MessageInput, renderMessage } from "./render-message.ts";

const current: BookingState = {
  active: true,
  start: "2026-06-03T17:00:00.000Z",
  end: "2026-06-03T17:30:00.000Z",
  allDay: false,
  title: "30 min intro",
  description: "",
  location: "Room 4",
  guests: [],
};
const told: BookingState = { ...current, start: "2026-06-02T17:00:00.000Z", end: "2026-06-02T17:30:00.000Z" };
const input: MessageInput = {
  message: "rescheduled",
  current,
  told,
  actor: { by: "host", name: null, via: { calendarName: "Private and work", provider: "googlecalendar" } },
  recipient: { role: "guest", name: "Ann Guest", timeZone: "America/New_York" },
  host: { name: "Dana Demo", email: "dana@example.test" },
  cancellationReason: null,
  notesToHost: [],
  manageUrl: "https://example.test/booking/1?token=t&x=y",
  providerName: (provider) => (provider === "googlecalendar" ? "Google Calendar" : provider),
};

describe("renderMessage", () => {
  test("tells a guest the new and the old time in their own zone, and who moved it where", () => {
    const { subject, text, html } = renderMessage(input);
    expect(subject).toBe("New time: 30 min intro (3 Jun 2026, 13:00)");
    expect(text).toContain(
      "“30 min intro” with Dana Demo has a new time. Dana Demo moved it in Google Calendar.",
    );
    expect(text).toContain("When: Wednesday, 3 June 2026, 13:00 – 13:30 (America/New_York, GMT-4)");
    expect(text).toContain("Before: Tuesday, 2 June 2026, 13:00 – 13:30 (America/New_York, GMT-4)");
    expect(text).toContain(`See, move or cancel it: ${input.manageUrl}`);
    expect(html).toContain("Wednesday, 3 June 2026, 13:00 – 13:30");
    expect(html).toContain('href="https://example.test/booking/1?token=t&amp;x=y"');
  });

  test("names the host's calendar to the host alone", () => {
    expect(renderMessage(input).text).not.toContain("Private and work");
    const recipient = { role: "host", name: "Dana Demo", timeZone: "Europe/Berlin" } as const;
    const { text } = renderMessage({ ...input, recipient, current: { ...current, guests: ["Ann Guest"] } });
    expect(text).toContain("You moved it in Google Calendar (Private and work).");
    expect(text).toContain("19:00 – 19:30 (Europe/Berlin, GMT+2)");
    expect(text).toContain("Guests: Ann Guest");
  });

  test("tells the reason of a cancellation and who cancelled", () => {
    const { subject, text } = renderMessage({
      ...input,
      message: "cancelled",
      current: { ...current, active: false },
      actor: { by: "guest", name: "Ann Guest", via: null },
      recipient: { role: "host", name: "Dana Demo", timeZone: "Europe/Berlin" },
      cancellationReason: "I am ill",
    });
    expect(subject).toMatch(/^Cancelled: 30 min intro/);
    expect(text).toContain("Ann Guest cancelled it.");
    expect(text).toContain("Reason: I am ill");
    expect(text).toContain("See the booking: ");
  });

  test("shows what the details were before", () => {
    const { text } = renderMessage({
      ...input,
      message: "changed",
      told: { ...current, location: "Room 1", title: "Old title" },
    });
    expect(text).toContain("Where: Room 4");
    expect(text).toContain("Where before: Room 1");
    expect(text).toContain("Title before: Old title");
  });

  test("gives a guest's note to the host and to nobody else", () => {
    const noted: MessageInput = {
      ...input,
      message: "guests-changed",
      notesToHost: ["I am allergic to nuts"],
    };
    const recipient = { role: "host", name: "Dana Demo", timeZone: "Europe/Berlin" } as const;
    expect(renderMessage({ ...noted, recipient }).text).toContain("For you: I am allergic to nuts");
    expect(renderMessage(noted).text).not.toContain("allergic");
  });

  test("escapes what people typed in HTML and keeps it on one line in the subject", () => {
    const title = '<img src=x onerror="alert(1)">\r\nBcc: evil@example.test';
    const { subject, html } = renderMessage({ ...input, current: { ...current, title } });
    expect(html).not.toContain("<img");
    expect(subject).not.toMatch(/[\r\n]/);
  });
});

describe("formatTime", () => {
  test("names both days when a booking goes past midnight in the recipient's zone", () => {
    expect(formatTime(current, "Asia/Kolkata")).toBe(
      "Wednesday, 3 June 2026, 22:30 – 23:00 (Asia/Kolkata, GMT+5:30)",
    );
    const late = { ...current, end: "2026-06-03T19:00:00.000Z" };
    expect(formatTime(late, "Asia/Kolkata")).toBe(
      "Wednesday, 3 June 2026, 22:30 – Thursday, 4 June 2026, 00:30 (Asia/Kolkata, GMT+5:30)",
    );
  });

  test("shows all-day bookings as days, the last one included", () => {
    const days = { allDay: true, start: "2026-06-02T22:00:00.000Z", end: "2026-06-04T22:00:00.000Z" };
    expect(formatTime(days, "Europe/Berlin")).toBe("Wednesday, 3 June 2026 – Thursday, 4 June 2026, all day");
  });

  test("falls back to UTC, and says so, for a zone it does not know", () => {
    expect(formatTime(current, "Mars/Olympus")).toBe("Wednesday, 3 June 2026, 17:00 – 17:30 (UTC)");
  });
});
