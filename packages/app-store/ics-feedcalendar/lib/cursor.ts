import { CalendarError } from "@calsync/lib";
import type { Cursor } from "@calsync/types";
import * as z from "zod";
import { parseJson } from "../../common/parse-json.ts";

/** What a pull left behind: the feed's validators, and what each event said when it was handed out. */
const cursorSchema = z.object({
  v: z.literal(1),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  digests: z.record(z.string(), z.string()),
  /** In how many fetches in a row an event was missing. */
  missing: z.record(z.string(), z.int()),
  /** How long the feed asks to be left alone, in milliseconds. */
  refreshMs: z.int().nullable().default(null),
});

/** What the feed held when it was last read. */
export type FeedCursor = z.infer<typeof cursorSchema>;

/** Where a first pull begins. */
export const EMPTY_CURSOR: FeedCursor = {
  v: 1,
  etag: null,
  lastModified: null,
  digests: {},
  missing: {},
  refreshMs: null,
};

/** @throws CalendarError CURSOR_EXPIRED for text that is not one of ours */
export function parseCursor(cursor: Cursor): FeedCursor {
  const parsed = cursorSchema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw new CalendarError("CURSOR_EXPIRED", "ICS feed: the stored cursor cannot be read; pull in full");
}

/** The cursor as text, which {@link parseCursor} takes. */
export const writeCursor = (cursor: FeedCursor): Cursor => JSON.stringify(cursor);
