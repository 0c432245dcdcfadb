import { CalendarError } from "@calsync/lib";
import type { Cursor, Interval } from "@calsync/types";
import { z } from "zod";
import { parseJson } from "../../common/parse-json.ts";

/**
 * Where a pull stands. `window` is the stretch that the delta link was made for: it is baked into the link. `link` is where the
 * next answer is; without it a round over the window begins. `full` stays until that first round has ended. While a window is
 * rolled forward, `after` is the link of the window before, which is read to its end once the new one has been listed.
 */
const cursorSchema = z.object({
  v: z.literal(1),
  window: z.tuple([z.iso.datetime(), z.iso.datetime()]),
  link: z.string().min(1).optional(),
  full: z.literal(true).optional(),
  after: z.string().min(1).optional(),
  /** The link of the new window, while the old one is read to its end. */
  next: z.string().min(1).optional(),
  /** Events that were told of and could not be read, with how often that was tried: they are read again with the next round. */
  again: z.array(z.tuple([z.string().min(1), z.int().positive()])).optional(),
});

/** Where a pull ended. */
export type GraphCursor = z.output<typeof cursorSchema>;

const DAY_MS = 86_400_000;
/** So far beyond the wanted end a window is opened, so that it is rolled four times a year rather than every day. */
const MARGIN_MS = 90 * DAY_MS;
/** Longest window that Graph lists (1,825 days). */
const LONGEST_MS = 1_825 * DAY_MS;

/** @throws CalendarError CURSOR_EXPIRED for text that is not a cursor of ours. */
export function parseCursor(cursor: Cursor): GraphCursor {
  const parsed = cursorSchema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw new CalendarError("CURSOR_EXPIRED", "the stored cursor cannot be read; pull in full");
}

/** The cursor as text, which {@link parseCursor} takes. */
export function writeCursor(cursor: GraphCursor): Cursor {
  return JSON.stringify(cursor);
}

/** The cursor that a pull in full begins with. */
export function beginFull(wanted: Interval): GraphCursor {
  return { v: 1, window: widened(wanted), full: true };
}

/**
 * The cursor to go on with when the wanted window has outgrown the one of its link: a new window is listed first, and then the old
 * link is read to its end. In this order nothing falls between the two: what was deleted meanwhile is told by the old link, and
 * what is deleted later by the new one. Gives the cursor itself while its window is long enough.
 */
export function rolled(cursor: GraphCursor, wanted: Interval): GraphCursor {
  const [, end] = cursor.window;
  const settled = !cursor.full && !cursor.after && !cursor.next;
  if (!settled || cursor.link === undefined || Date.parse(end) >= reachable(wanted)) return cursor;
  return {
    v: 1,
    window: widened(wanted),
    after: cursor.link,
    ...(cursor.again ? { again: cursor.again } : {}),
  };
}

function widened({ start, end }: Interval): [string, string] {
  const last = Math.min(end.getTime() + MARGIN_MS, start.getTime() + LONGEST_MS);
  return [start.toISOString(), new Date(last).toISOString()];
}

/** The end of the wanted window, as far as any window may reach. */
function reachable({ start, end }: Interval): number {
  return Math.min(end.getTime(), start.getTime() + LONGEST_MS);
}
