import type { EventTime } from "@calsync/types";
import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";

/** A series: its first occurrence, and the lines that repeat it (RFC 5545 §3.8.5). */
export interface RecurringTime {
  time: EventTime;
  recurrence: readonly string[];
}

/** The occurrences of a series by their original starts, in order: instants, or days for an all-day series. */
export interface SeriesSlots {
  slots: string[];
  /** Starts that the rule has and an EXDATE takes out again. They are not among `slots`. */
  holes: string[];
}

/** Most occurrences of one of our series that are looked at; none is booked with more than a hundred. */
const MAX_SLOTS = 500;

/**
 * The first occurrences of a series, at most {@link MAX_SLOTS}. What repeats is the local time in the series' own zone, so
 * that a change of clocks moves no occurrence on the wall. DTSTART always counts (RFC 5545 §3.8.5.3).
 * @throws Error when a line cannot be read
 */
export function slotsOf({ time, recurrence }: RecurringTime): SeriesSlots {
  const start = startOf(time);
  const zone = start.timeZoneId;
  const starts = new Set([start.epochMilliseconds]);
  const excluded = new Set<number>();
  for (const line of recurrence) {
    if (/^RRULE/i.test(line)) {
      const rule = new RRuleTemporal({ rruleString: ruleText(line), dtstart: start, temporal: Temporal });
      for (const occurrence of rule.all((_date, index) => index < MAX_SLOTS))
        starts.add(occurrence.epochMilliseconds);
    } else if (/^RDATE/i.test(line)) {
      for (const date of datesOf(line, start)) starts.add(date.epochMilliseconds);
    } else if (/^EXDATE/i.test(line)) {
      for (const date of datesOf(line, start)) excluded.add(date.epochMilliseconds);
    }
  }
  const all = [...starts].sort((a, b) => a - b).slice(0, MAX_SLOTS);
  const spell = (epochMs: number) => spellSlot(epochMs, time.allDay, zone);
  return {
    slots: all.filter((at) => !excluded.has(at)).map(spell),
    holes: all.filter((at) => excluded.has(at)).map(spell),
  };
}

/** The time of the occurrence at `slot`: as long as the first one. A day stays a day, an hour stays an hour. */
export function timeAt(first: EventTime, slot: string): EventTime {
  if (first.allDay) {
    const length = Temporal.PlainDate.from(first.start).until(first.end, { largestUnit: "day" });
    return { allDay: true, start: slot, end: Temporal.PlainDate.from(slot).add(length).toString() };
  }
  const lengthMs = Date.parse(first.end) - Date.parse(first.start);
  const start = new Date(slot);
  return {
    allDay: false,
    start: start.toISOString(),
    end: new Date(start.getTime() + lengthMs).toISOString(),
    timeZone: first.timeZone,
  };
}

/**
 * Moves slots by as much as one of them was moved, on the wall clock of the new time's zone: a move from Tuesday 10:00 to
 * Wednesday 11:30 moves every occurrence by a day and to 11:30, in winter and in summer.
 */
export function shiftSlots(slots: readonly string[], from: EventTime, to: EventTime): string[] {
  const zone = to.allDay ? "UTC" : to.timeZone;
  const origin = startOf(from).withTimeZone(zone);
  const target = startOf(to);
  const days = origin.toPlainDate().until(target.toPlainDate(), { largestUnit: "day" });
  const timeOfDay = target.toPlainTime();
  return slots.map((slot) => {
    const moved = slotStart(slot, zone).withTimeZone(zone).toPlainDate().add(days).toPlainDateTime(timeOfDay);
    return spellSlot(moved.toZonedDateTime(zone).epochMilliseconds, to.allDay, zone);
  });
}

/**
 * Lines for exactly these slots, of which the first is the series' first: `like`'s own rhythm with a COUNT where that gives
 * them, else a list of dates.
 * @param slots in order, at least one
 */
export function describeSlots(first: EventTime, slots: readonly string[], like: readonly string[]): string[] {
  const time = timeAt(first, slots[0] ?? (first.allDay ? first.start : new Date(first.start).toISOString()));
  const rule = like.find((line) => /^RRULE/i.test(line));
  if (rule) {
    const parts = rulePartsOf(rule);
    const count: [string, string] = ["COUNT", String(slots.length)];
    const bare = parts.filter(([name]) => name !== "COUNT" && name !== "UNTIL");
    // Days that DTSTART tells anyhow are left out, so that the rule stays right when it moves.
    const plain = bare.filter(([name]) => !name.startsWith("BY"));
    for (const candidate of [plain, bare]) {
      const lines = [`RRULE:${[...candidate, count].map((part) => part.join("=")).join(";")}`];
      if (sameList(slotsOf({ time, recurrence: lines }).slots, slots)) return lines;
    }
  }
  const rest = slots.slice(1);
  if (rest.length === 0) return ["RRULE:FREQ=DAILY;COUNT=1"];
  return [`RDATE${first.allDay ? ";VALUE=DATE" : ""}:${rest.map(stampOf).join(",")}`];
}

/**
 * The lines of a series without what lies beyond `last`, one of its slots. A rule ends by COUNT, which stays right when people move what is
 * left to another day; by UNTIL only where the two do not say the same.
 */
export function cutAfter({ time, recurrence }: RecurringTime, last: string): string[] {
  return recurrence.flatMap((line) => {
    if (/^RRULE/i.test(line)) return [cutRule(time, line, last)];
    if (/^RDATE/i.test(line)) return cutDates(time, line, last);
    return [line];
  });
}

function cutRule(time: EventTime, line: string, last: string): string {
  const endless = rulePartsOf(line).filter(([name]) => name !== "COUNT" && name !== "UNTIL");
  const endedBy = (...end: [string, string]) =>
    `RRULE:${[...endless, end].map((part) => part.join("=")).join(";")}`;
  const kept = slotsOf({ time, recurrence: [line] }).slots.filter((slot) => slot <= last);
  const counted = endedBy("COUNT", String(kept.length));
  // Where DTSTART is none of the rule's own, it is not counted.
  const isSame = kept.length < MAX_SLOTS && sameList(slotsOf({ time, recurrence: [counted] }).slots, kept);
  return isSame ? counted : endedBy("UNTIL", stampOf(last));
}

function cutDates(time: EventTime, line: string, last: string): string[] {
  const start = startOf(time);
  const dates = datesOf(line, start).map((date) =>
    spellSlot(date.epochMilliseconds, time.allDay, start.timeZoneId),
  );
  const colon = line.indexOf(":") + 1;
  const values = line
    .slice(colon)
    .split(",")
    .filter((_value, index) => (dates[index] ?? "") <= last);
  return values.length > 0 ? [line.slice(0, colon) + values.join()] : [];
}

/** How the rule of a series has changed, from what one side said before to what it says now. */
export type RuleChange =
  /** Not at all, or only in how many occurrences there are. */
  | "same"
  /** Another time or other days, in the same rhythm: the n-th occurrence is still the n-th. */
  | "moved"
  /** Another rhythm: occurrences can only be told by their order. */
  | "rhythm";

/** Compares two states of a series. Zones count here, unlike in a single event: they decide where occurrences will be. */
export function ruleChange(before: RecurringTime, after: RecurringTime): RuleChange {
  if (coreOf(before) === coreOf(after)) return "same";
  return before.time.allDay === after.time.allDay &&
    rhythmOf(before.recurrence) === rhythmOf(after.recurrence)
    ? "moved"
    : "rhythm";
}

/** Whether two sets of lines say the same; providers reorder lines and the parts of rules, and write defaults out. */
export function sameRecurrence(a: readonly string[], b: readonly string[]): boolean {
  return sameList(normalisedLines(a), normalisedLines(b));
}

/** RDATE and EXDATE values: with a TZID parameter, in UTC, floating (then in the series' zone), or whole days. */
function datesOf(line: string, start: Temporal.ZonedDateTime): Temporal.ZonedDateTime[] {
  const [head = "", values = ""] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
  const zone = /TZID=([^;:]+)/i.exec(head)?.[1]?.replaceAll('"', "") ?? start.timeZoneId;
  return values.split(",").map((value) => {
    // A period (RDATE;VALUE=PERIOD) counts by its start.
    const text = (value.split("/")[0] ?? "").trim();
    const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(text);
    if (!match) throw new Error("The series has a date that is not in the form of RFC 5545.");
    const [, year, month, day, hour, minute, second, utc] = match;
    const date = Temporal.PlainDate.from(`${year}-${month}-${day}`);
    // A day on a timed series stands for the occurrence of that day.
    if (hour === undefined)
      return date.toPlainDateTime(start.toPlainTime()).toZonedDateTime(start.timeZoneId);
    const local = date.toPlainDateTime(Temporal.PlainTime.from(`${hour}:${minute}:${second}`));
    return utc ? local.toZonedDateTime("UTC").withTimeZone(start.timeZoneId) : local.toZonedDateTime(zone);
  });
}

function startOf(time: EventTime): Temporal.ZonedDateTime {
  return time.allDay
    ? Temporal.PlainDate.from(time.start).toZonedDateTime("UTC")
    : Temporal.Instant.from(time.start).toZonedDateTimeISO(time.timeZone);
}

function slotStart(slot: string, zone: string): Temporal.ZonedDateTime {
  return slot.includes("T")
    ? Temporal.Instant.from(slot).toZonedDateTimeISO(zone)
    : Temporal.PlainDate.from(slot).toZonedDateTime("UTC");
}

function spellSlot(epochMs: number, allDay: boolean, zone: string): string {
  if (!allDay) return new Date(epochMs).toISOString();
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone).toPlainDate().toString();
}

/** A slot in the basic form of RFC 5545 §3.3.4 and §3.3.5, in UTC. */
function stampOf(slot: string): string {
  return slot.includes("T") ? `${slot.slice(0, 19).replaceAll(/[-:]/g, "")}Z` : slot.replaceAll("-", "");
}

const ruleText = (line: string) => line.replace(/^RRULE:/i, "");

function rulePartsOf(line: string): [string, string][] {
  return ruleText(line)
    .split(";")
    .filter(Boolean)
    .map((part): [string, string] => {
      const [name = "", value = ""] = part.split("=");
      return [name.toUpperCase(), value.toUpperCase()];
    });
}

function normalisedLines(recurrence: readonly string[]): string[] {
  return recurrence
    .map((line) => {
      if (!/^RRULE/i.test(line)) return line.trim();
      const parts = rulePartsOf(line).filter(
        ([name, value]) => name !== "WKST" && !(name === "INTERVAL" && value === "1"),
      );
      return `RRULE:${parts
        .map((part) => part.join("="))
        .sort()
        .join(";")}`;
    })
    .sort();
}

/** All of a series but how many occurrences it has. */
function coreOf({ time, recurrence }: RecurringTime): string {
  const rules = recurrence
    .filter((line) => /^RRULE/i.test(line))
    .map((line) => line.replace(/;?(COUNT|UNTIL)=[^;]*/gi, "").replace(/^RRULE:;/i, "RRULE:"));
  return JSON.stringify([time.allDay ? "day" : time.timeZone, time.start, normalisedLines(rules)]);
}

function rhythmOf(recurrence: readonly string[]): string {
  return recurrence
    .filter((line) => /^RRULE/i.test(line))
    .map((line) => {
      const parts = new Map(rulePartsOf(line));
      // Without a day of its own a rule takes that of DTSTART: one day either way.
      const many = ["BYDAY", "BYMONTHDAY", "BYMONTH"].map(
        (name) => (parts.get(name) ?? "1").split(",").length,
      );
      return [parts.get("FREQ"), parts.get("INTERVAL") ?? "1", ...many].join(" ");
    })
    .join("|");
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
