import { Temporal } from "temporal-polyfill";
import type { IcsProblem } from "./components.ts";
import type { DateReader, IcsDate } from "./dates.ts";
import type { IcsProperty } from "./properties.ts";
import { expand } from "./recurrence.ts";

/**
 * The recurrence of an event as lines in its own zone: RRULE as it stands, RDATE and EXDATE as local times of the start's
 * zone (or days), so that they can be compared with what the rule gives. Null for a single event.
 */
export function readRecurrence(
  properties: ReadonlyMap<string, readonly IcsProperty[]>,
  start: IcsDate,
  dates: DateReader,
  problems: IcsProblem[],
): string[] | null {
  const lines: string[] = [];
  for (const property of properties.get("RRULE") ?? []) {
    const rule = property.raw.trim().toUpperCase().replaceAll(/\s+/g, "");
    const reason = whyUnusable(rule, start);
    if (reason === null) lines.push(`RRULE:${rule}`);
    else report(problems, property, `${reason.replace(/\.?$/, ".")} The event is taken for a single one.`);
  }
  let seen = 0;
  for (const name of ["RDATE", "EXDATE"]) {
    for (const property of properties.get(name) ?? []) {
      const values: string[] = [];
      for (const value of property.raw.split(",")) {
        const trimmed = value.trim();
        if (trimmed === "") continue;
        seen += 1;
        if (seen > MAX_DATES) {
          report(
            problems,
            property,
            `The event has more than ${MAX_DATES} single dates; the rest was passed over.`,
          );
          break;
        }
        const written = writeValue(property, trimmed, start, dates);
        if (written === null)
          report(
            problems,
            property,
            `"${trimmed.slice(0, 40)}" cannot be read as a date; it was passed over.`,
          );
        else values.push(written);
      }
      if (seen > MAX_DATES && values.length === 0) return lines.length > 0 ? lines : null;
      const plain = values.filter((value) => !value.includes("/"));
      const periods = values.filter((value) => value.includes("/"));
      if (plain.length > 0) lines.push(`${name}${parametersOf(start)}:${plain.join(",")}`);
      if (periods.length > 0) lines.push(`${name};VALUE=PERIOD:${periods.join(",")}`);
    }
  }
  return lines.length > 0 ? lines : null;
}

/** Dates beside a rule; nobody writes so many, and each costs time. */
const MAX_DATES = 2_000;

/** What nearly every rule looks like. At most one occurrence a day: nothing about it has to be tried. */
const PLAIN_RULE =
  /^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(INTERVAL=[1-9]\d?|COUNT=[1-9]\d{0,3}|UNTIL=20\d\d(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])(T([01]\d|2[0-3])[0-5]\d[0-5]\dZ?)?|WKST=(MO|SU)|BYDAY=(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU)){0,6}))*$/;

/** Tries the rule on the years around its start. Rules that never end within our limits are refused here. */
function whyUnusable(rule: string, start: IcsDate): string | null {
  if (PLAIN_RULE.test(rule)) return null;
  const time =
    start.kind === "day"
      ? {
          allDay: true as const,
          start: start.day,
          end: Temporal.PlainDate.from(start.day).add({ days: 1 }).toString(),
        }
      : { allDay: false as const, start: start.instant, end: start.instant, timeZone: start.zone };
  const from = Date.parse(start.kind === "day" ? start.day : start.instant);
  try {
    expand(
      { time, recurrence: [`RRULE:${rule}`] },
      { window: { start: new Date(from), end: new Date(from + 14 * 86_400_000) }, timeZone: "UTC" },
    );
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : "The rule cannot be read.";
  }
}

const parametersOf = (start: IcsDate): string =>
  start.kind === "day" ? ";VALUE=DATE" : start.zone === "UTC" ? "" : `;TZID=${start.zone}`;

function writeValue(property: IcsProperty, value: string, start: IcsDate, dates: DateReader): string | null {
  const [first = "", second] = value.split("/");
  const date = dates.readValue(property, first);
  if (!date) return null;
  if (second !== undefined && date.kind === "time") {
    const begin = utcText(date.instant);
    if (/^[+]?P/i.test(second.trim())) return `${begin}/${second.trim().toUpperCase().replace("+", "")}`;
    const end = dates.readValue(property, second);
    return end?.kind === "time" && end.instant > date.instant ? `${begin}/${utcText(end.instant)}` : null;
  }
  if (start.kind === "day") return dayIn(date).replaceAll("-", "");
  // A day excluded from a timed series means the occurrence of that day.
  if (date.kind === "day") {
    const at = Temporal.Instant.from(start.instant).toZonedDateTimeISO(start.zone).toPlainTime();
    return localText(Temporal.PlainDate.from(date.day).toPlainDateTime(at), start.zone);
  }
  return localText(
    Temporal.Instant.from(date.instant).toZonedDateTimeISO(start.zone).toPlainDateTime(),
    start.zone,
  );
}

const dayIn = (date: IcsDate): string =>
  date.kind === "day"
    ? date.day
    : Temporal.Instant.from(date.instant).toZonedDateTimeISO(date.zone).toPlainDate().toString();

const localText = (local: Temporal.PlainDateTime, zone: string): string =>
  local.toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "") + (zone === "UTC" ? "Z" : "");

const utcText = (instant: string): string => `${instant.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;

function report(problems: IcsProblem[], property: IcsProperty, message: string): void {
  problems.push({ line: property.line, property: property.name, message, severity: "warning" });
}
