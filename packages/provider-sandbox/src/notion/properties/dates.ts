import { Temporal } from "temporal-polyfill";
import { validationError } from "../errors.ts";
import type { DateValue } from "../types.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?$/;

/** A date property's value as a request carries it. */
export interface DateInput {
  start: string;
  end?: string | null | undefined;
  time_zone?: string | null | undefined;
}

/**
 * Checks a date and gives it as Notion returns it: days as they are, times with milliseconds and an offset, never a zone.
 * @param tolerant takes an offset together with a zone, as some say that Notion does
 * @throws NotionApiError 400
 */
export function readDate(input: DateInput, tolerant: boolean): DateValue {
  const zone = input.time_zone ?? null;
  const start = readPoint(input.start, zone, tolerant);
  const end = input.end ? readPoint(input.end, zone, tolerant) : null;
  if (end !== null && DAY.test(start) !== DAY.test(end))
    throw validationError("Start and end of a date must both have a time, or neither.");
  if (end !== null && instantOf(end) < instantOf(start))
    throw validationError("The end of a date cannot be before its start.");
  return { start, end };
}

function readPoint(text: string, zone: string | null, tolerant: boolean): string {
  if (DAY.test(text)) {
    if (zone !== null) throw validationError("A date with time_zone must have a time.");
    if (Number.isNaN(Date.parse(text))) throw validationError(`"${text}" is not a date.`);
    return text;
  }
  const [, local, offset] = TIME.exec(text) ?? [];
  if (local === undefined) throw validationError(`"${text}" is not a valid ISO 8601 date.`);
  if (zone !== null && offset !== undefined && !tolerant)
    throw validationError("A date with time_zone must not have an offset.");
  try {
    if (offset === undefined && zone !== null) {
      return print(Temporal.PlainDateTime.from(local).toZonedDateTime(zone));
    }
    const instant = Temporal.Instant.from(`${local}${offset ?? "Z"}`);
    const shift = offset === undefined || offset === "Z" ? "+00:00" : offset;
    return print(
      instant.toZonedDateTimeISO(shift.includes(":") ? shift : `${shift.slice(0, 3)}:${shift.slice(3)}`),
    );
  } catch (cause) {
    throw validationError(`"${text}" is not a valid date${zone === null ? "" : ` in ${zone}`}.`, cause);
  }
}

function print(time: Temporal.ZonedDateTime): string {
  return `${time.toPlainDateTime().toString({ fractionalSecondDigits: 3 })}${time.offset}`;
}

/** Milliseconds since 1970 of a stored date; a day begins at midnight UTC, as filters compare it. */
export const instantOf = (text: string): number => Date.parse(text);
