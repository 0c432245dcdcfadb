import { type IcsEvent, readCalendar } from "@calsync/icalendar";
import type { GroupMember } from "../services/occurrences.ts";

/** A calendar around the given lines. */
export function calendar(...lines: string[]): string {
  return ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", ...lines, "END:VCALENDAR", ""].join("\r\n");
}

/** An event of one UID with the given lines. */
export function vevent(...lines: string[]): string {
  return ["BEGIN:VEVENT", "UID:one@example.org", "DTSTAMP:20260101T000000Z", ...lines, "END:VEVENT"].join(
    "\r\n",
  );
}

/** The events of a text, floating times read in `zone`. */
export async function eventsOf(text: string, zone = "Europe/Berlin"): Promise<IcsEvent[]> {
  const events: IcsEvent[] = [];
  for await (const item of readCalendar([Buffer.from(text)], { floatingZone: zone })) {
    if (item.type === "event") events.push(item.event);
  }
  return events;
}

/** Events as the rows of a group, named by their place in the file. */
export function groupOf(events: readonly IcsEvent[], timeZone = "Europe/Berlin"): GroupMember[] {
  return events.map((event, index) => ({ id: String(index), event, timeZone, current: true }));
}
