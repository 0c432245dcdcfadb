import type { EventTime } from "@calsync/types";
import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";

/**
 * The starts that a series' lines give within a range, as `originalStart` spells them: instants, or days for an all-day
 * series. `from` and `to` are epoch milliseconds; a start at `from` counts, one at `to` does not.
 */
export function expandStarts(
  time: EventTime,
  recurrence: readonly string[],
  from: number,
  to: number,
): string[] {
  const zone = time.allDay ? "UTC" : time.timeZone;
  const first = time.allDay
    ? Temporal.PlainDate.from(time.start).toZonedDateTime(zone)
    : Temporal.Instant.from(time.start).toZonedDateTimeISO(zone);
  const starts = new Set<number>();
  const excluded = new Set<number>();
  for (const line of recurrence) {
    const name = /^[A-Z]+/i.exec(line)?.[0]?.toUpperCase();
    if (name === "RRULE") {
      const rule = new RRuleTemporal({ rruleString: `${dtstart(first)}\n${line}` });
      for (const start of rule.between(new Date(from), new Date(to), true))
        starts.add(start.epochMilliseconds);
    } else if (name === "RDATE") {
      for (const start of listedDates(line, zone)) starts.add(start);
    } else if (name === "EXDATE") {
      for (const start of listedDates(line, zone)) excluded.add(start);
    }
  }
  // RFC 5545 §3.8.5.3: DTSTART is the first instance, whatever the rule gives.
  starts.add(first.epochMilliseconds);
  return [...starts]
    .filter((start) => start >= from && start < to && !excluded.has(start))
    .sort((a, b) => a - b)
    .map((start) => spellStart(start, time.allDay));
}

/** The time of the instance that starts at `originalStart`: as long as the series' first one. */
export function instanceTime(series: EventTime, originalStart: string): EventTime {
  if (series.allDay) {
    const start = Temporal.PlainDate.from(originalStart);
    const length = Temporal.PlainDate.from(series.start).until(Temporal.PlainDate.from(series.end));
    return { allDay: true, start: originalStart, end: start.add(length).toString() };
  }
  const length = Date.parse(series.end) - Date.parse(series.start);
  const end = new Date(Date.parse(originalStart) + length).toISOString();
  return { allDay: false, start: originalStart, end, timeZone: series.timeZone };
}

function spellStart(epochMs: number, allDay: boolean): string {
  const iso = new Date(epochMs).toISOString();
  return allDay ? iso.slice(0, 10) : iso;
}

function dtstart(first: Temporal.ZonedDateTime): string {
  const local = first.toPlainDateTime().toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "");
  return `DTSTART;TZID=${first.timeZoneId}:${local}`;
}

/** The dates of an RDATE or EXDATE line (RFC 5545 §3.8.5) in epoch milliseconds. */
function listedDates(line: string, fallbackZone: string): number[] {
  const colon = line.indexOf(":");
  const zone = /TZID=([^;:]+)/i.exec(line.slice(0, colon))?.[1] ?? fallbackZone;
  return line
    .slice(colon + 1)
    .split(",")
    .map((value) => {
      const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(value.trim());
      if (!match) throw new RangeError(`not a date in a recurrence line: ${value}`);
      const [, year, month, day, hour = "00", minute = "00", second = "00", utc] = match;
      const local = Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
      return local.toZonedDateTime(utc === "Z" ? "UTC" : zone).epochMilliseconds;
    });
}
