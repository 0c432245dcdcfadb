import { CalendarError, isCalendarError } from "@calsync/lib";
import type {
  CalendarEvent,
  EventRef,
  EventVersion,
  ExternalEvent,
  IdempotencyKey,
  WrittenEvent,
} from "@calsync/types";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { eventIdFor } from "./event-id.ts";
import {
  type EventContext,
  mergeIntoGoogleEvent,
  toCancelledEvent,
  toExternalEvent,
  toGoogleEvent,
  toWrittenEvent,
} from "./event-mapper.ts";
import type { GoogleRequests } from "./GoogleRequests.ts";

type GoogleEvent = calendar_v3.Schema$Event;
type HeldEvent = GoogleEvent & { id: string };

/** How often a write without a version starts over when somebody else writes at the same time. */
const MAX_ROUNDS = 4;
/** How many ids a key may use up: one, and one more each time its event was purged and the id burnt. */
const MAX_GENERATIONS = 4;
/** We send our own mail: Google is to send none (it may still, the guide says, in some cases). */
const QUIET = { sendUpdates: "none" } as const;

/**
 * Reads and writes single events.
 *
 * Updates are a read and a PUT of the whole resource on condition of the version read, not a PATCH. They cost 2 units of
 * quota where a PATCH costs 3; nothing that anybody else has written in between is lost, also when the caller gives no
 * version; an attendee's comment and extra guests survive, which a PATCH of the attendee list would wipe out; the
 * sequence never falls below Google's; and an event that is equal already is not written at all, which also makes a
 * repetition after a lost answer a success. The price is one more round trip.
 */
export class GoogleEvents {
  readonly #api: calendar_v3.Calendar;
  readonly #requests: GoogleRequests;

  constructor(api: calendar_v3.Calendar, requests: GoogleRequests) {
    this.#api = api;
    this.#requests = requests;
  }

  /**
   * Inserts under the id that the key makes. An id that exists is ours by its making (a hash of the key): an earlier call
   * has made the event, which is given as it is now, deleted or not. An id whose event Google has forgotten altogether
   * is burnt: the key's next id is taken, the same at every repetition.
   */
  async create(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    const context = toContext({ calendarId });
    for (let generation = 0; generation < MAX_GENERATIONS; generation++) {
      const eventId = eventIdFor(key, generation);
      const inserted = await this.#insert(calendarId, { id: eventId, ...toGoogleEvent(event) });
      if (inserted) return toWrittenEvent(readable(inserted, context), false);
      const made = await this.#get(calendarId, eventId);
      if (made) return toWrittenEvent(readable(made, context), true);
    }
    throw new CalendarError("INVALID_REQUEST", "Google Calendar: every id of this key is used up");
  }

  async update(ref: EventRef, wanted: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    const context = toContext(ref);
    for (let round = 1; ; round++) {
      const current = await this.#locate(ref);
      if (!current) throw gone();
      const body = mergeIntoGoogleEvent(current, wanted, context);
      if (!body) return toWrittenEvent(readable(current, context), false);
      if (ifVersion !== null && current.etag !== ifVersion) {
        throw new CalendarError("VERSION_CONFLICT", "the event has changed since the given version");
      }
      try {
        const updated = await this.#put(ref.calendarId, current, body);
        return toWrittenEvent(readable(updated, context), false);
      } catch (error) {
        // Somebody was quicker, or our own first try took effect and its answer was lost: the next round finds out.
        if (isCalendarError(error, "VERSION_CONFLICT") && round < MAX_ROUNDS) continue;
        if (
          current.status === "cancelled" &&
          isCalendarError(error, "PERMISSION_DENIED", "EVENT_NOT_FOUND")
        ) {
          throw gone(error);
        }
        throw error;
      }
    }
  }

  async delete(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    const eventId = await this.#resolveId(ref);
    if (eventId === null) return;
    try {
      await this.#requests.send({
        name: "events.delete",
        subject: "event",
        ifMatch: ifVersion,
        send: (options) =>
          this.#api.events.delete({ calendarId: ref.calendarId, eventId, ...QUIET }, options),
      });
    } catch (error) {
      if (!isCalendarError(error)) throw error;
      if (error.status === 410) return;
      if (error.status === 404) return this.#requireCalendar(ref.calendarId);
      // A second delete is at times refused with 403, and one on an old version with 412: neither says that it is there.
      if (!isCalendarError(error, "PERMISSION_DENIED", "VERSION_CONFLICT")) throw error;
      const current = await this.#get(ref.calendarId, eventId);
      if (current && current.status !== "cancelled") throw error;
    }
  }

  async read(ref: EventRef): Promise<ExternalEvent | null> {
    const current = await this.#locate(ref);
    return current && readable(current, toContext(ref));
  }

  /** Null when the id exists already, in whatever state. */
  async #insert(calendarId: string, requestBody: GoogleEvent): Promise<GoogleEvent | null> {
    try {
      return await this.#requests.send({
        name: "events.insert",
        subject: "calendar",
        send: (options) => this.#api.events.insert({ calendarId, requestBody, ...QUIET }, options),
      });
    } catch (error) {
      if (isCalendarError(error) && error.status === 409 && error.providerReason === "duplicate") return null;
      throw error;
    }
  }

  async #put(calendarId: string, current: HeldEvent, requestBody: GoogleEvent): Promise<GoogleEvent> {
    return this.#requests.send({
      name: "events.update",
      subject: "event",
      ifMatch: current.etag,
      send: (options) =>
        this.#api.events.update(
          {
            calendarId,
            eventId: current.id,
            requestBody,
            // The whole resource goes back, so that Google is to take its conference and attachments as they are in it.
            conferenceDataVersion: 1,
            supportsAttachments: true,
            ...QUIET,
          },
          options,
        ),
    });
  }

  /** The event that a reference names, also when it is cancelled; null when Google knows nothing of it. */
  async #locate(ref: EventRef): Promise<HeldEvent | null> {
    if (isNamedBySeries(ref)) return this.#findInstance(ref.calendarId, ref.seriesId, ref.originalStart);
    return this.#get(ref.calendarId, ref.eventId);
  }

  async #resolveId(ref: EventRef): Promise<string | null> {
    return isNamedBySeries(ref) ? ((await this.#locate(ref))?.id ?? null) : ref.eventId;
  }

  async #get(calendarId: string, eventId: string): Promise<HeldEvent | null> {
    try {
      return requireId(
        await this.#requests.send({
          name: "events.get",
          subject: "event",
          send: (options) => this.#api.events.get({ calendarId, eventId }, options),
        }),
      );
    } catch (error) {
      if (!isCalendarError(error, "EVENT_NOT_FOUND")) throw error;
      await this.#requireCalendar(calendarId);
      return null;
    }
  }

  /** Instances are found by their original start: the make of their ids is not documented. */
  async #findInstance(
    calendarId: string,
    seriesId: string,
    originalStart: string,
  ): Promise<HeldEvent | null> {
    const params = { calendarId, eventId: seriesId, originalStart, showDeleted: true, maxResults: 1 };
    try {
      const found = await this.#requests.send({
        name: "events.instances",
        subject: "event",
        send: (options) => this.#api.events.instances(params, options),
      });
      const instance = found.items?.[0];
      return instance ? requireId(instance) : null;
    } catch (error) {
      if (!isCalendarError(error, "EVENT_NOT_FOUND")) throw error;
      await this.#requireCalendar(calendarId);
      return null;
    }
  }

  /**
   * Google says 404 alike for an event and for a whole calendar that is gone or no longer shared. Taking the second for
   * the first would cancel bookings, so that a missing event costs one more call. @throws CalendarError CALENDAR_NOT_FOUND
   */
  async #requireCalendar(calendarId: string): Promise<void> {
    await this.#requests.send({
      name: "events.list",
      subject: "calendar",
      send: (options) => this.#api.events.list({ calendarId, maxResults: 1, fields: "kind" }, options),
    });
  }
}

type InstanceBySeries = EventRef & { seriesId: string; originalStart: string };

function isNamedBySeries(ref: EventRef): ref is InstanceBySeries {
  return Boolean(ref.seriesId && ref.originalStart && ref.eventId === ref.seriesId);
}

function toContext({ calendarId }: { calendarId: string }): EventContext {
  // Single events come without their calendar's zone; they carry their own but for all-day ones, which need none.
  return { calendarId, timeZone: "UTC" };
}

function readable(event: GoogleEvent, context: EventContext): ExternalEvent {
  const { id } = event;
  const read =
    event.status === "cancelled" && id
      ? toCancelledEvent({ ...event, id }, context)
      : toExternalEvent(event, context);
  if (read) return read;
  throw new CalendarError("CALENDAR_API_ERROR", "Google Calendar: the event cannot be read");
}

function requireId(event: GoogleEvent): HeldEvent {
  const { id } = event;
  if (id) return { ...event, id };
  throw new CalendarError("CALENDAR_API_ERROR", "Google Calendar: the event has no id");
}

function gone(cause?: CalendarError): CalendarError {
  return new CalendarError("EVENT_NOT_FOUND", "the event is gone for good", {
    status: cause?.status,
    providerReason: cause?.providerReason,
  });
}
