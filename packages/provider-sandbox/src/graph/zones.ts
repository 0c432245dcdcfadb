import { Temporal } from "temporal-polyfill";
import { findIana, findWindows } from "windows-iana";
import { unsupportedTimeZone } from "./errors.ts";

const known = new Map<string, string | null>();

/**
 * The IANA zone behind a name that the API takes: a Windows name, or an IANA name that has a Windows equivalent.
 * @throws GraphApiError 400 `TimeZoneNotSupportedException` for any other name
 */
export function ianaZone(name: string): string {
  const found = known.get(name) ?? resolve(name);
  known.set(name, found);
  if (found === null) throw unsupportedTimeZone(name);
  return found;
}

function resolve(name: string): string | null {
  // The type lists the known names, and this is the question whether it is one.
  const windows = findIana(name as Parameters<typeof findIana>[0])?.[0];
  if (windows) return windows;
  const iana = name as Parameters<typeof findWindows>[0];
  return name === "UTC" || name === "Etc/UTC" || findWindows(iana)?.length ? name : null;
}

/** The Windows name of a zone, whichever way it was given. */
export function windowsZone(name: string): string {
  if (name === "UTC" || name === "Etc/UTC" || name === "Etc/GMT") return "UTC";
  const iana = ianaZone(name) as Parameters<typeof findWindows>[0];
  return findWindows(iana)?.[0] ?? name;
}

/** The instant of a wall-clock time in a zone; a time that daylight saving skips moves forward. */
export function instantOf(local: string, zone: string): number {
  return Temporal.PlainDateTime.from(local).toZonedDateTime(ianaZone(zone)).epochMilliseconds;
}

/** The wall-clock time of an instant in a zone. */
export function wallClock(ms: number, zone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(ianaZone(zone)).toPlainDateTime();
}

/** The date (`yyyy-mm-dd`) of an instant in a zone. */
export function dateIn(ms: number, zone: string): string {
  return wallClock(ms, zone).toPlainDate().toString();
}

/** A wall-clock time as the API prints it: no offset, seven fractional digits. */
export function printLocal(local: Temporal.PlainDateTime): string {
  return local.toString({ fractionalSecondDigits: 7 });
}
