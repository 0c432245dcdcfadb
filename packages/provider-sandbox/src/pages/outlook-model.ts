import type {
  Attendee,
  Calendar as OutlookCalendar,
  Event as OutlookEvent,
  PatternedRecurrence,
  RecurrencePattern,
} from "@microsoft/microsoft-graph-types";
import { Temporal } from "temporal-polyfill";
import type { ApiAttendee, ApiEvent, ApiTime } from "./event-model.ts";

/** An event as Graph prints it, in UTC and with a text body. */
export type GraphPageEvent = OutlookEvent & { "@odata.etag"?: string };
/** A calendar as Graph prints it. */
export type GraphPageCalendar = OutlookCalendar;

const RESPONSES: Record<string, NonNullable<ApiAttendee["responseStatus"]>> = {
  accepted: "accepted",
  declined: "declined",
  tentativelyAccepted: "tentative",
};
const CODES: Record<string, string> = {
  sunday: "SU",
  monday: "MO",
  tuesday: "TU",
  wednesday: "WE",
  thursday: "TH",
  friday: "FR",
  saturday: "SA",
};
const DAYS = Object.fromEntries(Object.entries(CODES).map(([day, code]) => [code, day]));
const INDEXES: Record<string, string> = {
  "1": "first",
  "2": "second",
  "3": "third",
  "4": "fourth",
  "-1": "last",
};

/**
 * An event of Graph as the calendar page knows events.
 * @param email the viewer's address
 * @param timeZone zone that the page shows and that changed events get (IANA)
 */
export function fromGraph(event: GraphPageEvent, email: string, timeZone: string): ApiEvent {
  const time = (value: OutlookEvent["start"]): ApiTime => {
    const local = value?.dateTime?.slice(0, 19) ?? "";
    return event.isAllDay ? { date: local.slice(0, 10) } : { dateTime: `${local}Z`, timeZone };
  };
  const attendees = (event.attendees ?? []).map((guest) => fromAttendee(guest, event, email));
  return {
    id: event.id ?? "",
    ...(event["@odata.etag"] ? { etag: event["@odata.etag"] } : {}),
    status: event.showAs === "tentative" ? "tentative" : "confirmed",
    summary: event.subject ?? "",
    description: event.body?.content ?? "",
    location: event.location?.displayName ?? "",
    start: time(event.start),
    end: time(event.end),
    ...(event.recurrence ? { recurrence: [toRule(event.recurrence)] } : {}),
    ...(event.seriesMasterId ? { recurringEventId: event.seriesMasterId } : {}),
    ...(event.iCalUId ? { iCalUID: event.iCalUId } : {}),
    ...(event.lastModifiedDateTime ? { updated: event.lastModifiedDateTime } : {}),
    ...(event.showAs === "free" ? { transparency: "transparent" as const } : {}),
    organizer: {
      email: event.organizer?.emailAddress?.address ?? "",
      ...(event.isOrganizer ? { self: true } : {}),
    },
    ...(attendees.length > 0 ? { attendees } : {}),
    // Apps mark their own events by a transaction id.
    ...(event.transactionId
      ? { extendedProperties: { private: { transactionId: event.transactionId } } }
      : {}),
  };
}

function fromAttendee(guest: Attendee, event: GraphPageEvent, email: string): ApiAttendee {
  const address = guest.emailAddress?.address ?? "";
  const self = !event.isOrganizer && address.toLowerCase() === email;
  const response = self ? event.responseStatus?.response : guest.status?.response;
  return {
    email: address,
    responseStatus: RESPONSES[response ?? ""] ?? "needsAction",
    ...(self ? { self: true } : {}),
  };
}

/**
 * The body of a POST or PATCH that says what the page wants changed.
 * @param fields as the page names them: summary, description, location, attendees, recurrence, start, end
 * @param before the event as it is; null for a new one
 * @throws Error for a recurrence that Outlook cannot hold
 */
export function toGraph(fields: Record<string, unknown>, before: ApiEvent | null): OutlookEvent {
  const { summary, description, location, attendees, recurrence, start, end } = fields as Partial<ApiEvent>;
  const body: OutlookEvent = {};
  if (summary !== undefined) body.subject = summary;
  if (description !== undefined) body.body = { contentType: "text", content: description };
  if (location !== undefined) body.location = { displayName: location };
  if (attendees !== undefined) {
    body.attendees = attendees.map(({ email }) => ({ type: "required", emailAddress: { address: email } }));
  }
  if (start && end) {
    body.isAllDay = Boolean(start.date);
    body.start = toTime(start);
    body.end = toTime(end);
  }
  if (recurrence !== undefined) {
    const first = body.start ?? (before?.start ? toTime(before.start) : null);
    body.recurrence = recurrence.length === 0 ? null : toPattern(recurrence, first?.dateTime ?? "");
  }
  return body;
}

function toTime(time: ApiTime): { dateTime: string; timeZone: string } {
  if (time.date) return { dateTime: `${time.date}T00:00:00`, timeZone: "UTC" };
  const timeZone = time.timeZone ?? "UTC";
  const local = Temporal.Instant.from(time.dateTime ?? "")
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime();
  return { dateTime: local.toString({ smallestUnit: "second" }), timeZone };
}

/** A rule of iCalendar for a recurrence of Graph. */
export function toRule({ pattern, range }: PatternedRecurrence): string {
  const days = (pattern?.daysOfWeek ?? []).map((day) => CODES[day]).join(",");
  const position = Object.entries(INDEXES).find(([, name]) => name === pattern?.index)?.[0];
  const byType: Record<string, string[]> = {
    daily: ["FREQ=DAILY"],
    weekly: ["FREQ=WEEKLY", `BYDAY=${days}`],
    absoluteMonthly: ["FREQ=MONTHLY", `BYMONTHDAY=${pattern?.dayOfMonth}`],
    relativeMonthly: ["FREQ=MONTHLY", `BYDAY=${days}`, `BYSETPOS=${position}`],
    absoluteYearly: ["FREQ=YEARLY", `BYMONTH=${pattern?.month}`, `BYMONTHDAY=${pattern?.dayOfMonth}`],
    relativeYearly: ["FREQ=YEARLY", `BYMONTH=${pattern?.month}`, `BYDAY=${days}`, `BYSETPOS=${position}`],
  };
  const parts = [...(byType[pattern?.type ?? "daily"] ?? [])];
  if ((pattern?.interval ?? 1) > 1) parts.push(`INTERVAL=${pattern?.interval}`);
  if (range?.type === "numbered") parts.push(`COUNT=${range.numberOfOccurrences}`);
  if (range?.type === "endDate") parts.push(`UNTIL=${range.endDate?.replaceAll("-", "")}`);
  return `RRULE:${parts.join(";")}`;
}

/** The recurrence of Graph that a rule of iCalendar says. @param start of the event, local. @throws Error when there is none */
export function toPattern(lines: readonly string[], start: string): PatternedRecurrence {
  const [line] = lines;
  if (lines.length !== 1 || !line || !/^RRULE:/i.test(line)) {
    throw new Error("Outlook holds one rule per series, and no dates beside it.");
  }
  const parts = new Map(
    line
      .slice(6)
      .split(";")
      .map((part) => part.toUpperCase().split("=") as [string, string]),
  );
  const startDate = start.slice(0, 10);
  const [, month, day] = startDate.split("-").map(Number);
  const days = parts
    .get("BYDAY")
    ?.split(",")
    .map((code) => DAYS[code.replace(/^[-+\d]+/, "")] ?? "");
  const position = parts.get("BYSETPOS") ?? /^([-+]?\d)/.exec(parts.get("BYDAY") ?? "")?.[1];
  const weekday = DAYS[Object.values(CODES)[new Date(`${startDate}T00:00:00Z`).getUTCDay()] ?? ""] ?? "";
  const relative = days !== undefined && position !== undefined;
  const dayOfMonth = Number(parts.get("BYMONTHDAY") ?? day);
  const patterns: Record<string, object> = {
    DAILY: { type: "daily" },
    WEEKLY: { type: "weekly", daysOfWeek: days ?? [weekday] },
    MONTHLY: relative
      ? { type: "relativeMonthly", daysOfWeek: days, index: INDEXES[position] }
      : { type: "absoluteMonthly", dayOfMonth },
    YEARLY: {
      month: Number(parts.get("BYMONTH") ?? month),
      ...(relative
        ? { type: "relativeYearly", daysOfWeek: days, index: INDEXES[position] }
        : { type: "absoluteYearly", dayOfMonth }),
    },
  };
  const pattern = patterns[parts.get("FREQ") ?? ""];
  if (!pattern) throw new Error("Outlook repeats events daily, weekly, monthly or yearly.");
  const count = parts.get("COUNT");
  const until = parts.get("UNTIL");
  return {
    pattern: { interval: Number(parts.get("INTERVAL") ?? 1), ...pattern } as RecurrencePattern,
    range: count
      ? { type: "numbered", startDate, numberOfOccurrences: Number(count) }
      : until
        ? { type: "endDate", startDate, endDate: until.replace(/^(\d{4})(\d{2})(\d{2}).*$/, "$1-$2-$3") }
        : { type: "noEnd", startDate },
  };
}
