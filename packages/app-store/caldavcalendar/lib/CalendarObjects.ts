import { createHash } from "node:crypto";
import { CalendarError } from "@calsync/lib";
import type {
  CalendarEvent,
  EventRef,
  EventVersion,
  ExternalEvent,
  IdempotencyKey,
  WrittenEvent,
} from "@calsync/types";
import { ownAddresses } from "./credential-schema.ts";
import { DavCollection, type DavObject } from "./DavCollection.ts";
import type { DavSession } from "./DavSession.ts";
import {
  type ObjectContext,
  ordinaryOccurrence,
  type ReadObject,
  readObject,
  toExternalEvent,
} from "./event-mapper.ts";
import { floatingZoneOf } from "./floating-zone.ts";
import { newObject, updatedObject, type WriteContext, withoutInstance } from "./object-writer.ts";

/** How often a write starts over when somebody else writes at the same time. */
const MAX_ROUNDS = 4;

/** An object with what was read of it. */
interface Held {
  object: DavObject;
  read: ReadObject;
}

/** Reads and writes single events. */
export class CalendarObjects {
  readonly #session: DavSession;
  readonly #now: () => Date;

  constructor(session: DavSession, now: () => Date) {
    this.#session = session;
    this.#now = now;
  }

  /** PUT under a name that follows from the key, on condition that nothing stands there. */
  async create(calendarId: string, event: CalendarEvent, key: IdempotencyKey): Promise<WrittenEvent> {
    requireOrder(event);
    const collection = new DavCollection(this.#session, calendarId);
    const name = `${createHash("sha256").update(key).digest("hex").slice(0, 40)}.ics`;
    const context = await this.#writeContext();
    // Some servers allow a UID once in a whole account, where the same booking may stand in a second calendar.
    for (const uid of [event.iCalUid, `${name.slice(0, -4)}@calsync`]) {
      const text = newObject(event, uid, context);
      const written = await collection.write(name, text, { ifNoneMatch: "*" });
      if ("etag" in written)
        return this.#written(collection, name, written.etag, written.text ?? text, null, false);
      const made = await this.#hold(collection, name);
      if (made) return this.#toWritten(calendarId, made, null, true);
    }
    throw new CalendarError("INVALID_REQUEST", "CalDAV: another event has this event's UID already");
  }

  async update(ref: EventRef, wanted: CalendarEvent, ifVersion: EventVersion | null): Promise<WrittenEvent> {
    requireOrder(wanted);
    const { collection, name, originalStart } = this.#locate(ref);
    const context = await this.#writeContext();
    for (let round = 1; ; round++) {
      const held = await this.#hold(collection, name);
      if (!held) throw new CalendarError("EVENT_NOT_FOUND", "CalDAV: the event has gone");
      const text = updatedObject(held.object.text, held.read, wanted, { originalStart }, context);
      if (text === null) return this.#toWritten(ref.calendarId, held, originalStart, false);
      if (ifVersion !== null && held.object.etag !== ifVersion) throw changed();
      const written = await collection.write(name, text, await this.#condition(held));
      if ("etag" in written)
        return this.#written(collection, name, written.etag, written.text ?? text, originalStart, false);
      if (written.refused === "uid" || round === MAX_ROUNDS) throw changed();
    }
  }

  async delete(ref: EventRef, ifVersion: EventVersion | null): Promise<void> {
    const { collection, name, originalStart } = this.#locate(ref);
    if (originalStart === null) return collection.remove(name, ifVersion);
    for (let round = 1; ; round++) {
      const held = await this.#hold(collection, name);
      const text = held && withoutInstance(held.object.text, held.read, originalStart);
      if (!held || !text) return;
      if (ifVersion !== null && held.object.etag !== ifVersion) throw changed();
      const written = await collection.write(name, text, await this.#condition(held));
      if ("etag" in written) return;
      if (round === MAX_ROUNDS) throw changed();
    }
  }

  async read(ref: EventRef): Promise<ExternalEvent | null> {
    const { collection, name, originalStart } = this.#locate(ref);
    const held = await this.#hold(collection, name);
    return held && this.#find(ref.calendarId, held, originalStart, await this.#own());
  }

  #locate(ref: EventRef): { collection: DavCollection; name: string; originalStart: string | null } {
    const collection = new DavCollection(this.#session, ref.calendarId);
    const [name = "", ofInstance] = ref.eventId.split("#");
    return { collection, name, originalStart: ref.originalStart ?? ofInstance ?? null };
  }

  async #hold(collection: DavCollection, name: string): Promise<Held | null> {
    const object = await collection.readOne(name);
    if (!object) return null;
    const read = await this.#read(collection, object.text);
    if (!read) throw new CalendarError("INVALID_ICS_FORMAT", "CalDAV: the event's text cannot be read");
    return { object, read };
  }

  #read(collection: DavCollection, text: string): Promise<ReadObject | null> {
    return readObject(text, () => floatingZoneOf(this.#session, collection.url));
  }

  /** A weak ETag never matches (RFC 9110 §13.1.1); without its mark it does on servers behind a compressing proxy. */
  async #condition({ object }: Held): Promise<{ ifMatch: string }> {
    if (object.etag) return { ifMatch: object.etag.replace(/^W\//, "") };
    throw new CalendarError("CALENDAR_API_ERROR", "CalDAV: the server gives its events no version");
  }

  /** What was written, from the text that the server holds or from our own; read again when the server does not say under which version it stands. */
  async #written(
    collection: DavCollection,
    name: string,
    etag: string | null,
    text: string,
    originalStart: string | null,
    existed: boolean,
  ): Promise<WrittenEvent> {
    const read = etag ? await this.#read(collection, text) : null;
    const held = read ? { object: { name, etag, text }, read } : await this.#hold(collection, name);
    if (!held) throw new CalendarError("EVENT_NOT_FOUND", "CalDAV: the event went as soon as it was written");
    return this.#toWritten(collection.url, held, originalStart, existed);
  }

  async #toWritten(
    calendarId: string,
    held: Held,
    originalStart: string | null,
    existed: boolean,
  ): Promise<WrittenEvent> {
    const event = this.#find(calendarId, held, originalStart, await this.#own());
    if (!event) throw new CalendarError("EVENT_NOT_FOUND", "CalDAV: the event has gone");
    return {
      existed,
      eventId: event.id,
      version: event.version,
      iCalUid: event.iCalUid,
      sequence: event.sequence,
      event,
    };
  }

  #find(
    calendarId: string,
    held: Held,
    originalStart: string | null,
    own: readonly string[],
  ): ExternalEvent | null {
    const { object, read } = held;
    const context: ObjectContext = {
      calendarId,
      name: object.name,
      etag: object.etag,
      own,
    };
    if (originalStart === null) {
      const event = read.master ?? read.exceptions[0];
      return event ? toExternalEvent(event, context) : null;
    }
    const instance =
      read.exceptions.find(({ recurrenceId }) => recurrenceId === originalStart) ??
      ordinaryOccurrence(read, originalStart);
    return instance && toExternalEvent(instance, context);
  }

  async #own(): Promise<string[]> {
    return ownAddresses(await this.#session.credential());
  }

  async #writeContext(): Promise<WriteContext> {
    return { ownAddress: (await this.#own())[0] ?? null, now: this.#now() };
  }
}

const changed = () =>
  new CalendarError("VERSION_CONFLICT", "CalDAV: the event has changed since the given version");

/** Servers differ in what they refuse; an event that ends before it begins is none anywhere. */
function requireOrder({ time }: CalendarEvent): void {
  if (time.end < time.start || (time.allDay && time.end === time.start)) {
    throw new CalendarError("INVALID_REQUEST", "CalDAV: an event cannot end before it begins");
  }
}
