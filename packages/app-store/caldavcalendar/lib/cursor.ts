import { CalendarError } from "@calsync/lib";
import type { Cursor } from "@calsync/types";
import * as z from "zod";
import { parseJson } from "../../common/parse-json.ts";

/** Exceptions that were handed out, by the names of their series: what is missing there next time has become ordinary again. */
const exceptionsSchema = z.record(z.string(), z.array(z.string())).default({});

/**
 * Where a pull stands. With sync-collection (RFC 6578): `from` is the token to list changes since (empty lists
 * everything), and between two pages `until` is the token of that listing and `after` the last name handed out. Without it:
 * the ETags of everything that was handed out, compared with the next listing; `ctag` tells whether there is one to make.
 */
const cursorSchema = z.union([
  z.object({
    v: z.literal(1),
    from: z.string(),
    until: z.string().optional(),
    after: z.string().optional(),
    exceptions: exceptionsSchema,
  }),
  z.object({
    v: z.literal(1),
    etags: z.record(z.string(), z.string()),
    ctag: z.string().nullable(),
    /** True until the first listing has been handed out whole. */
    full: z.boolean(),
    exceptions: exceptionsSchema,
  }),
]);

/** Where a pull ended, in one of the ways that servers allow. */
export type CaldavCursor = z.infer<typeof cursorSchema>;
/** Where a pull ended on a server with sync tokens (RFC 6578). */
export type TokenCursor = Extract<CaldavCursor, { from: string }>;
/** Where a pull ended on a server without them: everything that was there, with its version. */
export type EtagCursor = Extract<CaldavCursor, { ctag: string | null }>;

/** @throws CalendarError CURSOR_EXPIRED for text that is not one of ours */
export function parseCursor(cursor: Cursor): CaldavCursor {
  const parsed = cursorSchema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw new CalendarError("CURSOR_EXPIRED", "CalDAV: the stored cursor cannot be read; pull in full");
}

/** The cursor as text, which {@link parseCursor} takes. */
export const writeCursor = (cursor: CaldavCursor): Cursor => JSON.stringify(cursor);
