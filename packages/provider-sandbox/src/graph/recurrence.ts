import type { PatternedRecurrence } from "@microsoft/microsoft-graph-types";
import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { badRequest, invalidProperty } from "./errors.ts";
import type { EventSpan, StoredEvent } from "./types.ts";
import { dateIn, ianaZone, instantOf, wallClock } from "./zones.ts";

/** Exchange computes an endless series so far and no further. */
const MAX_OCCURRENCES = 1500;
const MAX_KNOWN_WINDOWS = 64;
const YEAR_MS = 366 * 86_400_000;

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
const CODES: Record<string, string> = {
  sunday: "SU",
  monday: "MO",
  tuesday: "TU",
  wednesday: "WE",
  thursday: "TH",
  friday: "FR",
  saturday: "SA",
};
const INDEXES: Record<string, number> = { first: 1, second: 2, third: 3, fourth: 4, last: -1 };

const days = z.array(z.enum(DAYS)).min(1);
const interval = z.number().int().min(1).max(999);
const dayOfMonth = z.number().int().min(1).max(31);
const month = z.number().int().min(1).max(12);
const index = z.enum(["first", "second", "third", "fourth", "last"]).optional();
const firstDayOfWeek = z.enum(DAYS).optional();

/** Patterns as the reference lists them: each type with the properties it needs. Others of the resource are ignored. */
const pattern = z.discriminatedUnion("type", [
  z.object({ type: z.literal("daily"), interval }),
  z.object({ type: z.literal("weekly"), interval, daysOfWeek: days, firstDayOfWeek }),
  z.object({ type: z.literal("absoluteMonthly"), interval, dayOfMonth }),
  z.object({ type: z.literal("relativeMonthly"), interval, daysOfWeek: days, index }),
  z.object({ type: z.literal("absoluteYearly"), interval, dayOfMonth, month }),
  z.object({ type: z.literal("relativeYearly"), interval, daysOfWeek: days, index, month }),
]);
const date = z.iso.date();
const zone = { recurrenceTimeZone: z.string().nullish() };
const range = z.discriminatedUnion("type", [
  z.object({ type: z.literal("endDate"), startDate: date, endDate: date, ...zone }),
  z.object({ type: z.literal("noEnd"), startDate: date, ...zone }),
  z.object({
    type: z.literal("numbered"),
    startDate: date,
    numberOfOccurrences: z.number().int().min(1).max(999),
    ...zone,
  }),
]);
const KNOWN_PATTERN = ["type", "interval", "daysOfWeek", "firstDayOfWeek", "dayOfMonth", "month", "index"];

/** A recurrence that was checked. */
interface CheckedRecurrence {
  pattern: z.infer<typeof pattern>;
  range: z.infer<typeof range>;
}

/** One occurrence of a series, as the rule gives it. */
export interface Occurrence {
  /** Original date in the series' zone, `yyyy-mm-dd`. */
  date: string;
  startMs: number;
  endMs: number;
}

/**
 * Checks a recurrence of a request and completes it as the server does.
 * @param span of the event that is to recur
 * @param startDateRule what happens when `range.startDate` is not the event's date
 * @throws GraphApiError 400 for what has no equivalent: unknown members, types or values
 */
export function readRecurrence(
  raw: unknown,
  span: EventSpan,
  startDateRule: "refused" | "corrected",
): PatternedRecurrence {
  const patternKeys = Object.keys((raw as { pattern?: object } | null)?.pattern ?? {});
  const unknown = patternKeys.find((name) => !KNOWN_PATTERN.includes(name));
  if (unknown) {
    throw badRequest(
      "RequestBodyRead",
      `The property '${unknown}' does not exist on type 'microsoft.graph.recurrencePattern'.`,
    );
  }
  const checked = z.object({ pattern, range }).safeParse(withoutNulls(raw));
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw invalidProperty(`The recurrence cannot be used: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const recurrence: CheckedRecurrence = checked.data;
  const startDate = dateIn(span.startMs, span.startZone);
  if (recurrence.range.startDate !== startDate) {
    if (startDateRule === "refused") {
      throw invalidProperty(
        `The recurrence range's startDate ${recurrence.range.startDate} is not the event's start date ${startDate}.`,
      );
    }
    recurrence.range.startDate = startDate;
  }
  if (recurrence.range.recurrenceTimeZone) ianaZone(recurrence.range.recurrenceTimeZone);
  if (recurrence.range.type === "endDate" && recurrence.range.endDate < startDate) {
    throw invalidProperty("The recurrence ends before it begins.");
  }
  return complete(recurrence, span);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]));
}

/** The resource has every member in every answer; those that the type does not use hold a zero or a default. */
function complete({ pattern: rule, range: bounds }: CheckedRecurrence, span: EventSpan): PatternedRecurrence {
  return {
    pattern: {
      month: 0,
      dayOfMonth: 0,
      ...rule,
      index: "index" in rule ? (rule.index ?? "first") : "first",
      firstDayOfWeek: "firstDayOfWeek" in rule ? (rule.firstDayOfWeek ?? "sunday") : "sunday",
    },
    range: {
      endDate: "0001-01-01",
      numberOfOccurrences: 0,
      ...bounds,
      recurrenceTimeZone: bounds.recurrenceTimeZone ?? span.startZone,
    },
  };
}

/** A series' rule, ready to be asked for occurrences. */
export class Series {
  /** Of the first occurrence. */
  readonly span: EventSpan;
  readonly #rule: RRuleTemporal;
  readonly #zone: string;
  readonly #length: Temporal.Duration;
  /** Windows that were asked for: the same one comes again with every list and delta round. */
  readonly #known = new Map<string, Occurrence[]>();

  constructor(span: EventSpan, recurrence: PatternedRecurrence) {
    this.span = span;
    this.#zone = span.startZone;
    const start = wallClock(span.startMs, this.#zone);
    // On the wall clock, so that an occurrence of a day with 23 hours still ends when it should.
    this.#length = start.until(wallClock(span.endMs, this.#zone), { largestUnit: "day" });
    this.#rule = new RRuleTemporal({
      rruleString: ruleText(recurrence, this.#zone),
      dtstart: start.toZonedDateTime(ianaZone(this.#zone)),
      cache: false,
    });
  }

  /** Occurrences that begin before `toMs` and end after `fromMs`, in order. */
  between(fromMs: number, toMs: number): Occurrence[] {
    const key = `${fromMs} ${toMs}`;
    const found = this.#known.get(key) ?? this.#compute(fromMs, toMs);
    if (this.#known.size >= MAX_KNOWN_WINDOWS) this.#known.clear();
    this.#known.set(key, found);
    return found;
  }

  #compute(fromMs: number, toMs: number): Occurrence[] {
    const lengthMs = this.span.endMs - this.span.startMs;
    const found: Occurrence[] = [];
    let windowStart = Math.max(this.span.startMs, fromMs - lengthMs - 86_400_000);
    while (windowStart < toMs && found.length < MAX_OCCURRENCES) {
      // In pieces, so that an endless rule over a long window stops at the limit.
      const windowEnd = Math.min(toMs, windowStart + YEAR_MS);
      for (const start of this.#rule.between(new Date(windowStart), new Date(windowEnd - 1), true)) {
        const occurrence = this.#at(start.toPlainDateTime());
        const touches = occurrence.endMs > fromMs || occurrence.startMs >= fromMs;
        if (touches && occurrence.startMs < toMs) found.push(occurrence);
      }
      windowStart = windowEnd;
    }
    return found.slice(0, MAX_OCCURRENCES);
  }

  /** The occurrence of an original date, or null when the rule has none there. */
  on(day: string): Occurrence | null {
    const from = instantOf(`${day}T00:00:00`, this.#zone);
    const next = Temporal.PlainDate.from(day).add({ days: 1 }).toString();
    const to = instantOf(`${next}T00:00:00`, this.#zone);
    return this.between(from, to).find((occurrence) => occurrence.date === day) ?? null;
  }

  /** The first occurrence; null when the rule has none at all. */
  first(): Occurrence | null {
    // Near as a rule: only sparse series need the wide look.
    for (const reachMs of [YEAR_MS / 8, 12 * YEAR_MS]) {
      const [first] = this.between(this.span.startMs, this.span.startMs + reachMs);
      if (first) return first;
    }
    return null;
  }

  #at(start: Temporal.PlainDateTime): Occurrence {
    const zoned = (local: Temporal.PlainDateTime) => local.toZonedDateTime(ianaZone(this.#zone));
    return {
      date: start.toPlainDate().toString(),
      startMs: zoned(start).epochMilliseconds,
      endMs: zoned(start.add(this.#length)).epochMilliseconds,
    };
  }
}

const computed = new WeakMap<PatternedRecurrence, Series>();

/** The rule of a series; computed once per rule and span, which most writes leave as they are. */
export function seriesOf(master: StoredEvent): Series {
  if (!master.series) throw new Error(`${master.key} is no series.`);
  const { recurrence } = master.series;
  let series = computed.get(recurrence);
  if (series?.span !== master.span) {
    series = new Series(master.span, recurrence);
    computed.set(recurrence, series);
  }
  return series;
}

/** The rule of iCalendar that says the same as a recurrence of the API. */
function ruleText(recurrence: PatternedRecurrence, zoneName: string): string {
  const { pattern: rule, range: bounds } = recurrence as CheckedRecurrence;
  const parts = [`INTERVAL=${rule.interval}`];
  const byDay = (list: readonly string[]) => `BYDAY=${list.map((day) => CODES[day]).join(",")}`;
  switch (rule.type) {
    case "daily":
      parts.unshift("FREQ=DAILY");
      break;
    case "weekly":
      parts.unshift("FREQ=WEEKLY");
      parts.push(byDay(rule.daysOfWeek), `WKST=${CODES[rule.firstDayOfWeek ?? "sunday"]}`);
      break;
    case "absoluteMonthly":
      parts.unshift("FREQ=MONTHLY");
      parts.push(...lastDayAtMost(rule.dayOfMonth));
      break;
    case "relativeMonthly":
      parts.unshift("FREQ=MONTHLY");
      parts.push(byDay(rule.daysOfWeek), `BYSETPOS=${INDEXES[rule.index ?? "first"]}`);
      break;
    case "absoluteYearly":
      parts.unshift("FREQ=YEARLY");
      parts.push(`BYMONTH=${rule.month}`, ...lastDayAtMost(rule.dayOfMonth));
      break;
    case "relativeYearly":
      parts.unshift("FREQ=YEARLY");
      parts.push(
        `BYMONTH=${rule.month}`,
        byDay(rule.daysOfWeek),
        `BYSETPOS=${INDEXES[rule.index ?? "first"]}`,
      );
      break;
  }
  if (bounds.type === "numbered") parts.push(`COUNT=${bounds.numberOfOccurrences}`);
  if (bounds.type === "endDate") {
    const end = instantOf(`${bounds.endDate}T23:59:59`, zoneName);
    parts.push(`UNTIL=${new Date(end).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`);
  }
  return parts.join(";");
}

/** In a month without this day the occurrence falls on the month's last one, as Outlook tells its users. */
function lastDayAtMost(day: number): string[] {
  if (day <= 28) return [`BYMONTHDAY=${day}`];
  const candidates = Array.from({ length: day - 27 }, (_, offset) => 28 + offset);
  return [`BYMONTHDAY=${candidates.join(",")}`, "BYSETPOS=-1"];
}
