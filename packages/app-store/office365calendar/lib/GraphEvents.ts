import { createHash, randomUUID } from "node:crypto";
import { CalendarError, isCalendarError } from "@calsync/lib";
import type {
  CalendarEvent,
  EventRef,
  EventVersion,
  ExternalEvent,
  IdempotencyKey,
  WrittenEvent,
} from "@calsync/types";
import type { Event } from "@microsoft/microsoft-graph-types";
import {
  cancelledStarts,
  EVENT_FIELDS,
  type GraphEvent,
  patchOf,
  propertyOf,
  toExternalEvent,
  toGraphEvent,
  toWrittenEvent,
} from "./event-mapper.ts";
import { toOriginalStart } from "./event-time.ts";
import {
  ATTEMPT_PROPERTY,
  expandProperties,
  KEY_PROPERTY,
  MARKER_PROPERTY,
  withProperty,
} from "./extended-properties.ts";
import type { GraphRead, GraphRequests } from "./GraphRequests.ts";
import { toGraphRecurrence } from "./recurrence.ts";

type HeldEvent = GraphEvent & { id: string };

/** How often a write without a version starts over when somebody else writes at the same time. */
const MAX_ROUNDS = 4;
/** How many transaction ids a key may use up: one, and one more each time its event was deleted. */
const MAX_GENERATIONS = 4;
const DAY_MS = 86_400_000;
/** What makes an event ours at first sight. */
const TRANSACTION_PREFIX = "calsync-";

/** Whether an event was made by us: its transaction id comes along in every listing, where our marker does not. */
export const isOurs = ({ transactionId }: GraphEvent): boolean =>
  transactionId?.startsWith(TRANSACTION_PREFIX) ?? false;

/** The read of one event that gives all that we look at, our marker included. */
export function readOf(calendarId: string, eventId: string): GraphRead {
  return {
    path: eventPath(calendarId, eventId),
    query: { $select: EVENT_FIELDS.join(","), $expand: expandProperties(MARKER_PROPERTY) },
  };
}

/**
 * Reads and writes single events.
 *
 * Updates are a read and a PATCH of what differs, on condition of the version read. So nothing that anybody else has written in
 * between is lost, also when the caller gives no version, and an event that is equal already is not written at all, which makes
 * a repetition after a lost answer a success. The price is one more round trip.
 */
export class GraphEvents {
  readonly #requests: GraphRequests;

  constructor(requests: GraphRequests) {
    this.#requests = requests;
  }

  /**
   * Creates under the transaction id that the key makes. A repetition is answered like the first call (201), or refused because the
   * event differs by now; which of the two calls has made the event is told by what each of them leaves on it. The id of
   * an event that was deleted is used up: then the key's next one is taken, the same at every repetition.
   */
  async create(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    const fresh = toGraphEvent(event);
    for (let generation = 0; generation < MAX_GENERATIONS; generation++) {
      const transactionId = transactionIdFor(key, generation);
      const attempt = randomUUID();
      const made = await this.#post(calendarId, {
        ...fresh,
        transactionId,
        singleValueExtendedProperties: [
          ...(fresh.singleValueExtendedProperties ?? []),
          { id: KEY_PROPERTY, value: transactionId },
          { id: ATTEMPT_PROPERTY, value: attempt },
        ],
      });
      const eventId = made ?? (await this.#findByKey(calendarId, transactionId));
      const held = eventId === null ? null : await this.#get(calendarId, eventId, ATTEMPT_PROPERTY);
      if (!held) continue;
      if (propertyOf(held, ATTEMPT_PROPERTY) !== attempt)
        return toWrittenEvent(readable(held, calendarId), true);
      const whole = await this.#leaveOut(calendarId, held, event);
      return toWrittenEvent(readable(whole, calendarId), false);
    }
    throw new CalendarError(
      "INVALID_REQUEST",
      "Outlook Calendar: every transaction id of this key is used up",
    );
  }

  async update(ref: EventRef, wanted: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    const { calendarId } = ref;
    for (let round = 1; ; round++) {
      const current = await this.#locate(ref);
      // A meeting that its organizer has called off cannot be brought back by anybody else.
      if (!current || current.isCancelled) throw gone();
      const patch = patchOf(current, wanted, calendarId);
      if (!patch && !lacksHoles(current, wanted, calendarId)) {
        return toWrittenEvent(readable(current, calendarId), false);
      }
      if (ifVersion !== null && current["@odata.etag"] !== ifVersion) {
        throw new CalendarError("VERSION_CONFLICT", "the event has changed since the given version");
      }
      try {
        const written = patch ? await this.#patch(calendarId, current, patch) : current;
        const whole = await this.#leaveOut(calendarId, written, wanted);
        return toWrittenEvent(readable(whole, calendarId), false);
      } catch (error) {
        // Somebody was quicker, or our own first try took effect and its answer was lost: the next round finds out.
        if (isCalendarError(error, "VERSION_CONFLICT") && round < MAX_ROUNDS) continue;
        throw error;
      }
    }
  }

  async delete(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    const { calendarId } = ref;
    // The reference documents no precondition for a delete; the header is sent all the same.
    const current = ifVersion !== null || isNamedBySeries(ref) ? await this.#locate(ref) : null;
    if (!current && (ifVersion !== null || isNamedBySeries(ref))) return;
    if (ifVersion !== null && current?.["@odata.etag"] !== ifVersion) {
      throw new CalendarError("VERSION_CONFLICT", "the event has changed since the given version");
    }
    await this.#delete(calendarId, current?.id ?? ref.eventId, ifVersion);
  }

  async read(ref: EventRef): Promise<ExternalEvent | null> {
    const current = await this.#locate(ref);
    return current && readable(current, ref.calendarId);
  }

  /** Null when the transaction id is taken by an event that differs, or by one that was deleted. */
  async #post(calendarId: string, body: Event): Promise<string | null> {
    try {
      const made = await this.#requests.send<GraphEvent>({
        name: "create event",
        subject: "calendar",
        method: "POST",
        path: `${calendarPath(calendarId)}/events`,
        body,
      });
      return requireId(made).id;
    } catch (error) {
      if (isCalendarError(error) && error.providerReason?.toLowerCase() === "errorduplicatetransactionid")
        return null;
      throw error;
    }
  }

  async #patch(calendarId: string, current: HeldEvent, body: Event): Promise<HeldEvent> {
    const answer = await this.#requests.send<GraphEvent>({
      name: "update event",
      subject: "event",
      method: "PATCH",
      path: eventPath(calendarId, current.id),
      ifMatch: current["@odata.etag"],
      body,
    });
    // What an answer leaves out is known: our marker, and which dates are left out of a series.
    const properties = body.singleValueExtendedProperties ?? current.singleValueExtendedProperties ?? [];
    const { cancelledOccurrences } = current;
    return requireId({
      ...answer,
      singleValueExtendedProperties: properties,
      ...(cancelledOccurrences ? { cancelledOccurrences } : {}),
    });
  }

  async #delete(calendarId: string, eventId: string, ifVersion: EventVersion | null): Promise<void> {
    try {
      await this.#requests.send({
        name: "delete event",
        subject: "event",
        method: "DELETE",
        path: eventPath(calendarId, eventId),
        ifMatch: ifVersion,
      });
    } catch (error) {
      if (!isCalendarError(error)) throw error;
      if (error.code === "EVENT_NOT_FOUND") return this.#requireCalendar(calendarId);
      // With lasting ids a second delete may find the event in the bin, from where it cannot be deleted this way.
      if (error.providerReason?.toLowerCase() === "errorcannotdeleteobject") return;
      throw error;
    }
  }

  /** Takes the dates that the rule has and the series is not to have out of it: Graph has no EXDATE, but deletes of occurrences. */
  async #leaveOut(calendarId: string, series: HeldEvent, wanted: CalendarEvent): Promise<HeldEvent> {
    const { excluded } = wanted.recurrence
      ? toGraphRecurrence(wanted.recurrence, wanted.time)
      : { excluded: [] };
    if (excluded.length === 0) return series;
    const held = await this.#get(calendarId, series.id);
    if (!held) throw gone();
    const done = new Set(cancelledStarts(held, readable(held, calendarId)));
    for (const originalStart of excluded.filter((start) => !done.has(start))) {
      const instance = await this.#findInstance(calendarId, series.id, originalStart);
      if (instance) await this.#delete(calendarId, instance.id, null);
    }
    return (await this.#get(calendarId, series.id)) ?? held;
  }

  /** The event that a reference names; null when Graph knows nothing of it in this calendar. */
  async #locate(ref: EventRef): Promise<HeldEvent | null> {
    if (isNamedBySeries(ref)) return this.#findInstance(ref.calendarId, ref.seriesId, ref.originalStart);
    return this.#get(ref.calendarId, ref.eventId);
  }

  async #get(calendarId: string, eventId: string, ...also: string[]): Promise<HeldEvent | null> {
    const { path, query } = readOf(calendarId, eventId);
    try {
      const $expand = expandProperties(MARKER_PROPERTY, ...also);
      const call = { name: "read event", subject: "event", method: "GET", path } as const;
      return requireId(await this.#requests.send<GraphEvent>({ ...call, query: { ...query, $expand } }));
    } catch (error) {
      if (!isCalendarError(error, "EVENT_NOT_FOUND")) throw error;
      await this.#requireCalendar(calendarId);
      return null;
    }
  }

  async #findByKey(calendarId: string, transactionId: string): Promise<string | null> {
    const found = await this.#requests.send<{ value?: GraphEvent[] }>({
      name: "find event by key",
      subject: "calendar",
      method: "GET",
      path: `${calendarPath(calendarId)}/events`,
      query: { $filter: withProperty(KEY_PROPERTY, transactionId), $select: "id", $top: "2" },
    });
    return found.value?.[0]?.id ?? null;
  }

  /** Instances are found by their original start: their ids change when the series does. */
  async #findInstance(
    calendarId: string,
    seriesId: string,
    originalStart: string,
  ): Promise<HeldEvent | null> {
    // First where the rule has put it, with a day to either side for all-day series. One that was moved stands between its
    // neighbours (event-update page), which may be a year away.
    for (const days of [2, 800]) {
      const instances = await this.#instancesAround(calendarId, seriesId, Date.parse(originalStart), days);
      const found = instances.find((one) => toOriginalStart(one) === originalStart);
      if (found?.id) return this.#get(calendarId, found.id);
    }
    return null;
  }

  async #instancesAround(
    calendarId: string,
    seriesId: string,
    at: number,
    days: number,
  ): Promise<GraphEvent[]> {
    const day = (offset: number) => new Date(at + offset * DAY_MS).toISOString();
    try {
      const answer = await this.#requests.send<{ value?: GraphEvent[] }>({
        name: "find instance",
        subject: "event",
        method: "GET",
        path: `${eventPath(calendarId, seriesId)}/instances`,
        query: {
          startDateTime: day(-days),
          endDateTime: day(days),
          $select: INSTANCE_FIELDS,
          $top: "1000",
        },
      });
      return answer.value ?? [];
    } catch (error) {
      // A series that has become a single event has no instances.
      if (isCalendarError(error, "INVALID_REQUEST")) return [];
      if (!isCalendarError(error, "EVENT_NOT_FOUND")) throw error;
      await this.#requireCalendar(calendarId);
      return [];
    }
  }

  /**
   * Graph says 404 alike for an event and for a whole calendar that is gone or no longer shared. Taking the second for
   * the first would cancel bookings, so that a missing event costs one more call. @throws CalendarError CALENDAR_NOT_FOUND
   */
  async #requireCalendar(calendarId: string): Promise<void> {
    await this.#requests.send({
      name: "read calendar",
      subject: "calendar",
      method: "GET",
      path: calendarPath(calendarId),
      query: { $select: "id" },
    });
  }
}

const INSTANCE_FIELDS =
  "id,type,seriesMasterId,originalStart,start,end,isAllDay,originalStartTimeZone,recurrence";

/** Where a calendar is, below the account. */
export const calendarPath = (calendarId: string): string => `/calendars/${encodeURIComponent(calendarId)}`;
const eventPath = (calendarId: string, eventId: string): string =>
  `${calendarPath(calendarId)}/events/${encodeURIComponent(eventId)}`;

/** The same for a key at every repetition; short, and in plain letters whatever the key holds. */
function transactionIdFor(key: IdempotencyKey, generation: number): string {
  const name = generation === 0 ? key : `${key}#${generation}`;
  return `${TRANSACTION_PREFIX}${createHash("sha256").update(name).digest("hex").slice(0, 40)}`;
}

type InstanceBySeries = EventRef & { seriesId: string; originalStart: string };

function isNamedBySeries(ref: EventRef): ref is InstanceBySeries {
  return Boolean(ref.seriesId && ref.originalStart && ref.eventId === ref.seriesId);
}

/** Whether the series still has dates that it is to leave out. */
function lacksHoles(current: HeldEvent, { recurrence, time }: CalendarEvent, calendarId: string): boolean {
  if (!recurrence || current.seriesMasterId) return false;
  const held = toExternalEvent(current, calendarId);
  const done = new Set(held ? cancelledStarts(current, held) : []);
  return toGraphRecurrence(recurrence, time).excluded.some((start) => !done.has(start));
}

function readable(event: GraphEvent, calendarId: string): ExternalEvent {
  const read = toExternalEvent(event, calendarId);
  if (read) return read;
  throw new CalendarError("CALENDAR_API_ERROR", "Outlook Calendar: the event cannot be read");
}

function requireId(event: GraphEvent): HeldEvent {
  const { id } = event;
  if (id) return { ...event, id };
  throw new CalendarError("CALENDAR_API_ERROR", "Outlook Calendar: the event has no id");
}

function gone(): CalendarError {
  return new CalendarError("EVENT_NOT_FOUND", "the event is gone for good");
}
