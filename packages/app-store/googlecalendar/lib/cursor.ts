import { CalendarError } from "@calsync/lib";
import type { Cursor, Interval } from "@calsync/types";
import { z } from "zod";
import { parseJson } from "../../common/parse-json.ts";

/**
 * Where a pull stands. With `syncToken` it asks for what has changed since, with `window` it lists everything in it; with
 * `pageToken` it goes on in the middle of either. Google wants the very same query with a page token, hence `pageSize`.
 */
const cursorSchema = z
  .object({
    v: z.literal(1),
    syncToken: z.string().min(1).optional(),
    pageToken: z.string().min(1).optional(),
    window: z.tuple([z.iso.datetime(), z.iso.datetime()]).optional(),
    pageSize: z.int().positive().optional(),
  })
  .refine(({ syncToken, pageToken, window }) => (syncToken ? !window : Boolean(window && pageToken)));

/** Where a pull ended. */
export type GoogleCursor = z.output<typeof cursorSchema>;

/** @throws CalendarError CURSOR_EXPIRED for text that is not a cursor of ours. */
export function parseCursor(cursor: Cursor): GoogleCursor {
  const parsed = cursorSchema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw new CalendarError("CURSOR_EXPIRED", "the stored cursor cannot be read; pull in full");
}

/** The cursor as text, which {@link parseCursor} takes. */
export function writeCursor(cursor: GoogleCursor): Cursor {
  return JSON.stringify(cursor);
}

/** The cursor that a pull in full begins with. */
export function beginFull(window: Interval, pageSize: number): GoogleCursor {
  return { v: 1, window: [window.start.toISOString(), window.end.toISOString()], pageSize };
}
