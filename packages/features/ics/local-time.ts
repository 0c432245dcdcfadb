import { Temporal } from "temporal-polyfill";

/** Local time without a zone, as TZID properties carry it: `2030-06-04T10:00:00`. */
export function localTime(instant: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: "second" });
}
