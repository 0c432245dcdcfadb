import { MONTH_NAMES, nameDay } from "@calsync/ui";

/**
 * Times as people read them, always in a zone that the caller names. Built from numbers and names of our own, because the
 * server's and the browser's locale data differ in commas, and pages must come out the same in both.
 */

/** How a clock counts the hours of a day: 1 to 12 twice with am and pm, or 0 to 23. */
export type HourCycle = "h12" | "h23";

/** What a clock and a calendar on the wall show. */
export interface WallClock {
  /** `yyyy-mm-dd`. */
  date: string;
  /** `HH:MM`, 24 hours. */
  time: string;
}

/** What people in `timeZone` see on their wall at an instant. @param timeZone IANA; an unknown one counts as UTC */
export function wallClock(instant: string, timeZone: string): WallClock {
  const parts = new Map(
    formatterFor(timeZone)
      .formatToParts(new Date(instant))
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "";
  return {
    date: `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`,
    time: `${part("hour")}:${part("minute")}`,
  };
}

/** A time of {@link wallClock} as people read it: `09:00`, or `9:00 am` on a clock of twelve hours. */
export function showTime(time: string, cycle: HourCycle): string {
  if (cycle === "h23") return time;
  const hour = Number(time.slice(0, 2));
  return `${hour % 12 === 0 ? 12 : hour % 12}:${time.slice(3)} ${hour < 12 ? "am" : "pm"}`;
}

/** `3 Jun`. */
function shortDay(date: string): string {
  const [, month = 1, day = 1] = date.split("-").map(Number);
  return `${day} ${MONTH_NAMES[month - 1]?.slice(0, 3)}`;
}

/** When something takes place; `end` is exclusive. */
export interface When {
  start: string;
  end: string;
  allDay?: boolean;
}

/** `Wednesday, 3 June 2026, 09:00 – 09:30`; over midnight with both days, all-day without times. */
export function formatWhen(
  { start, end, allDay = false }: When,
  timeZone: string,
  cycle: HourCycle = "h23",
): string {
  const first = wallClock(start, timeZone);
  // The last day of an all-day stretch is the one that holds the moment before its end.
  const last = wallClock(allDay ? new Date(Date.parse(end) - 1).toISOString() : end, timeZone);
  if (allDay) {
    return first.date === last.date
      ? `${nameDay(first.date)}, all day`
      : `${nameDay(first.date)} – ${nameDay(last.date)}, all day`;
  }
  const endTime = showTime(last.time, cycle);
  const until = first.date === last.date ? endTime : `${nameDay(last.date)}, ${endTime}`;
  return `${nameDay(first.date)}, ${showTime(first.time, cycle)} – ${until}`;
}

/** `3 Jun 2026, 09:00`. */
export function formatMoment(instant: string, timeZone: string, cycle: HourCycle = "h23"): string {
  const { date, time } = wallClock(instant, timeZone);
  return `${shortDay(date)} ${date.slice(0, 4)}, ${showTime(time, cycle)}`;
}

/** `GMT+2` in summer and `GMT+1` in winter for Europe/Berlin, `GMT+5:30` for Asia/Kolkata. */
export function formatOffset(instant: string, timeZone: string): string {
  const name = offsetFormatterFor(timeZone)
    .formatToParts(new Date(instant))
    .find(({ type }) => type === "timeZoneName")?.value;
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name ?? "") ?? [];
  if (!sign || (hours === "00" && minutes === "00")) return "GMT";
  return `GMT${sign}${Number(hours)}${minutes === "00" ? "" : `:${minutes}`}`;
}

/** `Europe/Berlin, GMT+2`. */
export function nameZone(instant: string, timeZone: string): string {
  const zone = knownZone(timeZone);
  return zone === "UTC" ? zone : `${zone.replaceAll("_", " ")}, ${formatOffset(instant, zone)}`;
}

/** `30 minutes`, `1 hour`, `1 hour 30 minutes`. */
export function formatDuration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const count = (number: number, unit: string) => `${number} ${unit}${number === 1 ? "" : "s"}`;
  return [hours > 0 ? count(hours, "hour") : "", rest > 0 ? count(rest, "minute") : ""]
    .filter(Boolean)
    .join(" ");
}

/** How long ago or until, from `now`: `just now`, `3 minutes ago`, `in 2 hours`, `yesterday`. Whole units, rounded down. */
export function formatRelative(instant: string, now: number): string {
  const ms = Date.parse(instant) - now;
  const seconds = Math.floor(Math.abs(ms) / 1000);
  if (seconds < 45) return ms > 10_000 ? "in a moment" : "just now";
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const sign = ms < 0 ? -1 : 1;
  const minutes = Math.max(1, Math.floor(seconds / 60));
  if (minutes < 60) return words.format(sign * minutes, "minute");
  if (minutes < 24 * 60) return words.format(sign * Math.floor(minutes / 60), "hour");
  return words.format(sign * Math.floor(minutes / (24 * 60)), "day");
}

/** The zone itself, or UTC when this runtime does not know it. */
function knownZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return timeZone;
  } catch {
    return "UTC";
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsetFormatters = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter is slow and a page needs hundreds of times. */
function formatterFor(timeZone: string): Intl.DateTimeFormat {
  return remember(formatters, timeZone, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

function offsetFormatterFor(timeZone: string): Intl.DateTimeFormat {
  return remember(offsetFormatters, timeZone, { timeZoneName: "longOffset" });
}

function remember(
  cache: Map<string, Intl.DateTimeFormat>,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  let formatter = cache.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-US", { ...options, timeZone: knownZone(timeZone) });
    cache.set(timeZone, formatter);
  }
  return formatter;
}
