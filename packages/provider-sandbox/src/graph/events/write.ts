import type { GraphContext } from "../context.ts";
import { badRequest, GraphApiError, invalidProperty, irresolvableConflict, itemNotFound } from "../errors.ts";
import { readSpan } from "../event-times.ts";
import { etagOf, type GraphCalendar } from "../GraphStore.ts";
import { occurrenceKey } from "../item-ids.ts";
import { type Occurrence, readRecurrence, Series, seriesOf } from "../recurrence.ts";
import type { EventFields, EventSpan, GraphAccount, StoredEvent } from "../types.ts";
import { dateIn } from "../zones.ts";
import { namedFields, writtenFields, writtenProperties } from "./fields.ts";
import { cancelCopies, propagateToGuests, recordMails } from "./guests.ts";
import { type EventInput, readEventInput } from "./input-schema.ts";
import { assertWritable, type FoundEvent, instancesBetween } from "./lookup.ts";
import { idOf, occurrenceOf, occurrenceUid, PLAIN_READER } from "./view.ts";

const DAY_MS = 86_400_000;

/**
 * Creates an event. A transaction id that was used gives the first event again when the request is the same.
 * @throws GraphApiError 400 for bad input or a transaction id of another event, 403 for a calendar that can only be read
 */
export function createEvent(
  context: GraphContext,
  account: GraphAccount,
  calendar: GraphCalendar,
  raw: unknown,
): StoredEvent {
  assertWritable(calendar);
  const { store } = context;
  const input = readEventInput(raw);
  const known = input.transactionId ? earlierEvent(context, account, input.transactionId, raw) : null;
  if (known) return known;

  const given = readSpan(input, null);
  const { span, series } = startedSeries(context, given, input);
  const nowMs = store.clock.nowMs();
  const key = store.nextKey();
  const event = store.putEvent(
    calendar,
    {
      key,
      iCalUId: `040000008200E00074C5B7101A82E008${Buffer.from(key).toString("hex").toUpperCase()}`,
      createdMs: nowMs,
      fields: writtenFields(null, input, account),
      span,
      ...(series ? { series } : {}),
      organizer: { name: account.name, address: account.email },
      isOrganizer: true,
      isCancelled: false,
      response: { response: "organizer", atMs: 0 },
      ...(input.transactionId ? { transactionId: input.transactionId } : {}),
      extendedProperties: writtenProperties([], input),
    },
    "created",
  );
  if (input.transactionId) {
    store.transactions.set(`${account.email} ${input.transactionId}`, { key, fingerprint: fingerprint(raw) });
  }
  propagateToGuests(context, [], calendar, event);
  recordMails(context, [], event);
  return event;
}

/** What a PATCH gives back: the single event, series or exception as it is now. */
export function updateEvent(
  context: GraphContext,
  account: GraphAccount,
  found: FoundEvent,
  raw: unknown,
  ifMatch: string | undefined,
): StoredEvent {
  assertWritable(found.calendar);
  assertCurrent(found.event, ifMatch);
  const input = readEventInput(raw);
  if (input.transactionId && input.transactionId !== found.event.transactionId) {
    throw badRequest(
      "ErrorPropertyValidationFailure",
      "The property transactionId is set once, at creation.",
    );
  }
  const before = found.event.fields.attendees;
  const event =
    found.occurrence || found.event.exception
      ? updateInstance(context, account, found, input)
      : updateRoot(context, account, found.calendar, found.event, input);
  const given = Object.keys(input).filter((name) => input[name as keyof EventInput] !== undefined);
  const onlyChangedGuests = given.every((name) => name === "attendees");
  tellGuests(context, found.calendar, before, event, { onlyChangedGuests });
  return event;
}

/**
 * Deletes an event; of a series with all that belongs to it, of an occurrence only that one. The organizer's guests get
 * cancellations and keep a cancelled copy.
 * @throws GraphApiError 412 for a stale `ifMatch`
 */
export function deleteEvent(context: GraphContext, found: FoundEvent, ifMatch: string | undefined): void {
  const { calendar, event, occurrence } = found;
  assertWritable(calendar);
  assertCurrent(event, ifMatch);
  if (occurrence || event.exception) {
    cancelInstance(context, calendar, event, occurrence);
    return;
  }
  for (const exception of calendar.events.exceptionsOf(event.key)) calendar.events.forget(exception.key);
  context.store.putEvent(calendar, { ...event, gone: true }, "deleted");
  if (event.isOrganizer) cancelCopies(context, event);
  recordMails(context, event.fields.attendees, event, { cancelled: true });
}

/** The organizer cancels: like a deletion. @throws GraphApiError 400 for anybody else */
export function cancelEvent(context: GraphContext, found: FoundEvent): void {
  if (!found.event.isOrganizer) {
    throw badRequest(
      "ErrorInvalidRequest",
      "Your request can't be completed. You need to be an organizer to cancel a meeting.",
    );
  }
  deleteEvent(context, found, undefined);
}

/** A person drags an event to another calendar of the mailbox: the default id changes, the immutable one stays. */
export function moveEvent(
  context: GraphContext,
  calendar: GraphCalendar,
  event: StoredEvent,
  destination: GraphCalendar,
): StoredEvent {
  if (event.exception) throw badRequest("ErrorInvalidRequest", "An occurrence cannot leave its series.");
  assertWritable(destination);
  const exceptions = calendar.events.exceptionsOf(event.key);
  for (const exception of exceptions) calendar.events.forget(exception.key);
  context.store.putEvent(calendar, { ...event, gone: true }, "deleted");
  const moved = context.store.putEvent(destination, event, "created");
  for (const exception of exceptions) context.store.putEvent(destination, exception, null);
  return moved;
}

function updateRoot(
  context: GraphContext,
  account: GraphAccount,
  calendar: GraphCalendar,
  event: StoredEvent,
  input: EventInput,
): StoredEvent {
  const { series: before, ...rest } = event;
  const { span, series } = nextSeries(context, event, input);
  const fields = writtenFields(event.fields, input, account);
  if (before) {
    const rescheduled = !series || series.revision !== before.revision;
    for (const exception of calendar.events.exceptionsOf(event.key)) {
      // A new rule has other occurrences: Exchange drops what was changed on the old ones.
      if (rescheduled) calendar.events.forget(exception.key);
      else followSeries(context, calendar, exception, fields, input);
    }
  }
  return context.store.putEvent(
    calendar,
    {
      ...rest,
      fields,
      span,
      ...(series ? { series } : {}),
      extendedProperties: writtenProperties(event.extendedProperties, input),
    },
    "updated",
  );
}

/** Fields of the series that an exception has not overridden change with it. */
function followSeries(
  context: GraphContext,
  calendar: GraphCalendar,
  exception: StoredEvent,
  fields: EventFields,
  input: EventInput,
): void {
  const followed = namedFields(input).filter((name) => !exception.exception?.overridden.includes(name));
  if (followed.length === 0) return;
  const next = { ...exception.fields };
  for (const name of followed) Object.assign(next, { [name]: fields[name] });
  context.store.putEvent(calendar, { ...exception, fields: next }, null);
}

/** Span and rule of a new event. */
function startedSeries(context: GraphContext, span: EventSpan, input: EventInput) {
  if (!input.recurrence) return { span, series: undefined };
  const recurrence = readRecurrence(input.recurrence, span, context.faults.behaviours.rangeStartDate);
  const first = new Series(span, recurrence).first();
  if (!first) throw invalidProperty("The recurrence has no occurrence.");
  // The event's own times are those of the first occurrence, which may come after the day the range begins on.
  if (recurrence.range) recurrence.range.startDate = first.date;
  return {
    span: { ...span, startMs: first.startMs, endMs: first.endMs },
    series: { recurrence, revision: 1, cancelled: [] },
  };
}

/** Span and rule after a PATCH; a series that is rescheduled begins anew. */
function nextSeries(context: GraphContext, event: StoredEvent, input: EventInput) {
  const span = readSpan(input, event.span);
  const recurrence = input.recurrence === undefined ? event.series?.recurrence : input.recurrence;
  if (!recurrence) return { span, series: undefined };
  const moved = JSON.stringify(span) !== JSON.stringify(event.span);
  if (event.series && !moved && input.recurrence === undefined)
    return { span: event.span, series: event.series };
  const rule =
    input.recurrence === undefined ? rebased(recurrence, dateIn(span.startMs, span.startZone)) : recurrence;
  const started = startedSeries(context, span, { ...input, recurrence: rule });
  const same =
    event.series &&
    !moved &&
    JSON.stringify(started.series?.recurrence) === JSON.stringify(event.series.recurrence);
  if (same || !started.series) return { span: event.span, series: event.series };
  return {
    span: started.span,
    series: { ...started.series, revision: (event.series?.revision ?? 0) + 1 },
  };
}

/** A series whose start was moved without its rule: the range begins where the series does. */
function rebased(recurrence: object, startDate: string): object {
  const { range } = recurrence as { range?: object };
  return { ...recurrence, range: { ...range, startDate } };
}

function updateInstance(
  context: GraphContext,
  account: GraphAccount,
  found: FoundEvent,
  input: EventInput,
): StoredEvent {
  const { calendar, event, occurrence } = found;
  if (input.recurrence)
    throw invalidProperty("An occurrence of a series cannot have a recurrence of its own.");
  const master = occurrence ? event : calendar.events.live(event.exception?.masterKey ?? "");
  if (!master?.series) throw itemNotFound();
  const base = occurrence ? newException(master, occurrence) : event;
  const span = readSpan(input, base.span);
  const state = base.exception as NonNullable<StoredEvent["exception"]>;
  assertBetweenNeighbours(calendar, master, state.date, span);
  const exception = context.store.putEvent(
    calendar,
    {
      ...base,
      span,
      fields: writtenFields(base.fields, input, account),
      exception: { ...state, overridden: [...new Set([...state.overridden, ...namedFields(input)])] },
      extendedProperties: writtenProperties(base.extendedProperties, input),
    },
    "updated",
  );
  // Exceptions are kept inside their series, whose changeKey changes with them.
  context.store.putEvent(calendar, master, null);
  return exception;
}

function newException(master: StoredEvent, occurrence: Occurrence): StoredEvent {
  const { series: _, transactionId: __, ...shared } = master;
  return {
    ...shared,
    ...occurrenceOf(master, occurrence),
    iCalUId: occurrenceUid(master, occurrence.date),
    exception: {
      masterKey: master.key,
      date: occurrence.date,
      originalStartMs: occurrence.startMs,
      overridden: [],
    },
    extendedProperties: [],
  };
}

function cancelInstance(
  context: GraphContext,
  calendar: GraphCalendar,
  event: StoredEvent,
  occurrence: Occurrence | null,
): void {
  const master = occurrence ? event : calendar.events.live(event.exception?.masterKey ?? "");
  if (!master?.series) throw itemNotFound();
  const date = occurrence?.date ?? (event.exception?.date as string);
  calendar.events.forget(occurrenceKey(master.key, master.series.revision, date));
  const cancelled = [...master.series.cancelled, date].sort();
  const kept = context.store.putEvent(
    calendar,
    { ...master, series: { ...master.series, cancelled } },
    "updated",
  );
  propagateToGuests(context, kept.fields.attendees, calendar, kept);
  recordMails(context, event.fields.attendees, kept, { cancelled: true });
}

/** @throws GraphApiError 400 when an occurrence would come to lie on or past the day of its neighbour */
function assertBetweenNeighbours(
  calendar: GraphCalendar,
  master: StoredEvent,
  date: string,
  span: EventSpan,
): void {
  const zone = master.span.startZone;
  const originalMs = seriesOf(master).on(date)?.startMs ?? span.startMs;
  const day = dateIn(span.startMs, span.isAllDay ? span.startZone : zone);
  // Neighbours are near as a rule; only sparse series need the wide look.
  for (const reachMs of [45 * DAY_MS, 800 * DAY_MS]) {
    const { before, after } = neighbours(calendar, master, date, originalMs, reachMs);
    const crosses = (before !== null && day <= before) || (after !== null && day >= after);
    if (crosses) {
      throw badRequest(
        "ErrorOccurrenceCrossingBoundary",
        "Modified occurrence is crossing or overlapping adjacent occurrence.",
      );
    }
    const isFirst = originalMs <= master.span.startMs;
    if ((before !== null || isFirst) && after !== null) return;
  }
}

/** Days of the instances right before and after an original date, as they lie now. */
function neighbours(
  calendar: GraphCalendar,
  master: StoredEvent,
  date: string,
  originalMs: number,
  reachMs: number,
): { before: string | null; after: string | null } {
  const { occurrences, exceptions } = instancesBetween(
    calendar,
    master,
    originalMs - reachMs,
    originalMs + reachMs,
  );
  const zone = master.span.startZone;
  const lying = [
    ...occurrences.map((occurrence) => ({ original: occurrence.date, day: occurrence.date })),
    ...exceptions.map(({ exception, span }) => ({
      original: exception?.date ?? "",
      day: dateIn(span.startMs, zone),
    })),
  ].sort((a, b) => (a.original < b.original ? -1 : 1));
  return {
    before: lying.filter(({ original }) => original < date).at(-1)?.day ?? null,
    after: lying.find(({ original }) => original > date)?.day ?? null,
  };
}

function tellGuests(
  context: GraphContext,
  calendar: GraphCalendar,
  before: StoredEvent["fields"]["attendees"],
  event: StoredEvent,
  options: { onlyChangedGuests: boolean },
): void {
  const root = event.exception ? calendar.events.live(event.exception.masterKey) : event;
  if (root) propagateToGuests(context, before, calendar, root);
  recordMails(context, before, event, options);
}

/** The event of a transaction id that was used already. @throws GraphApiError 400 or 409 when the request is another */
function earlierEvent(
  context: GraphContext,
  account: GraphAccount,
  transactionId: string,
  raw: unknown,
): StoredEvent | null {
  const used = context.store.transactions.get(`${account.email} ${transactionId}`);
  if (!used) return null;
  for (const calendar of context.store.calendarsOf(account.email)) {
    const event = calendar.events.live(used.key);
    if (!event) continue;
    if (used.fingerprint === fingerprint(raw)) return event;
    const existingEventId = idOf(account, calendar, used.key, PLAIN_READER);
    throw duplicateTransaction(context, { "@event.existingEventId": existingEventId });
  }
  throw duplicateTransaction(context, {});
}

function duplicateTransaction(context: GraphContext, members: Record<string, unknown>): GraphApiError {
  return new GraphApiError(
    context.faults.behaviours.duplicateTransactionStatus,
    "ErrorDuplicateTransactionId",
    "Your request can't be completed. The TransactionId specified in the request has already been used to create a different event.",
    { members },
  );
}

function assertCurrent(event: StoredEvent, ifMatch: string | undefined): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return;
  if (!ifMatch.split(",").some((etag) => etag.trim() === etagOf(event.version)))
    throw irresolvableConflict(412);
}

/** The same words for bodies that say the same, whatever the order of their members. */
function fingerprint(raw: unknown): string {
  return JSON.stringify(raw, (_name, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
