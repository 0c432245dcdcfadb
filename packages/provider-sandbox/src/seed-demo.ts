import type { GoogleSandbox } from "./google/GoogleSandbox.ts";
import type { NotionSandbox } from "./notion/NotionSandbox.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Fills an empty sandbox with a host and a colleague, a second calendar, holidays and a few events of this week. */
export function seedDemo(
  { google, notion }: { google: GoogleSandbox; notion: NotionSandbox },
  nowMs: number,
): void {
  const host = "host@example.com";
  const timeZone = "Europe/Berlin";
  google.createAccount({ email: host, name: "Demo Host", timeZone });
  google.createAccount({
    email: "colleague@example.com",
    name: "Demo Colleague",
    timeZone: "America/New_York",
  });
  const family = google.createCalendar({ email: host, summary: "Family" });
  google.createCalendar({ email: host, summary: "Holidays", holidays: true });

  const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const at = (days: number, hours: number) => ({
    dateTime: new Date(midnightMs + days * DAY_MS + hours * HOUR_MS).toISOString(),
    timeZone,
  });
  google.putEvent(host, "primary", {
    summary: "Dentist",
    location: "Main Street 4",
    start: at(1, 8),
    end: at(1, 9),
  });
  google.putEvent(host, "primary", {
    summary: "Team stand-up",
    start: at(0, 7),
    end: at(0, 7.25),
    recurrence: ["RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
  });
  google.putEvent(host, "primary", {
    summary: "Planning with a colleague",
    start: at(2, 13),
    end: at(2, 14),
    attendees: [{ email: host, responseStatus: "accepted" }, { email: "colleague@example.com" }],
  });
  const date = (days: number) => ({ date: new Date(midnightMs + days * DAY_MS).toISOString().slice(0, 10) });
  google.putEvent(host, family, { summary: "School trip", start: date(3), end: date(4) });

  notion.createAccount({ email: host, name: "Demo Host", workspace: "Demo" });
  notion.createPage(host, "Work");
  const { dataSourceId } = notion.createDatabase({ email: host, title: "Appointments" });
  notion.addRow(host, dataSourceId, {
    Name: { title: [{ text: { content: "Review" } }] },
    Date: {
      date: { start: `${date(4).date}T09:00:00`, end: `${date(4).date}T10:00:00`, time_zone: timeZone },
    },
    Place: { rich_text: [{ text: { content: "Meeting room" } }] },
  });
}
