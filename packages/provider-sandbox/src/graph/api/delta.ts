import type { GraphContext } from "../context.ts";
import { GraphApiError, invalidQuery, itemNotFound, syncStateNotFound } from "../errors.ts";
import { instancesBetween, overlaps } from "../events/lookup.ts";
import { accountOf, idOf, occurrenceOf, type Reader, viewEvent, viewStub } from "../events/view.ts";
import type { GraphCalendar } from "../GraphStore.ts";
import { readOccurrenceKey } from "../item-ids.ts";
import { seriesOf } from "../recurrence.ts";
import { NEEDED_SCOPES } from "../scopes.ts";
import type { StoredEvent } from "../types.ts";
import { calendarOf } from "./calendars.ts";
import {
  assertGeneration,
  type DeltaItem,
  type DeltaRound,
  type DeltaToken,
  type DeltaWindow,
  nextGeneration,
  printToken,
  readDeltaToken,
  readSkipToken,
} from "./delta-rounds.ts";
import { assertWindowLength, windowOf } from "./event-lists.ts";
import { type GraphAnswer, type GraphCall, type GraphMethod, mailboxOf, ok } from "./GraphMethod.ts";
import { contextOf, selected } from "./query-options.ts";

const DEFAULT_PAGE = 10;
const UNSUPPORTED = ["$orderby", "$filter", "$select", "$expand", "$search"];

/** Change tracking of a calendar's view. */
export const deltaMethods: readonly GraphMethod[] = [
  {
    id: "graph.calendarView.delta",
    verb: "GET",
    paths: ["calendarView/delta", "calendar/calendarView/delta", "calendars/{calendarId}/calendarView/delta"],
    scopes: NEEDED_SCOPES.read,
    query: ["startDateTime", "endDateTime", "$deltatoken", "$skiptoken", "$top", ...UNSUPPORTED],
    handle: (context, call) => {
      assertParameters(context, call);
      const calendar = calendarOf(context, call);
      const skip = call.query.get("$skiptoken");
      if (skip !== null) return nextPage(context, call, calendar, skip);
      const text = call.query.get("$deltatoken");
      const token = text === null ? null : readDeltaToken(text);
      const window = token ?? firstWindow(context, call);
      if (token) assertUsable(context, call, calendar, token);
      const untilSeq = visibleSeq(context, calendar);
      const items = token ? changesSince(context, calendar, token, untilSeq) : wholeWindow(calendar, window);
      const round = context.rounds.open({
        calendarId: calendar.id,
        window: { fromMs: window.fromMs, toMs: window.toMs },
        items: withRepeats(context, calendar, items),
        untilSeq,
      });
      return page(context, call, calendar, round, 0);
    },
  },
];

function assertParameters(context: GraphContext, call: GraphCall): void {
  if (call.query.has("$top")) {
    throw invalidQuery(
      "The following parameters are not supported with change tracking over the 'CalendarView' resource: '$top'. Express page size preferences using the Prefer: odata.maxpagesize= header instead.",
    );
  }
  const selectIsFine = context.faults.behaviours.selectInDelta === "accepted";
  const refused = UNSUPPORTED.some((name) => call.query.has(name) && !(name === "$select" && selectIsFine));
  if (!refused) return;
  throw invalidQuery(
    `The following parameters are not supported with change tracking over the 'CalendarView' resource: '${UNSUPPORTED.join(", ")}'.`,
  );
}

function firstWindow(context: GraphContext, call: GraphCall): DeltaWindow {
  const window = windowOf(call);
  if (context.faults.behaviours.deltaWindowLimit !== "none") assertWindowLength(window);
  return window;
}

/** @throws GraphApiError 410 for a token of an earlier place of the mailbox, a dropped generation, or by a fault */
function assertUsable(
  context: GraphContext,
  call: GraphCall,
  calendar: GraphCalendar,
  token: DeltaToken,
): void {
  if (token.calendarId !== calendar.id) throw itemNotFound();
  assertNotMoved(call, token.moves, token);
  const subject = { method: "graph.calendarView.delta", account: calendar.email, calendarId: calendar.id };
  if (!call.actor.page && context.faults.strikes("loseSyncToken", subject)) {
    throw syncStateNotFound(token.generation, calendar.deltaGenerations);
  }
  assertGeneration(calendar, token.generation);
}

/** After a mailbox has moved to another server its links answer 410, with the address to begin again at. */
function assertNotMoved(call: GraphCall, moves: number, window: DeltaWindow): void {
  if (mailboxOf(call).moves === moves) return;
  const iso = (ms: number) => new Date(ms).toISOString();
  const query = new URLSearchParams({ startDateTime: iso(window.fromMs), endDateTime: iso(window.toMs) });
  throw new GraphApiError(410, "resyncRequired", "Resync is required.", {
    headers: { location: `${call.address}?${query}` },
  });
}

/** How far the round sees: up to now, or by a fault not yet what was written last. */
function visibleSeq(context: GraphContext, calendar: GraphCalendar): number {
  const { seq } = calendar.events;
  const subject = { method: "graph.calendarView.delta", account: calendar.email, calendarId: calendar.id };
  return seq > 0 && context.faults.strikes("hideFreshChange", subject) ? seq - 1 : seq;
}

function wholeWindow(calendar: GraphCalendar, window: DeltaWindow): DeltaItem[] {
  return [...calendar.events.roots()].flatMap((event) => shownItems(calendar, event, window) ?? []);
}

/** What changed: each event as it stands in the window now, or as removed when it does not; a series always as a whole. */
function changesSince(
  context: GraphContext,
  calendar: GraphCalendar,
  token: DeltaToken,
  untilSeq: number,
): DeltaItem[] {
  const keys = calendar.events.changedBetween(token.seq, untilSeq);
  const roots = new Set(keys.map((key) => readOccurrenceKey(key)?.masterKey ?? key));
  return [...roots].flatMap((key) => {
    const event = calendar.events.get(key);
    if (!event) return [];
    return (event.gone ? null : shownItems(calendar, event, token)) ?? removedItems(context, event, token);
  });
}

/** An event in the window: itself, or a series with all that is left of it there. Null when nothing of it lies there. */
function shownItems(calendar: GraphCalendar, event: StoredEvent, window: DeltaWindow): DeltaItem[] | null {
  const { fromMs, toMs } = window;
  if (!event.series) {
    const inside = overlaps(event.span.startMs, event.span.endMs, fromMs, toMs);
    return inside ? [{ kind: "event", key: event.key }] : null;
  }
  const { revision } = event.series;
  const { occurrences, exceptions } = instancesBetween(calendar, event, fromMs, toMs);
  if (occurrences.length === 0 && exceptions.length === 0) return null;
  return [
    { kind: "event", key: event.key },
    ...occurrences.map(
      (occurrence): DeltaItem => ({ kind: "occurrence", masterKey: event.key, revision, occurrence }),
    ),
    ...exceptions.map(({ key }): DeltaItem => ({ kind: "event", key })),
  ];
}

function removedItems(context: GraphContext, event: StoredEvent, window: DeltaWindow): DeltaItem[] {
  const removed: DeltaItem[] = [{ kind: "removed", key: event.key }];
  if (!event.series || !event.gone || context.faults.behaviours.deletedSeries === "master") return removed;
  const occurrences = seriesOf(event).between(window.fromMs, window.toMs);
  return [
    ...removed,
    ...occurrences.map((one): DeltaItem => ({ kind: "removed", key: occurrenceOf(event, one).key })),
  ];
}

/** By faults an entity comes twice in a round, or a change that the client knows comes again. */
function withRepeats(context: GraphContext, calendar: GraphCalendar, items: DeltaItem[]): DeltaItem[] {
  const subject = { method: "graph.calendarView.delta", account: calendar.email, calendarId: calendar.id };
  const first = items[0];
  const repeated = first && context.faults.strikes("repeatEntity", subject) ? [...items, first] : [...items];
  if (context.faults.strikes("replayChange", subject)) {
    const known = [...calendar.events.roots()].find((event) => !event.series);
    if (known) repeated.unshift({ kind: "event", key: known.key });
  }
  return repeated;
}

function nextPage(
  context: GraphContext,
  call: GraphCall,
  calendar: GraphCalendar,
  text: string,
): GraphAnswer {
  const token = readSkipToken(text);
  const round = context.rounds.get(token.round);
  if (!round || round.calendarId !== calendar.id) throw syncStateNotFound(0, calendar.deltaGenerations);
  assertNotMoved(call, token.moves, round.window);
  return page(context, call, calendar, round, token.offset);
}

function page(
  context: GraphContext,
  call: GraphCall,
  calendar: GraphCalendar,
  round: DeltaRound,
  offset: number,
): GraphAnswer {
  const { moves } = mailboxOf(call);
  const subject = { method: "graph.calendarView.delta", account: calendar.email, calendarId: calendar.id };
  const empty = !call.actor.page && context.faults.strikes("emptyPage", subject) !== null;
  const size = empty ? 0 : (call.maxPageSize ?? DEFAULT_PAGE);
  const items = round.items.slice(offset, offset + size);
  const value = items
    .map((item) => render(context, calendar, item, round.window, call.reader))
    .filter((one) => one !== null)
    .map((one) => selected(call, one));
  const head = { "@odata.context": contextOf(call, "Collection(event)"), value };
  if (empty || offset + size < round.items.length) {
    const next = printToken({ round: round.id, offset: offset + items.length, moves });
    return ok({ ...head, "@odata.nextLink": `${call.address}?$skiptoken=${next}` });
  }
  const delta = printToken({
    ...round.window,
    calendarId: calendar.id,
    seq: round.untilSeq,
    generation: nextGeneration(calendar, context.faults.behaviours.deltaTokensKept),
    moves,
  });
  return ok({ ...head, "@odata.deltaLink": `${call.address}?$deltatoken=${delta}` });
}

/** An item as it stands now; null when it has changed in the meantime so that a later round tells of it. */
function render(
  context: GraphContext,
  calendar: GraphCalendar,
  item: DeltaItem,
  window: DeltaWindow,
  reader: Reader,
): object | null {
  if (item.kind === "removed") {
    const id = idOf(accountOf(context, calendar), calendar, item.key, reader);
    return { "@odata.type": "#microsoft.graph.event", id, "@removed": { reason: "deleted" } };
  }
  if (item.kind === "event") {
    const event = calendar.events.live(item.key);
    if (!event) return null;
    const outside =
      !event.series && !overlaps(event.span.startMs, event.span.endMs, window.fromMs, window.toMs);
    if (outside) return null;
    return { "@odata.type": "#microsoft.graph.event", ...viewEvent(context, calendar, event, reader) };
  }
  const master = calendar.events.live(item.masterKey);
  const stands =
    master?.series?.revision === item.revision && !master.series.cancelled.includes(item.occurrence.date);
  return master && stands ? viewStub(context, calendar, master, item.occurrence, reader) : null;
}
