import { Temporal } from "temporal-polyfill";
import { invalid, required } from "./errors.ts";
import type { GoogleEventTime } from "./types.ts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const DATE_TIME_WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$/;

const knownZones = new Map<string, boolean>();

/** True for a zone name of the IANA database. */
export function isTimeZone(name: string): boolean {
  const known = knownZones.get(name);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    valid = false;
  }
  knownZones.set(name, valid);
  return valid;
}

/** The instant of a query parameter such as `timeMin`: RFC 3339 with a mandatory offset. */
export function parseInstant(value: string, parameterName: string): number {
  if (!DATE_TIME_WITH_OFFSET.test(value)) throw badRequestTime(parameterName);
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw badRequestTime(parameterName);
  return ms;
}

function badRequestTime(parameterName: string) {
  return invalid(
    `Invalid value for: Invalid format: ${parameterName} must be RFC 3339 with an offset.`,
    parameterName,
  );
}

/** An instant as the API prints it: seconds, with the offset that `timeZone` has then. */
export function printInstant(ms: number, timeZone: string): string {
  if (timeZone === "UTC" || timeZone === "Etc/UTC") return `${new Date(ms).toISOString().slice(0, 19)}Z`;
  return Temporal.Instant.fromEpochMilliseconds(ms)
    .toZonedDateTimeISO(timeZone)
    .toString({ timeZoneName: "never", smallestUnit: "second" });
}

function isRealDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  try {
    Temporal.PlainDate.from(text);
    return true;
  } catch {
    return false;
  }
}

/** Midnight of a date in a zone, as an instant. */
export function dateInstant(date: string, timeZone: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime(timeZone).epochMilliseconds;
}

/** The instant of an event's time; an all-day time is midnight in the calendar's zone. */
export function eventInstant(time: GoogleEventTime, calendarZone: string): number {
  if (time.date) return dateInstant(time.date, calendarZone);
  return Date.parse(time.dateTime as string);
}

/**
 * Checks a `start` or `end` from a request and gives it as the calendar keeps it: either `date`, or `dateTime` printed
 * with the calendar's offset and the `timeZone` that was named, the calendar's own when none was.
 * @throws GoogleApiError 400 for a missing, double or unreadable time, or an unknown zone.
 */
export function normaliseTime(
  time: GoogleEventTime | null | undefined,
  which: "start" | "end",
  calendarZone: string,
  recurring: boolean,
): GoogleEventTime {
  if (!time || (!time.date && !time.dateTime)) throw required(`Missing ${which} time.`);
  if (time.date && time.dateTime) throw invalid(`Invalid ${which} time.`);
  if (time.timeZone && !isTimeZone(time.timeZone)) {
    throw invalid(`Invalid time zone definition for ${which} time.`);
  }
  if (time.date) {
    if (!isRealDate(time.date)) throw invalid(`Invalid value for: Invalid format: "${time.date}"`);
    return { date: time.date };
  }
  const text = time.dateTime as string;
  if (recurring && !time.timeZone) throw required(`Missing time zone definition for ${which} time.`);
  let ms: number;
  if (DATE_TIME_WITH_OFFSET.test(text)) {
    ms = Date.parse(text);
  } else if (DATE_TIME.test(text) && time.timeZone) {
    try {
      ms = Temporal.PlainDateTime.from(text.toUpperCase()).toZonedDateTime(time.timeZone).epochMilliseconds;
    } catch {
      ms = Number.NaN;
    }
  } else if (DATE_TIME.test(text)) {
    throw required(`Missing time zone definition for ${which} time.`);
  } else {
    ms = Number.NaN;
  }
  if (Number.isNaN(ms)) throw invalid(`Invalid value for: Invalid format: "${text}"`);
  return { dateTime: printInstant(ms, calendarZone), timeZone: time.timeZone ?? calendarZone };
}

/** The same time printed with the offset of another zone, as the `timeZone` parameter asks. */
export function inZone(time: GoogleEventTime, timeZone: string): GoogleEventTime {
  if (!time.dateTime) return time;
  return { ...time, dateTime: printInstant(Date.parse(time.dateTime), timeZone) };
}
