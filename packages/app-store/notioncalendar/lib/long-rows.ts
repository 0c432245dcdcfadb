import type { EventTime } from "@calsync/types";

const DAY_MS = 86_400_000;
/** A listing begins so long before its window: filters see where a date begins, and most rows that reach into it begin in between. */
const LISTED_BEFORE_DAYS = 62;
/** Long rows that one pull reads. */
const READ_AT_ONCE = 5;
const MARKS = { listed: "", long: "!", over: "-" } as const;

/** How a row lies to the listings that begin on a day. */
export type Place = keyof typeof MARKS;

/** The day at which listings of rows to come begin, for a window that begins then. */
export const listingStart = (windowStart: Date): string => dayOf(windowStart.getTime(), -LISTED_BEFORE_DAYS);

/**
 * How a row lies to the listings that begin on the day `from`: they show it; it began before and reaches into the window behind
 * that day all the same; or it is over.
 */
export function placeOf({ start, end }: EventTime, from: string): Place {
  if (start >= from) return "listed";
  return end > dayOf(Date.parse(from), LISTED_BEFORE_DAYS) ? "long" : "over";
}

/** What is kept of a row, with its place. One that is over is kept as long as the overlap of two reads shows it again. */
export const markPlace = (entry: string, place: Place): string => entry + MARKS[place];

/** The place of a row by what is kept of it. */
export const keptPlace = (entry: string): Place =>
  entry.endsWith(MARKS.long) ? "long" : entry.endsWith(MARKS.over) ? "over" : "listed";

/**
 * The long rows whose turn it is to be read by themselves, because no listing would tell that they went into the trash.
 * @param after the last one that was read; null at the beginning
 * @returns their ids, and the one after which the next pull goes on
 */
export function longRowsInTurn(
  rows: Readonly<Record<string, string>>,
  after: string | null,
): { ids: string[]; next: string | null } {
  const long = Object.keys(rows)
    .filter((id) => keptPlace(rows[id] ?? "") === "long")
    .sort();
  const ids = long.filter((id) => after === null || id > after).slice(0, READ_AT_ONCE);
  const last = ids.at(-1) ?? null;
  return { ids, next: last === long.at(-1) ? null : last };
}

const dayOf = (ms: number, plusDays: number): string =>
  new Date(ms + plusDays * DAY_MS).toISOString().slice(0, 10);
