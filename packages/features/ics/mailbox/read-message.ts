import { IcsTooLargeError, readCalendar } from "@calsync/icalendar";

/** Who has to do with what in a calendar that came by mail. Addresses are in lower case. */
export interface CalendarMessage {
  /** REQUEST, CANCEL, REPLY, …; null for a plain calendar. */
  method: string | null;
  events: {
    uid: string;
    organizer: string | null;
    attendees: string[];
    /** Who has acted for the first attendee (SENT-BY, RFC 5545 §3.2.18). */
    sentBy: string | null;
  }[];
}

const SENT_BY = "ATTENDEE;SENT-BY";
/** Enough for any invitation; a larger calendar is looked at by a person anyway. */
const MAX_EVENTS = 1_000;

/** Reads what decides whether a calendar is believed. Null when it is none, or too large to be an invitation. */
export async function readMessage(content: Uint8Array): Promise<CalendarMessage | null> {
  const events: CalendarMessage["events"] = [];
  try {
    const options = { floatingZone: "UTC", limits: { maxEvents: MAX_EVENTS }, keep: [SENT_BY] };
    for await (const item of readCalendar([content], options)) {
      if (item.type === "event") {
        const { uid, organizer, attendees, kept } = item.event;
        events.push({
          uid,
          organizer: organizer?.email.toLowerCase() ?? null,
          attendees: attendees.map(({ email }) => email.toLowerCase()),
          sentBy:
            kept[SENT_BY]
              ?.replace(/^mailto:/i, "")
              .trim()
              .toLowerCase() ?? null,
        });
      } else if (item.type !== "problem") {
        return item.complete ? { method: item.calendar.method, events } : null;
      }
    }
  } catch (error) {
    if (!(error instanceof IcsTooLargeError)) throw error;
  }
  return null;
}
