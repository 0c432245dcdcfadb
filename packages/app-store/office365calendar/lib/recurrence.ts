import { CalendarError } from "@calsync/lib";
import type { EventTime } from "@calsync/types";
import type {
  DayOfWeek,
  PatternedRecurrence,
  RecurrencePattern,
  RecurrenceRange,
  WeekIndex,
} from "@microsoft/microsoft-graph-types";
import { Temporal } from "temporal-polyfill";
import { wallTime } from "./event-time.ts";
import { fromGraphZone, toGraphZone } from "./zones.ts";

/** Days as RRULE and Graph name them, Monday first (ISO 8601). */
const DAYS: readonly (readonly [string, DayOfWeek])[] = [
  ["MO", "monday"],
  ["TU", "tuesday"],
  ["WE", "wednesday"],
  ["TH", "thursday"],
  ["FR", "friday"],
  ["SA", "saturday"],
  ["SU", "sunday"],
];
const RRULE_DAY = new Map<string, string>(DAYS.map(([short, long]) => [long, short]));
const GRAPH_DAY = new Map<string, DayOfWeek>(DAYS.map(([short, long]) => [short, long]));
/** Graph's weeks of a month, as the numbers of BYDAY and BYSETPOS. */
const WEEKS: readonly (readonly [number, WeekIndex])[] = [
  [1, "first"],
  [2, "second"],
  [3, "third"],
  [4, "fourth"],
  [-1, "last"],
];
/** From this day of the month on, Outlook takes a short month's last day where RRULE leaves the month out. */
const FIRST_UNEVEN_DAY = 29;

/** The recurrence of a series as Graph keeps it, and the dates that are to be taken out of it, one delete each. */
export interface GraphRecurrence {
  recurrence: PatternedRecurrence;
  /** Original starts: instants, or days for an all-day series. */
  excluded: string[];
}

type RuleParts = ReadonlyMap<string, string>;

/**
 * RRULE and EXDATE lines (RFC 5545 §3.8.5) as Graph's pattern and range.
 * @throws CalendarError INVALID_REQUEST for what Graph has no words for: several rules, added dates (RDATE), rules by hour or by week
 *   of the year, lists of positions; and for a rule that does not give its own first date
 */
export function toGraphRecurrence(lines: readonly string[], time: EventTime): GraphRecurrence {
  const rules = lines.filter((line) => /^RRULE\s*[:;]/i.test(line));
  const [rule] = rules;
  if (!rule || rules.length > 1 || lines.some((line) => !/^(RRULE|EXDATE)\s*[:;]/i.test(line))) {
    throw unsayable("it has added dates or several rules");
  }
  const parts = partsOf(rule);
  const start = firstDay(time);
  const pattern = toPattern(parts, start);
  return {
    recurrence: { pattern, range: toRange(parts, start, time) },
    excluded: lines.filter((line) => /^EXDATE/i.test(line)).flatMap((line) => datesOf(line, time)),
  };
}

/** Graph's recurrence as RRULE lines, as short as they can be; null when it is one that we do not know. */
export function fromGraphRecurrence(
  recurrence: PatternedRecurrence | null | undefined,
  time: EventTime,
): string[] | null {
  const { pattern, range } = recurrence ?? {};
  if (!pattern?.type || !range) return null;
  const rule = fromPattern(pattern, firstDay(time));
  const end = rule && fromRange(range, time);
  return end ? [`RRULE:${[...rule, ...end].join(";")}`] : null;
}

/** Whether two lists of lines are the same series to Graph, whatever the order and the abbreviations in them. */
export function isSameGraphRecurrence(
  held: readonly string[],
  wanted: GraphRecurrence,
  time: EventTime,
): boolean {
  const read = fromGraphRecurrence(wanted.recurrence, time);
  return read !== null && read.length === held.length && read.every((line, index) => line === held[index]);
}

function toPattern(parts: RuleParts, start: Temporal.PlainDate): RecurrencePattern {
  const interval = positive(parts.get("INTERVAL") ?? "1");
  const days = (parts.get("BYDAY") ?? "").split(",").filter(Boolean);
  const known = new Set([
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "WKST",
    "BYDAY",
    "BYMONTHDAY",
    "BYMONTH",
    "BYSETPOS",
  ]);
  for (const name of parts.keys()) if (!known.has(name)) throw unsayable(`${name} has no like in Outlook`);
  switch (parts.get("FREQ")) {
    case "DAILY":
      refuse(parts, ["BYMONTHDAY", "BYMONTH", "BYSETPOS"]);
      if (days.length === 0) return { type: "daily", interval };
      if (interval !== 1) throw unsayable("it picks days of the week in a rhythm of days");
      return weekly(days, 1, parts, start);
    case "WEEKLY":
      refuse(parts, ["BYMONTHDAY", "BYMONTH", "BYSETPOS"]);
      return weekly(days, interval, parts, start);
    case "MONTHLY":
      refuse(parts, ["BYMONTH"]);
      return ofMonth(parts, days, start, {
        absolute: "absoluteMonthly",
        relative: "relativeMonthly",
        interval,
      });
    case "YEARLY": {
      const month = parts.has("BYMONTH") ? positive(parts.get("BYMONTH") ?? "") : start.month;
      if (month !== start.month) throw unsayable("its month is not the one that it begins in");
      if (days.length > 0 && !parts.has("BYMONTH")) throw unsayable("it counts the weeks of a year");
      return {
        ...ofMonth(parts, days, start, { absolute: "absoluteYearly", relative: "relativeYearly", interval }),
        month,
      };
    }
    default:
      throw unsayable(`it repeats ${parts.get("FREQ")?.toLowerCase() ?? "in no known rhythm"}`);
  }
}

function weekly(
  days: readonly string[],
  interval: number,
  parts: RuleParts,
  start: Temporal.PlainDate,
): RecurrencePattern {
  const own = dayOf(start);
  const daysOfWeek = days.length === 0 ? [own] : days.map(plainDay);
  if (!daysOfWeek.includes(own)) throw unsayable("it does not fall on the day that it begins on");
  return { type: "weekly", interval, daysOfWeek, firstDayOfWeek: plainDay(parts.get("WKST") ?? "MO") };
}

function ofMonth(
  parts: RuleParts,
  days: readonly string[],
  start: Temporal.PlainDate,
  {
    absolute,
    relative,
    interval,
  }: Pick<RecurrencePattern, "interval"> & Record<"absolute" | "relative", RecurrencePattern["type"]>,
): RecurrencePattern {
  if (days.length === 0) {
    const dayOfMonth = dayOfMonthOf(parts, start);
    if (Math.min(dayOfMonth, start.daysInMonth) !== start.day)
      throw unsayable("it does not fall on the day that it begins on");
    return { ...(absolute ? { type: absolute } : {}), interval: interval ?? 1, dayOfMonth };
  }
  refuse(parts, ["BYMONTHDAY"]);
  const { position, daysOfWeek } = weekdaysOf(days, parts.get("BYSETPOS"));
  const index = WEEKS.find(([number]) => number === position)?.[1];
  if (!index) throw unsayable("it counts weeks that Outlook does not");
  return { ...(relative ? { type: relative } : {}), interval: interval ?? 1, daysOfWeek, index };
}

/** `2TU`, or days with one BYSETPOS: the second of them in the month. */
function weekdaysOf(
  days: readonly string[],
  setPosition: string | undefined,
): { position: number; daysOfWeek: DayOfWeek[] } {
  const counted = days.map((day) => /^([+-]?\d+)([A-Z]{2})$/i.exec(day));
  const [first] = counted;
  if (days.length === 1 && first && setPosition === undefined) {
    return { position: Number(first[1]), daysOfWeek: [plainDay(first[2] ?? "")] };
  }
  if (setPosition === undefined || setPosition.includes(","))
    throw unsayable("it takes several days of a month");
  return { position: Number(setPosition), daysOfWeek: days.map(plainDay) };
}

/**
 * The day of an absolute pattern. A day that not every month has falls on the last one in Outlook, which is a list of days and
 * a position in RRULE; a plain `BYMONTHDAY=31` would leave months out, which Outlook cannot.
 */
function dayOfMonthOf(parts: RuleParts, start: Temporal.PlainDate): number {
  const text = parts.get("BYMONTHDAY");
  const yearly = parts.get("FREQ") === "YEARLY";
  if (text === undefined || /^\d+$/.test(text)) {
    const day = text === undefined ? start.day : Number(text);
    if (parts.has("BYSETPOS")) throw unsayable("it counts positions in a month");
    if (day < FIRST_UNEVEN_DAY || (yearly && !(start.month === 2 && day === 29))) return day;
    throw unsayable("it leaves out months that are too short for it");
  }
  if (text === "-1" && !parts.has("BYSETPOS")) return 31;
  const days = text.split(",").map(Number);
  const upTo = days.at(-1) ?? 0;
  const isRun = days.every((day, index) => day === 28 + index);
  if (isRun && upTo >= FIRST_UNEVEN_DAY && parts.get("BYSETPOS") === "-1") return upTo;
  throw unsayable("it takes several days of a month");
}

function toRange(parts: RuleParts, start: Temporal.PlainDate, time: EventTime): RecurrenceRange {
  const common = {
    startDate: start.toString(),
    recurrenceTimeZone: time.allDay ? "UTC" : toGraphZone(time.timeZone),
  };
  const count = parts.get("COUNT");
  const until = parts.get("UNTIL");
  if (count !== undefined) return { ...common, type: "numbered", numberOfOccurrences: positive(count) };
  if (until === undefined) return { ...common, type: "noEnd" };
  const last = untilDay(until, time);
  if (!last) throw unsayable("its end cannot be read");
  return { ...common, type: "endDate", endDate: last };
}

/** The last day, in the series' zone, on which an occurrence may begin. */
function untilDay(until: string, time: EventTime): string | null {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/i.exec(until);
  if (!match) return null;
  const [, year, month, day, hours, minutes, seconds, utc] = match;
  const date = `${year}-${month}-${day}`;
  if (hours === undefined || time.allDay) return date;
  const local = utc
    ? wallTime(`${date}T${hours}:${minutes}:${seconds}Z`, time.timeZone)
    : Temporal.PlainDateTime.from(`${date}T${hours}:${minutes}:${seconds}`);
  // Graph compares days alone: an end before the time of day at which the series takes place leaves that day out.
  const begins = wallTime(time.start, time.timeZone).toPlainTime();
  const reached = Temporal.PlainTime.compare(local.toPlainTime(), begins) >= 0;
  return local
    .toPlainDate()
    .subtract({ days: reached ? 0 : 1 })
    .toString();
}

function fromPattern(pattern: RecurrencePattern, start: Temporal.PlainDate): string[] | null {
  const interval = pattern.interval ?? 1;
  const every = interval === 1 ? [] : [`INTERVAL=${interval}`];
  const days = (pattern.daysOfWeek ?? []).map((day) => RRULE_DAY.get(day) ?? "");
  const inOrder = DAYS.map(([short]) => short).filter((day) => days.includes(day));
  switch (pattern.type) {
    case "daily":
      return ["FREQ=DAILY", ...every];
    case "weekly": {
      const own = RRULE_DAY.get(dayOf(start));
      const first = RRULE_DAY.get(pattern.firstDayOfWeek ?? "sunday") ?? "SU";
      const byDay = inOrder.length === 1 && inOrder[0] === own ? [] : [`BYDAY=${inOrder.join(",")}`];
      // Where weeks begin counts only when some are left out and several days are taken (RFC 5545 §3.3.10).
      const weekStart = interval > 1 && inOrder.length > 1 && first !== "MO" ? [`WKST=${first}`] : [];
      return inOrder.length === 0 ? null : ["FREQ=WEEKLY", ...every, ...weekStart, ...byDay];
    }
    case "absoluteMonthly":
      return ["FREQ=MONTHLY", ...every, ...byMonthDay(pattern.dayOfMonth, start, false)];
    case "absoluteYearly":
      return [
        "FREQ=YEARLY",
        ...every,
        ...(pattern.month === start.month ? [] : [`BYMONTH=${pattern.month}`]),
        ...byMonthDay(pattern.dayOfMonth, start, true),
      ];
    case "relativeMonthly":
    case "relativeYearly": {
      const position = WEEKS.find(([, name]) => name === (pattern.index ?? "first"))?.[0];
      if (position === undefined || inOrder.length === 0) return null;
      const which =
        inOrder.length === 1
          ? [`BYDAY=${position}${inOrder[0]}`]
          : [`BYDAY=${inOrder.join(",")}`, `BYSETPOS=${position}`];
      return pattern.type === "relativeMonthly"
        ? ["FREQ=MONTHLY", ...every, ...which]
        : ["FREQ=YEARLY", ...every, `BYMONTH=${pattern.month ?? start.month}`, ...which];
    }
    default:
      return null;
  }
}

function byMonthDay(day: number | null | undefined, start: Temporal.PlainDate, yearly: boolean): string[] {
  const wanted = day ?? start.day;
  const uneven = wanted >= FIRST_UNEVEN_DAY && (!yearly || (start.month === 2 && wanted === 29));
  if (uneven) {
    const run = Array.from({ length: wanted - 27 }, (_, index) => 28 + index);
    return [`BYMONTHDAY=${run.join(",")}`, "BYSETPOS=-1"];
  }
  return wanted === start.day ? [] : [`BYMONTHDAY=${wanted}`];
}

function fromRange(range: RecurrenceRange, time: EventTime): string[] | null {
  switch (range.type) {
    case "noEnd":
      return [];
    case "numbered":
      return range.numberOfOccurrences ? [`COUNT=${range.numberOfOccurrences}`] : null;
    case "endDate": {
      const day = range.endDate?.slice(0, 10);
      if (!day) return null;
      if (time.allDay) return [`UNTIL=${day.replaceAll("-", "")}`];
      // The last moment of that day in the series' zone, in UTC as RFC 5545 §3.3.10 wants it.
      const zone = fromGraphZone(range.recurrenceTimeZone) ?? time.timeZone;
      const end = Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: zone, plainTime: "23:59:59" });
      return [`UNTIL=${end.toInstant().toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "")}`];
    }
    default:
      return null;
  }
}

/** The dates of an EXDATE line, as original starts. */
function datesOf(line: string, time: EventTime): string[] {
  const colon = line.indexOf(":");
  const zone = /;TZID=([^;:]+)/i.exec(line.slice(0, colon))?.[1];
  return line
    .slice(colon + 1)
    .split(",")
    .map((text) => {
      const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/i.exec(text.trim());
      if (!match) throw unsayable("a date that it leaves out cannot be read");
      const [, year, month, day, hours, minutes, seconds, utc] = match;
      const date = `${year}-${month}-${day}`;
      if (time.allDay || hours === undefined) return date;
      const local = Temporal.PlainDateTime.from(`${date}T${hours}:${minutes}:${seconds}`);
      const { epochMilliseconds } = local.toZonedDateTime(
        utc ? "UTC" : (fromGraphZone(zone) ?? time.timeZone),
      );
      return new Date(epochMilliseconds).toISOString();
    });
}

function partsOf(line: string): RuleParts {
  const text = line.slice(line.indexOf(":") + 1);
  return new Map(
    text
      .split(";")
      .filter(Boolean)
      .map((part) => {
        const [name = "", value = ""] = part.split("=");
        return [name.trim().toUpperCase(), value.trim().toUpperCase()];
      }),
  );
}

function refuse(parts: RuleParts, names: readonly string[]): void {
  const found = names.find((name) => parts.has(name));
  if (found) throw unsayable(`${found} has no like in Outlook for this rhythm`);
}

function plainDay(day: string): DayOfWeek {
  const found = GRAPH_DAY.get(day.toUpperCase());
  if (found) return found;
  throw unsayable(`${day} is no day of the week`);
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw unsayable(`${text} is no number of times`);
}

const dayOf = (date: Temporal.PlainDate): DayOfWeek => DAYS[date.dayOfWeek - 1]?.[1] ?? "monday";

function firstDay(time: EventTime): Temporal.PlainDate {
  return time.allDay
    ? Temporal.PlainDate.from(time.start)
    : wallTime(time.start, time.timeZone).toPlainDate();
}

function unsayable(why: string): CalendarError {
  return new CalendarError("INVALID_REQUEST", `Outlook cannot hold the recurrence of this series: ${why}`);
}
