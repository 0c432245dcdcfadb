import { CalendarError, isCalendarError } from "@calsync/lib";
import type { ChangePage, Cursor, ExternalChange, PullOptions } from "@calsync/types";
import { beginFull, type GraphCursor, parseCursor, rolled, writeCursor } from "./cursor.ts";
import { type GraphEvent, toChanges } from "./event-mapper.ts";
import { calendarPath, isOurs, readOf } from "./GraphEvents.ts";
import type { GraphRequests } from "./GraphRequests.ts";

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 500;

interface DeltaAnswer {
  value?: GraphEvent[];
  "@odata.nextLink"?: string;
  "@odata.deltaLink"?: string;
}

/**
 * Lists what has changed since a cursor, or everything in the window, page by page (calendarView delta).
 *
 * An answer of the delta kind says which events to look at rather than what they are: it has no marker of ours, no list of the
 * dates that were taken out of a series, stubs in place of occurrences, repeats what is known, and `@removed` may mean no more
 * than "not in the window". So what a round tells is read directly, twenty events to a call, and only what the read says counts. A
 * first listing takes single events as they stand, but for those that are ours.
 *
 * Occurrences of a series are no changes of their own: their series stands for them.
 */
export async function* pullChanges(
  requests: GraphRequests,
  calendarId: string,
  cursor: Cursor | null,
  options: PullOptions,
): AsyncGenerator<ChangePage, void, undefined> {
  const pageSize = Math.max(1, Math.min(options.pageSize ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE));
  let at = cursor === null ? beginFull(options.window) : rolled(parseCursor(cursor), options.window);
  for (;;) {
    const answer = await ask(requests, calendarId, at, pageSize, options.signal);
    const full = at.full === true;
    const items = latestOf(answer.value ?? []);
    // A window that is rolled forward is listed like a first one, on top of what is known.
    const listing = full || at.after !== undefined;
    const changes = await read(requests, calendarId, items, listing, options.signal);
    const { next, complete } = advance(at, answer);
    // A page may be empty and not be the last one; nothing is gained by handing it on.
    if (complete || changes.length > 0) yield { changes, cursor: writeCursor(next), complete, full };
    if (complete) return;
    at = next;
  }
}

async function ask(
  requests: GraphRequests,
  calendarId: string,
  { link, window: [startDateTime, endDateTime] }: GraphCursor,
  pageSize: number,
  signal: AbortSignal | undefined,
): Promise<DeltaAnswer> {
  if (link !== undefined && !requests.isOwn(link)) {
    throw new CalendarError("CURSOR_EXPIRED", "the stored cursor leads to another service; pull in full");
  }
  const call = { name: "calendarView delta", method: "GET", pageSize, signal } as const;
  if (link !== undefined) return requests.send<DeltaAnswer>({ ...call, subject: "changes", path: link });
  return requests.send<DeltaAnswer>({
    ...call,
    subject: "calendar",
    path: `${calendarPath(calendarId)}/calendarView/delta`,
    query: { startDateTime, endDateTime },
  });
}

/** Where the round stands after an answer, and whether that was the end of the pull. */
function advance(
  at: GraphCursor,
  { "@odata.nextLink": nextLink, "@odata.deltaLink": deltaLink }: DeltaAnswer,
): { next: GraphCursor; complete: boolean } {
  if (nextLink) return { next: { ...at, link: nextLink }, complete: false };
  if (!deltaLink) {
    throw new CalendarError(
      "CALENDAR_API_ERROR",
      "Outlook Calendar: the last page came without a delta link",
    );
  }
  const { v, window, after, next } = at;
  if (after) return { next: { v, window, link: after, next: deltaLink }, complete: false };
  return { next: { v, window, link: next ?? deltaLink }, complete: true };
}

/** One entity may come several times in an answer; the last one counts. */
function latestOf(items: readonly GraphEvent[]): GraphEvent[] {
  const byId = new Map<string, GraphEvent>();
  for (const item of items) {
    if (!item.id) continue;
    byId.delete(item.id);
    byId.set(item.id, item);
  }
  return [...byId.values()];
}

async function read(
  requests: GraphRequests,
  calendarId: string,
  items: readonly GraphEvent[],
  listing: boolean,
  signal: AbortSignal | undefined,
): Promise<ExternalChange[]> {
  const told = items.filter((item) => item.type !== "occurrence" && !(listing && item["@removed"]));
  const toRead = told.filter((item) => !listing || needsRead(item));
  const answers = await requests.readMany<GraphEvent>(
    toRead.map((item) => readOf(calendarId, item.id ?? "")),
    { name: "read changed events", subject: "event", signal },
  );
  const readById = new Map(toRead.map((item, index) => [item.id, answers[index]]));
  return told.flatMap((item): ExternalChange[] => {
    const answer = readById.has(item.id) ? readById.get(item.id) : item;
    if (answer instanceof CalendarError) {
      if (!isCalendarError(answer, "EVENT_NOT_FOUND")) throw answer;
      return [{ type: "delete", eventId: item.id ?? "", seriesId: null, originalStart: null, version: null }];
    }
    return answer ? toChanges(answer, calendarId) : [];
  });
}

/** Whether a listed event says less than a read: ours lack their marker, series the dates taken out, and stubs everything. */
function needsRead(item: GraphEvent): boolean {
  return (
    isOurs(item) || item.type === "seriesMaster" || item.subject === undefined || item.iCalUId === undefined
  );
}
