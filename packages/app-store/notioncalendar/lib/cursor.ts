import { CalendarError } from "@calsync/lib";
import type { Cursor } from "@calsync/types";
import * as z from "zod";
import { parseJson } from "../../common/parse-json.ts";

const MINUTE_MS = 60_000;

/**
 * Where a pull stands. `rows` is what was handed out: of each row when it was made, in minutes, and its version, shortened. It tells
 * what is new in the overlap of two reads, and what has vanished.
 */
const cursorSchema = z.object({
  v: z.literal(1),
  /** What the mapping was: rows read under another one have to be read anew. */
  mapping: z.string(),
  /** Rows whose date begins before this day are listed once, at the beginning, and only known when they are not over by far. */
  from: z.iso.date(),
  /** The latest time of last edit that was seen, to the minute. */
  since: z.iso.datetime(),
  rows: z.record(z.string(), z.string()),
  /** Where the listing of everything stands: the time of creation that it has come to; null when none is under way. */
  full: z.object({ at: z.iso.datetime().nullable() }).nullable(),
  /** Where the comparison of everything, part by part, goes on: a time of creation; null at its beginning. */
  compareAt: z.iso.datetime().nullable(),
  /** The last of the rows that began long ago and was read by itself; null when all of them were. */
  longAt: z.string().nullable().default(null),
});

/** Where a pull ended, and what is remembered of the rows. */
export type NotionCursor = z.output<typeof cursorSchema>;

/** @throws CalendarError CURSOR_EXPIRED for text that is not a cursor of ours. */
export function parseCursor(cursor: Cursor): NotionCursor {
  const parsed = cursorSchema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw new CalendarError("CURSOR_EXPIRED", "Notion: the stored cursor cannot be read; pull in full");
}

/** The cursor as text, which {@link parseCursor} takes. */
export const writeCursor = (cursor: NotionCursor): Cursor => JSON.stringify(cursor);

/** What is kept of a row. */
export function rowEntry(createdTime: string, version: string): string {
  const minutes = Math.floor(Date.parse(createdTime) / MINUTE_MS);
  return `${minutes.toString(36)}.${version.split("/")[1]?.slice(0, 8) ?? ""}${Math.floor(Date.parse(version.split("/")[0] ?? "") / MINUTE_MS).toString(36)}`;
}

/** When a row was made, by what is kept of it. */
export const createdMs = (entry: string): number =>
  Number.parseInt(entry.split(".")[0] ?? "", 36) * MINUTE_MS;
