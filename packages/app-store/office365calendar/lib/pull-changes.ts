import { CalendarError, isCalendarError } from "@calsync/lib";
import type { ChangePage, Cursor, ExternalChange, PullOptions } from "@calsync/types";
import { beginFull, type GraphCursor, parseCursor, rolled, writeCursor } from "./cursor.ts";
import { type GraphEvent, toChanges } from "./event-mapper.ts";
import { calendarPath, isOurs, readOf } from "./GraphEvents.ts";
import type { GraphRequests } from "./GraphRequests.ts";

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 500;
/** After so many rounds an event that could not be read is said to be unreadable. */
const UNREADABLE_AFTER = 3;
/** More than so many events that cannot be read are no matter of single ones. */
const MOST_AGAIN = 50;

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
 *
 * One event that cannot be read holds nobody up (invariant 6): the cursor remembers it, and it is read again with every round that
 * follows. Until it has failed often enough to be called unreadable, what is known of it stands.
 */
export async function* pullChanges(
  requests: GraphRequests,
  calendarId: string,
  cursor: Cursor | null,
  options: PullOptions,
): AsyncGenerator<ChangePage, void, undefined> {
  const pageSize = Math.max(1, Math.min(options.pageSize ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE));
  let at = cursor === null ? beginFull(options.window) : rolled(parseCursor(cursor), options.window);
  for (let isFirst = true; ; isFirst = false) {
    const answer = await ask(requests, calendarId, at, pageSize, options.signal);
    const full = at.full === true;
    const items = latestOf(answer.value ?? []);
    // A window that is rolled forward is listed like a first one, on top of what is known.
    const listing = full || at.after !== undefined;
    const tries = new Map(at.again ?? []);
    const { changes, failed } = await read(requests, calendarId, items, {
      listing,
      // Once in a pull is enough.
      also: isFirst ? [...tries.keys()] : [],
      signal: options.signal,
    });
    const { again, unreadable } = remember(tries, isFirst, items, failed);
    changes.push(...unreadable);
    const { next: place, complete } = advance(at, answer);
    const next = again.length === 0 ? place : { ...place, again };
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

/** @param options.also events that were told of before and could not be read then */
async function read(
  requests: GraphRequests,
  calendarId: string,
  items: readonly GraphEvent[],
  options: { listing: boolean; also: readonly string[]; signal: AbortSignal | undefined },
): Promise<{ changes: ExternalChange[]; failed: Map<string, CalendarError> }> {
  const { listing, also, signal } = options;
  const told = items.filter((item) => item.type !== "occurrence" && !(listing && item["@removed"]));
  const toldIds = new Set(told.map(({ id }) => id));
  const all = [...also.filter((id) => !toldIds.has(id)).map((id): GraphEvent => ({ id })), ...told];
  const toRead = all.filter((item) => !listing || needsRead(item));
  const answers = await requests.readMany<GraphEvent>(
    toRead.map((item) => readOf(calendarId, item.id ?? "")),
    { name: "read changed events", subject: "event", signal },
  );
  const readById = new Map(toRead.map((item, index) => [item.id, answers[index]]));
  const failed = new Map<string, CalendarError>();
  const changes = all.flatMap((item): ExternalChange[] => {
    const eventId = item.id ?? "";
    const answer = readById.has(item.id) ? readById.get(item.id) : item;
    if (!(answer instanceof CalendarError)) return answer ? toChanges(answer, calendarId) : [];
    if (isCalendarError(answer, "EVENT_NOT_FOUND"))
      return [{ type: "delete", eventId, seriesId: null, originalStart: null, version: null }];
    failed.set(eventId, answer);
    return [];
  });
  const [first] = failed.values();
  if (first && !isOfEventsAlone(failed, toRead.length)) throw first;
  return { changes, failed };
}

/** Whether it is these events that fail, and not the account, the network or the service as a whole. */
function isOfEventsAlone(failed: ReadonlyMap<string, CalendarError>, asked: number): boolean {
  if (failed.size > MOST_AGAIN || (failed.size === asked && asked > 1)) return false;
  return [...failed.values()].every(
    ({ code }) => code === "CALENDAR_API_ERROR" || code === "PERMISSION_DENIED" || code === "INVALID_REQUEST",
  );
}

/**
 * What the cursor keeps of events that could not be read, and those that have failed often enough to be told of as such, once.
 * @param tries how often each was tried before
 */
function remember(
  tries: ReadonlyMap<string, number>,
  retried: boolean,
  items: readonly GraphEvent[],
  failed: ReadonlyMap<string, CalendarError>,
): { again: [string, number][]; unreadable: ExternalChange[] } {
  const told = new Set(items.map(({ id }) => id));
  const again = new Map([...tries].filter(([id]) => !retried && !told.has(id)));
  const unreadable: ExternalChange[] = [];
  for (const [eventId, error] of failed) {
    const count = (tries.get(eventId) ?? 0) + 1;
    again.set(eventId, count);
    if (count === UNREADABLE_AFTER) unreadable.push({ type: "unreadable", eventId, reason: error.message });
  }
  return { again: [...again], unreadable };
}

/** Whether a listed event says less than a read: ours lack their marker, series the dates taken out, and stubs everything. */
function needsRead(item: GraphEvent): boolean {
  return (
    isOurs(item) || item.type === "seriesMaster" || item.subject === undefined || item.iCalUId === undefined
  );
}
