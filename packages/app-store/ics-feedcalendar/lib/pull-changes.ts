import { CalendarError } from "@calsync/lib";
import type { ChangePage, Cursor, ExternalChange, PullOptions } from "@calsync/types";
import type { IcsFeedCredential } from "./credential-schema.ts";
import { EMPTY_CURSOR, parseCursor, writeCursor } from "./cursor.ts";
import { fetchFeed } from "./fetch-feed.ts";
import { FEED_CALENDAR_ID, readFeed } from "./read-feed.ts";
import type { IcsFeedSettings } from "./settings.ts";

/**
 * In so many fetches in a row an event must be missing before it counts as gone: feeds are cut, windowed and at times
 * empty for a moment.
 */
const MISSES_UNTIL_GONE = 2;

/** What differs between the feed as it was handed out and as it is now: one page. */
export async function* pullChanges(
  credential: IcsFeedCredential,
  settings: IcsFeedSettings,
  calendarId: string,
  cursor: Cursor | null,
  { signal }: PullOptions,
): AsyncGenerator<ChangePage> {
  if (calendarId !== FEED_CALENDAR_ID)
    throw new CalendarError("CALENDAR_NOT_FOUND", "ICS feed: there is no such calendar");
  if (signal?.aborted) throw new CalendarError("NETWORK_ERROR", "ICS feed: the pull was told to stop");
  const full = cursor === null;
  const before = full ? EMPTY_CURSOR : parseCursor(cursor);
  // What is missing is looked for once more, even though the feed says that it has not changed.
  const waiting = Object.keys(before.missing).length > 0;
  const known = waiting ? { etag: null, lastModified: null } : before;
  const fetched = await fetchFeed(credential.url, known, settings, signal);
  if (fetched.unchanged) {
    yield {
      changes: [],
      cursor: writeCursor(before),
      complete: true,
      full,
      pollAfterMs: before.refreshMs,
    };
    return;
  }
  const feed = await readFeed(fetched.bytes, credential.timeZone);
  if (!feed) {
    throw new CalendarError(
      "INVALID_ICS_FORMAT",
      "ICS feed: what the address gives is cut off or no calendar; the last good state is kept",
      { advice: { retry: "later", afterMs: null } },
    );
  }
  const changes: ExternalChange[] = [];
  const digests: Record<string, string> = {};
  const missing: Record<string, number> = {};
  for (const [id, { digest, change }] of feed.entries) {
    digests[id] = digest;
    if (before.digests[id] !== digest) changes.push(change);
  }
  for (const [id, digest] of Object.entries(before.digests)) {
    if (feed.entries.has(id)) continue;
    const misses = (before.missing[id] ?? 0) + 1;
    if (misses >= MISSES_UNTIL_GONE) {
      changes.push({ type: "delete", eventId: id, seriesId: null, originalStart: null, version: null });
    } else {
      digests[id] = digest;
      missing[id] = misses;
    }
  }
  const { refreshMs } = feed;
  yield {
    changes,
    cursor: writeCursor({ v: 1, ...fetched.validators, digests, missing, refreshMs }),
    complete: true,
    full,
    // What is missing is looked for again soon.
    pollAfterMs: Object.keys(missing).length > 0 ? null : refreshMs,
  };
}
