import type { GoogleSandbox } from "./google/GoogleSandbox.ts";
import type { GraphSandbox } from "./graph/GraphSandbox.ts";
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

/** Fills an empty sandbox with an Outlook host, a second calendar, birthdays that can only be read and a few events of this week. */
export function seedGraphDemo(graph: GraphSandbox, nowMs: number): void {
  const host = "host@contoso.example";
  graph.createAccount({ email: host, name: "Demo Host", timeZone: "Europe/Berlin" });
  graph.createAccount({
    email: "someone@outlook.example",
    name: "Someone Private",
    timeZone: "Europe/Berlin",
  });
  const team = graph.createCalendar({ email: host, name: "Team" });
  graph.createCalendar({ email: host, name: "Birthdays", canEdit: false });

  const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const at = (days: number, hours: number) => ({
    dateTime: new Date(midnightMs + days * DAY_MS + hours * HOUR_MS).toISOString().slice(0, 19),
    timeZone: "UTC",
  });
  graph.putEvent(host, "primary", {
    subject: "Quarterly figures",
    location: { displayName: "Room 12" },
    start: at(1, 12),
    end: at(1, 13.5),
  });
  graph.putEvent(host, "primary", {
    subject: "Call with Someone",
    start: at(2, 9),
    end: at(2, 9.5),
    attendees: [{ type: "required", emailAddress: { address: "someone@outlook.example" } }],
  });
  graph.putEvent(host, team, { subject: "Team day", isAllDay: true, start: at(3, 0), end: at(4, 0) });
}
