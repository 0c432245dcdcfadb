import type { BookingState } from "./booking-state.ts";

/**
 * When a booking takes place, in words and on the recipient's wall clock:
 * `Wednesday, 3 June 2026, 09:00 – 09:30 (Europe/Berlin, GMT+2)`.
 *
 * @param timeZone the recipient's IANA zone; one that this runtime does not know falls back to UTC, which is then named
 */
export function formatTime(time: Pick<BookingState, "start" | "end" | "allDay">, timeZone: string): string {
  const zone = knownZone(timeZone);
  const start = new Date(time.start);
  const end = new Date(time.end);
  if (time.allDay) {
    const first = dayOf(start, zone);
    // Ends are exclusive: the last day is the one that holds the moment before.
    const last = dayOf(new Date(end.getTime() - 1), zone);
    return first === last ? `${first}, all day` : `${first} – ${last}, all day`;
  }
  const days = { start: dayOf(start, zone), end: dayOf(end, zone) };
  const until = days.start === days.end ? clockOf(end, zone) : `${days.end}, ${clockOf(end, zone)}`;
  return `${days.start}, ${clockOf(start, zone)} – ${until} (${zoneName(start, zone)})`;
}

/** The short form for subjects: `3 Jun 2026, 09:00`. */
export function formatStart(time: Pick<BookingState, "start" | "allDay">, timeZone: string): string {
  const zone = knownZone(timeZone);
  const start = new Date(time.start);
  const day = format(start, zone, { day: "numeric", month: "short", year: "numeric" });
  return time.allDay ? day : `${day}, ${clockOf(start, zone)}`;
}

function knownZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone });
    return timeZone;
  } catch {
    return "UTC";
  }
}

function dayOf(date: Date, timeZone: string): string {
  return format(date, timeZone, { weekday: "long" })
    .concat(", ")
    .concat(format(date, timeZone, { day: "numeric", month: "long", year: "numeric" }));
}

function clockOf(date: Date, timeZone: string): string {
  return format(date, timeZone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function zoneName(date: Date, timeZone: string): string {
  if (timeZone === "UTC") return timeZone;
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "shortOffset" }).formatToParts(
    date,
  );
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value;
  return offset ? `${timeZone}, ${offset}` : timeZone;
}

function format(date: Date, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone }).format(date);
}
