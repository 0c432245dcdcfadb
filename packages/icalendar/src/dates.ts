import type { DateString, InstantString } from "@calsync/types";
import { Temporal } from "temporal-polyfill";
import type { IcsProblem } from "./components.ts";
import type { IcsProperty } from "./properties.ts";
import { type ZoneBook, zoneByName } from "./zones.ts";

/** A DATE or a DATE-TIME with the IANA zone that it is shown in. */
export type IcsDate =
  | { kind: "day"; day: DateString }
  | { kind: "time"; instant: InstantString; zone: string };

const VALUE = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z?))?$/i;

/** Reads dates in all forms of RFC 5545 §3.3.4 and §3.3.5, and says once per TZID what it could not make out. */
export class DateReader {
  readonly #zones: ZoneBook;
  readonly #floatingZone: string;
  readonly #problems: IcsProblem[];
  readonly #reported = new Set<string>();

  constructor(zones: ZoneBook, floatingZone: string, problems: IcsProblem[]) {
    this.#zones = zones;
    this.#floatingZone = floatingZone;
    this.#problems = problems;
  }

  /** The date of a property with one value; null when it cannot be read. */
  read(property: IcsProperty): IcsDate | null {
    return this.readValue(property, property.raw.trim());
  }

  /** One of the values of a property with several. */
  readValue(property: IcsProperty, value: string): IcsDate | null {
    const match = VALUE.exec(value);
    if (!match) return null;
    const [, year, month, day, hour, minute, written = "00", utc] = match;
    const second = written === "60" ? "59" : written;
    if (utc) return timeInUtc(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`);
    try {
      if (hour === undefined) {
        return { kind: "day", day: Temporal.PlainDate.from(`${year}-${month}-${day}`).toString() };
      }
      const local = Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
      return timeOf(local, this.#zoneOf(property));
    } catch {
      return null;
    }
  }

  /** A property in UTC (DTSTAMP and its like) as an instant; null when absent or unreadable. */
  readInstant(property: IcsProperty | undefined): InstantString | null {
    const date = property ? this.read(property) : null;
    if (!date) return null;
    return date.kind === "time" ? date.instant : `${date.day}T00:00:00.000Z`;
  }

  /** The beginning of a day in a zone; a time stays what it is. */
  atMidnight(date: IcsDate, zone: string): IcsDate {
    return date.kind === "time" ? date : timeOf(Temporal.PlainDate.from(date.day).toPlainDateTime(), zone);
  }

  #zoneOf(property: IcsProperty): string {
    const tzid = property.parameter("TZID");
    if (tzid === null) return this.#floatingZone;
    const zone = this.#zones.resolve(tzid);
    if (zone) return zone;
    if (!this.#reported.has(tzid)) {
      this.#reported.add(tzid);
      this.#problems.push({
        line: property.line,
        property: property.name,
        message: `The time zone "${tzid.slice(0, 80)}" is not known; its times were read in ${this.#floatingZone}.`,
        severity: "warning",
      });
    }
    return this.#floatingZone;
  }
}

/** Most dates of an event are in UTC, and need no zone's rules. Null for one that there is not, such as the 30th of February. */
function timeInUtc(instant: InstantString): IcsDate | null {
  const at = new Date(instant);
  const exists = !Number.isNaN(at.getTime()) && at.toISOString() === instant;
  return exists ? { kind: "time", instant, zone: "UTC" } : null;
}

/** A local time that does not exist is read with the offset before the gap, a repeated one is the first (§3.3.5). */
function timeOf(local: Temporal.PlainDateTime, zone: string): IcsDate {
  const at = local.toZonedDateTime(zone, { disambiguation: "compatible" });
  return { kind: "time", instant: new Date(at.epochMilliseconds).toISOString(), zone };
}

/** Whether `a` lies before `b`; dates of different kinds are never compared. */
export function isBefore(a: IcsDate, b: IcsDate): boolean {
  if (a.kind === "day") return b.kind === "day" && a.day < b.day;
  return b.kind === "time" && a.instant < b.instant;
}

/** The zone that a calendar names for its floating times, or else the given one. */
export function floatingZoneOf(named: string | null, otherwise: string): string {
  return (named && zoneByName(named)) || otherwise;
}
