import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";
import { invalid } from "./errors.ts";
import { dateInstant, printInstant } from "./event-times.ts";
import type { GoogleEvent, GoogleEventTime } from "./types.ts";

/** Occurrences of one endless series that a single listing expands at most. */
export const MAX_OCCURRENCES = 730;
/** How far an endless series is expanded when no end is asked for. */
const HORIZON_MS = 15 * 366 * 86_400_000;
const LINE = /^(RRULE|EXRULE|RDATE|EXDATE)([;:].*)$/;

/** One occurrence of a series, as the rule gives it. */
export interface Occurrence {
  /** `<seriesId>_20260603T170000Z`, or `_20260603` for an all-day series. */
  instanceId: string;
  startMs: number;
  endMs: number;
  start: GoogleEventTime;
  end: GoogleEventTime;
}

/** A recurring event's rule set, ready to be asked for occurrences. */
export class Series {
  readonly #id: string;
  readonly #allDay: boolean;
  /** Zone that occurrences are counted in; all-day series count plain dates, kept as UTC. */
  readonly #ruleZone: string;
  readonly #eventZone: string | undefined;
  readonly #calendarZone: string;
  readonly #firstMs: number;
  readonly #durationMs: number;
  readonly #rules: RRuleTemporal[] = [];
  readonly #exRules: RRuleTemporal[] = [];
  readonly #added: number[] = [];
  readonly #removed = new Set<number>();

  /**
   * @param id the recurring event's id.
   * @param body its `start`, `end` and `recurrence`, already normalised.
   * @param calendarZone zone that all-day events are placed in and that times are printed in.
   * @throws GoogleApiError 400 `invalid` for a line that cannot be read.
   */
  constructor(id: string, body: GoogleEvent, calendarZone: string) {
    this.#id = id;
    this.#calendarZone = calendarZone;
    const start = body.start as GoogleEventTime;
    const end = body.end as GoogleEventTime;
    this.#allDay = Boolean(start.date);
    this.#eventZone = start.timeZone ?? undefined;
    this.#ruleZone = this.#allDay ? "UTC" : (start.timeZone ?? calendarZone);
    this.#firstMs = nominal(start);
    this.#durationMs = nominal(end) - this.#firstMs;
    for (const line of body.recurrence ?? []) this.#read(line);
  }

  /**
   * Occurrences with `start` before `toMs` and `end` after `fromMs` (instants), in order.
   * @param limit at most so many; endless series stop at {@link MAX_OCCURRENCES}.
   */
  between(fromMs: number | null, toMs: number | null, limit: number = MAX_OCCURRENCES): Occurrence[] {
    // Rules of all-day series run on UTC midnights while bounds are instants: search a day wider, then filter exactly.
    const slackMs = this.#allDay ? 86_400_000 : 0;
    const lowest = Math.max(
      this.#firstMs,
      fromMs === null ? this.#firstMs : fromMs - this.#durationMs - slackMs,
    );
    const highest = toMs === null ? lowest + HORIZON_MS : toMs + slackMs;
    const starts = new Set<number>();
    for (const rule of this.#rules)
      for (const ms of occurrencesOf(rule, lowest, highest, limit)) starts.add(ms);
    for (const ms of [this.#firstMs, ...this.#added]) if (ms >= lowest && ms < highest) starts.add(ms);
    for (const rule of this.#exRules) {
      for (const ms of occurrencesOf(rule, lowest, highest, limit)) starts.delete(ms);
    }
    const found: Occurrence[] = [];
    for (const ms of [...starts].sort((a, b) => a - b)) {
      if (this.#removed.has(ms)) continue;
      const occurrence = this.#at(ms);
      if (toMs !== null && occurrence.startMs >= toMs) continue;
      if (fromMs !== null && occurrence.endMs <= fromMs && occurrence.startMs < fromMs) continue;
      found.push(occurrence);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** The occurrence that an instance id names, or null when the rule has none there. */
  occurrence(instanceId: string): Occurrence | null {
    const key = instanceId.slice(this.#id.length + 1);
    const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z)?$/.exec(key);
    if (!match || Boolean(match[4]) === this.#allDay) return null;
    const [, year, month, day, hour = "00", minute = "00", second = "00"] = match;
    const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (Number.isNaN(ms)) return null;
    const instantMs = this.#at(ms).startMs;
    return this.between(instantMs, instantMs + 1).find((found) => found.instanceId === instanceId) ?? null;
  }

  #at(nominalMs: number): Occurrence {
    const stamp = new Date(nominalMs).toISOString().replace(/[-:]/g, "");
    if (this.#allDay) {
      const start = new Date(nominalMs).toISOString().slice(0, 10);
      const end = new Date(nominalMs + this.#durationMs).toISOString().slice(0, 10);
      return {
        instanceId: `${this.#id}_${stamp.slice(0, 8)}`,
        startMs: dateInstant(start, this.#calendarZone),
        endMs: dateInstant(end, this.#calendarZone),
        start: { date: start },
        end: { date: end },
      };
    }
    const endMs = nominalMs + this.#durationMs;
    const zone = this.#eventZone ? { timeZone: this.#eventZone } : {};
    return {
      instanceId: `${this.#id}_${stamp.slice(0, 15)}Z`,
      startMs: nominalMs,
      endMs,
      start: { dateTime: printInstant(nominalMs, this.#calendarZone), ...zone },
      end: { dateTime: printInstant(endMs, this.#calendarZone), ...zone },
    };
  }

  #read(line: string): void {
    const match = LINE.exec(line);
    if (!match) throw invalid(`Invalid recurrence rule: ${line}`);
    const [, name, rest] = match as unknown as [string, string, string];
    if (name === "RRULE" || name === "EXRULE") {
      const rule = this.#rule(rest.slice(rest.indexOf(":") + 1), line);
      (name === "RRULE" ? this.#rules : this.#exRules).push(rule);
      return;
    }
    const colon = rest.indexOf(":");
    const zone = /TZID=([^;:]+)/.exec(rest.slice(0, colon))?.[1] ?? this.#ruleZone;
    for (const value of rest.slice(colon + 1).split(",")) {
      const ms = this.#readDate(value, zone);
      if (ms === null) throw invalid(`Invalid recurrence rule: ${line}`);
      if (name === "RDATE") this.#added.push(ms);
      else this.#removed.add(ms);
    }
  }

  #rule(text: string, line: string): RRuleTemporal {
    if (!/(^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)/.test(text))
      throw invalid(`Invalid recurrence rule: ${line}`);
    try {
      return new RRuleTemporal({
        rruleString: text,
        dtstart: Temporal.Instant.fromEpochMilliseconds(this.#firstMs).toZonedDateTimeISO(this.#ruleZone),
        cache: false,
      });
    } catch (cause) {
      const refusal = invalid(`Invalid recurrence rule: ${line}`);
      refusal.cause = cause;
      throw refusal;
    }
  }

  /** An EXDATE or RDATE value: a date, a UTC time, or a local time in `zone`. Null when unreadable. */
  #readDate(value: string, zone: string): number | null {
    const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(value.trim());
    if (!match) return null;
    const [, year, month, day, hour, minute, second, utc] = match;
    try {
      if (!hour) {
        // A plain date on a timed series stands for the occurrence of that day.
        const time = this.#allDay
          ? Temporal.PlainTime.from("00:00")
          : Temporal.Instant.fromEpochMilliseconds(this.#firstMs)
              .toZonedDateTimeISO(this.#ruleZone)
              .toPlainTime();
        return Temporal.PlainDate.from(`${year}-${month}-${day}`)
          .toPlainDateTime(time)
          .toZonedDateTime(this.#ruleZone).epochMilliseconds;
      }
      const local = Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
      return local.toZonedDateTime(utc ? "UTC" : zone).epochMilliseconds;
    } catch {
      return null;
    }
  }
}

/** The time that rules count with: the instant, or UTC midnight of an all-day date. */
function nominal(time: GoogleEventTime): number {
  return Date.parse(time.date ? `${time.date}T00:00:00Z` : (time.dateTime as string));
}

/** Starts of a rule in [from, to), in growing windows so that an endless rule is not computed to its horizon. */
function occurrencesOf(rule: RRuleTemporal, from: number, to: number, limit: number): number[] {
  const found: number[] = [];
  let windowStart = from;
  let windowMs = 370 * 86_400_000;
  while (windowStart < to && found.length < limit) {
    const windowEnd = Math.min(to, windowStart + windowMs);
    for (const date of rule.between(new Date(windowStart), new Date(windowEnd - 1), true)) {
      found.push(date.epochMilliseconds);
    }
    windowStart = windowEnd;
    windowMs *= 2;
  }
  return found;
}
