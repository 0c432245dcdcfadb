import { validationError } from "../errors.ts";
import { instantOf } from "../properties/dates.ts";
import { findProperty } from "../properties/schema.ts";
import type { CellValue, Page, Property } from "../types.ts";

/** A row with the way to its cells. */
export interface Row {
  page: Page;
  cell(property: Property): CellValue | null;
}

/** Whether a row is in. */
export type Predicate = (row: Row) => boolean;

const MAX_DEPTH = 2;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const HAS_ZONE = /(Z|[+-]\d{2}:?\d{2})$/;
const DAY_MS = 86_400_000;

/** What a filter is read against. */
export interface FilterContext {
  properties: readonly Property[];
  nowMs: number;
}

/**
 * Reads a filter of a query.
 * @throws NotionApiError 400 for more than two levels, an unknown property, or an operator that its type does not have
 */
export function readFilter(filter: unknown, context: FilterContext, depth = 0): Predicate {
  if (typeof filter !== "object" || filter === null)
    throw validationError("body.filter should be an object.");
  for (const kind of ["and", "or"] as const) {
    if (!(kind in filter)) continue;
    if (depth >= MAX_DEPTH) throw validationError(`body.filter is nested deeper than ${MAX_DEPTH} levels.`);
    const parts = (filter as Record<string, unknown>)[kind];
    if (!Array.isArray(parts)) throw validationError(`body.filter.${kind} should be an array.`);
    const predicates = parts.map((part) => readFilter(part, context, depth + 1));
    return kind === "and"
      ? (row) => predicates.every((matches) => matches(row))
      : (row) => predicates.some((matches) => matches(row));
  }
  if ("timestamp" in filter) return timestampFilter(filter as Record<string, unknown>, context);
  if ("property" in filter) return propertyFilter(filter as Record<string, unknown>, context);
  throw validationError("body.filter should have one of: and, or, timestamp, property.");
}

function timestampFilter(filter: Record<string, unknown>, context: FilterContext): Predicate {
  const name = filter["timestamp"];
  if (name !== "created_time" && name !== "last_edited_time")
    throw validationError("body.filter.timestamp should be created_time or last_edited_time.");
  const matches = dateCondition(condition(filter, name), context);
  return ({ page }) => matches(name === "created_time" ? page.createdMs : page.editedMs);
}

function propertyFilter(filter: Record<string, unknown>, context: FilterContext): Predicate {
  const key = String(filter["property"]);
  const property = findProperty(context.properties, key);
  if (!property) throw validationError(`Could not find property with name or id: ${key}`);
  const { type } = property;
  const wanted = condition(filter, type);
  const cellMatches = cellCondition(type, wanted, context);
  if (type === "created_time" || type === "last_edited_time") {
    const matches = dateCondition(wanted, context);
    return ({ page }) => matches(type === "created_time" ? page.createdMs : page.editedMs);
  }
  return (row) => cellMatches(row.cell(property));
}

/** The operator and its value. */
function condition(filter: Record<string, unknown>, type: string): [operator: string, value: unknown] {
  const held = filter[type];
  const entries = typeof held === "object" && held !== null ? Object.entries(held) : [];
  const [first, ...rest] = entries;
  if (!first || rest.length > 0)
    throw validationError(`body.filter.${type} should have exactly one condition.`);
  return first;
}

function cellCondition(
  type: Property["type"],
  wanted: [string, unknown],
  context: FilterContext,
): (cell: CellValue | null) => boolean {
  const [operator, value] = wanted;
  switch (type) {
    case "date": {
      const matches = dateCondition(wanted, context);
      return (cell) => matches(cell?.type === "date" && cell.date ? instantOf(cell.date.start) : null);
    }
    case "created_time":
    case "last_edited_time":
      return () => false;
    case "checkbox":
      if (operator !== "equals" && operator !== "does_not_equal") throw unknownOperator(type, operator);
      return (cell) => (cell?.type === "checkbox" && cell.checked === value) === (operator === "equals");
    case "multi_select":
    case "people": {
      const items = (cell: CellValue | null) =>
        cell?.type === "multi_select" ? cell.options : cell?.type === "people" ? cell.ids : [];
      return listCondition(type, operator, value, items);
    }
    case "number":
      return numberCondition(operator, value);
    case "select":
    case "status":
      if (!["equals", "does_not_equal", "is_empty", "is_not_empty"].includes(operator))
        throw unknownOperator(type, operator);
      return textCondition(type, operator, value);
    case "created_by":
    case "last_edited_by":
      throw unknownOperator(type, operator);
    default:
      return textCondition(type, operator, value);
  }
}

const textOf = (cell: CellValue | null): string => {
  if (!cell) return "";
  if ("segments" in cell) return cell.segments.join("");
  if ("text" in cell) return cell.text ?? "";
  return "option" in cell ? (cell.option ?? "") : "";
};

function textCondition(type: string, operator: string, value: unknown): (cell: CellValue | null) => boolean {
  const text = String(value);
  switch (operator) {
    case "equals":
      return (cell) => textOf(cell) === text;
    case "does_not_equal":
      return (cell) => textOf(cell) !== text;
    case "contains":
      return (cell) => textOf(cell).toLowerCase().includes(text.toLowerCase());
    case "does_not_contain":
      return (cell) => !textOf(cell).toLowerCase().includes(text.toLowerCase());
    case "starts_with":
      return (cell) => textOf(cell).toLowerCase().startsWith(text.toLowerCase());
    case "ends_with":
      return (cell) => textOf(cell).toLowerCase().endsWith(text.toLowerCase());
    case "is_empty":
      return (cell) => textOf(cell) === "";
    case "is_not_empty":
      return (cell) => textOf(cell) !== "";
    default:
      throw unknownOperator(type, operator);
  }
}

function listCondition(
  type: string,
  operator: string,
  value: unknown,
  items: (cell: CellValue | null) => string[],
): (cell: CellValue | null) => boolean {
  switch (operator) {
    case "contains":
      return (cell) => items(cell).includes(String(value));
    case "does_not_contain":
      return (cell) => !items(cell).includes(String(value));
    case "is_empty":
      return (cell) => items(cell).length === 0;
    case "is_not_empty":
      return (cell) => items(cell).length > 0;
    default:
      throw unknownOperator(type, operator);
  }
}

function numberCondition(operator: string, value: unknown): (cell: CellValue | null) => boolean {
  const wanted = Number(value);
  const numberOf = (cell: CellValue | null) => (cell?.type === "number" ? cell.number : null);
  switch (operator) {
    case "equals":
      return (cell) => numberOf(cell) === wanted;
    case "does_not_equal":
      return (cell) => numberOf(cell) !== wanted;
    case "greater_than":
      return (cell) => (numberOf(cell) ?? Number.NEGATIVE_INFINITY) > wanted;
    case "less_than":
      return (cell) => (numberOf(cell) ?? Number.POSITIVE_INFINITY) < wanted;
    case "is_empty":
      return (cell) => numberOf(cell) === null;
    case "is_not_empty":
      return (cell) => numberOf(cell) !== null;
    default:
      throw unknownOperator("number", operator);
  }
}

/** Conditions on a time; a value without a zone is in UTC, and a time is compared to the millisecond. */
function dateCondition(
  [operator, value]: [string, unknown],
  { nowMs }: FilterContext,
): (ms: number | null) => boolean {
  const on = (test: (ms: number) => boolean) => (ms: number | null) => ms !== null && test(ms);
  const within = (days: number) => {
    const [from, to] = days < 0 ? [nowMs + days * DAY_MS, nowMs] : [nowMs, nowMs + days * DAY_MS];
    return on((ms) => ms >= from && ms <= to);
  };
  switch (operator) {
    case "is_empty":
      return (ms) => ms === null;
    case "is_not_empty":
      return (ms) => ms !== null;
    case "past_week":
      return within(-7);
    case "past_month":
      return within(-30);
    case "past_year":
      return within(-365);
    case "this_week":
    case "next_week":
      return within(7);
    case "next_month":
      return within(30);
    case "next_year":
      return within(365);
  }
  const { startMs, endMs } = pointOf(value, nowMs);
  switch (operator) {
    case "equals":
      return on((ms) => ms >= startMs && ms < endMs);
    case "before":
      return on((ms) => ms < startMs);
    case "after":
      return on((ms) => ms >= endMs);
    case "on_or_before":
      return on((ms) => ms < endMs);
    case "on_or_after":
      return on((ms) => ms >= startMs);
    default:
      throw unknownOperator("date", operator);
  }
}

const RELATIVE_DAYS: Readonly<Record<string, number>> = {
  today: 0,
  tomorrow: 1,
  yesterday: -1,
  one_week_ago: -7,
  one_week_from_now: 7,
  one_month_ago: -30,
  one_month_from_now: 30,
};

/** The stretch that a filter's value stands for: a day, or a millisecond. */
function pointOf(value: unknown, nowMs: number): { startMs: number; endMs: number } {
  const text = String(value);
  const relative = RELATIVE_DAYS[text];
  if (relative !== undefined) {
    const startMs = Math.floor(nowMs / DAY_MS) * DAY_MS + relative * DAY_MS;
    return { startMs, endMs: startMs + DAY_MS };
  }
  const startMs = Date.parse(DAY.test(text) || HAS_ZONE.test(text) ? text : `${text}Z`);
  if (Number.isNaN(startMs)) throw validationError(`"${text}" is not a valid ISO 8601 date.`);
  return { startMs, endMs: startMs + (DAY.test(text) ? DAY_MS : 1) };
}

const unknownOperator = (type: string, operator: string) =>
  validationError(`body.filter.${type}: "${operator}" is not an operator of ${type}.`);
