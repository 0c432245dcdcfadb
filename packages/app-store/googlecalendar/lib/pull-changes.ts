import { CalendarError } from "@calsync/lib";
import type { ChangePage, Cursor, PullOptions } from "@calsync/types";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { beginFull, type GoogleCursor, parseCursor, writeCursor } from "./cursor.ts";
import { toChange } from "./event-mapper.ts";
import type { GoogleRequests } from "./GoogleRequests.ts";

const DEFAULT_PAGE_SIZE = 250;
const MAX_PAGE_SIZE = 2_500;

/**
 * Lists what has changed since a cursor, or everything in the window, page by page (sync guide).
 *
 * Series come as masters with their exceptions (`singleEvents` stays off): with instances, one edit of an endless series
 * would deliver hundreds. `showDeleted`, `orderBy` and the other filters are never sent: together with a sync token they
 * are refused, and `orderBy` makes Google give no token at all. A page may be empty and not be the last.
 */
export async function* pullChanges(
  api: calendar_v3.Calendar,
  requests: GoogleRequests,
  calendarId: string,
  cursor: Cursor | null,
  options: PullOptions,
): AsyncGenerator<ChangePage, void, undefined> {
  const pageSize = Math.max(1, Math.min(options.pageSize ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE));
  let at = cursor === null ? beginFull(options.window, pageSize) : parseCursor(cursor);
  for (;;) {
    const params = toParams(calendarId, at, pageSize);
    const answer = await requests.send({
      name: "events.list",
      // Without a token there is nothing that could have expired: a refusal is then one of the request.
      subject: at.syncToken || at.pageToken ? "changes" : "calendar",
      signal: options.signal,
      send: (callOptions) => api.events.list(params, callOptions),
    });
    const context = { calendarId, timeZone: answer.timeZone ?? "UTC" };
    const full = at.window !== undefined;
    const { next, complete } = advance(at, answer, pageSize);
    yield {
      changes: (answer.items ?? []).map((item) => toChange(item, context)),
      cursor: writeCursor(next),
      complete,
      full,
    };
    if (complete) return;
    at = next;
  }
}

function toParams(
  calendarId: string,
  at: GoogleCursor,
  pageSize: number,
): calendar_v3.Params$Resource$Events$List {
  return {
    calendarId,
    maxResults: at.pageSize ?? pageSize,
    ...(at.window ? { timeMin: at.window[0], timeMax: at.window[1] } : {}),
    ...(at.syncToken ? { syncToken: at.syncToken } : {}),
    ...(at.pageToken ? { pageToken: at.pageToken } : {}),
  };
}

function advance(
  at: GoogleCursor,
  { nextPageToken, nextSyncToken }: calendar_v3.Schema$Events,
  pageSize: number,
): { next: GoogleCursor; complete: boolean } {
  if (nextPageToken) {
    return { next: { ...at, pageToken: nextPageToken, pageSize: at.pageSize ?? pageSize }, complete: false };
  }
  if (!nextSyncToken) {
    throw new CalendarError("CALENDAR_API_ERROR", "Google Calendar: the last page came without a sync token");
  }
  return { next: { v: 1, syncToken: nextSyncToken }, complete: true };
}
