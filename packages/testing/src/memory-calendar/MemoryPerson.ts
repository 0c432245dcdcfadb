import { CalendarError } from "@calsync/lib";
import type { AttendeeResponse, EventRef, EventTime, ExternalEvent } from "@calsync/types";
import type { MemoryCalendarState } from "./calendar-state.ts";
import { instanceTime } from "./recurrence.ts";
import { endedBefore, lastingFrom } from "./series-edits.ts";
import type { StoredEvent } from "./stored-event.ts";

/** The fields of an event that a person may set. What is left out stays, or is empty in a new event. */
export type PersonFields = Partial<
  Pick<
    ExternalEvent,
    | "title"
    | "description"
    | "location"
    | "attendees"
    | "organizer"
    | "selfResponse"
    | "transparency"
    | "visibility"
    | "recurrence"
    | "status"
    | "iCalUid"
  >
>;

/** What of a MemoryCalendarServer a person's edits go through. */
interface EditableServer {
  calendar(calendarId: string): MemoryCalendarState;
  locate(calendar: MemoryCalendarState, ref: EventRef): StoredEvent | null;
  store(
    calendar: MemoryCalendarState,
    event: ExternalEvent,
    foreign: Readonly<Record<string, string>>,
  ): StoredEvent;
  nextEventId(): string;
}

/**
 * What a person does in the provider's own page: no contract, no precondition, no marker, and a notification each time.
 * Every method throws CalendarError EVENT_NOT_FOUND for an event that is not there.
 */
export class MemoryPerson {
  readonly #server: EditableServer;

  constructor(server: EditableServer) {
    this.#server = server;
  }

  /** Makes an event and gives its id. */
  create(calendarId: string, fields: PersonFields & { time: EventTime }): string {
    const calendar = this.#server.calendar(calendarId);
    const id = this.#server.nextEventId();
    this.#server.store(
      calendar,
      {
        id,
        calendarId,
        iCalUid: `${id}@memory.example`,
        version: null,
        sequence: 0,
        status: "confirmed",
        title: "",
        description: "",
        location: "",
        attendees: [],
        organizer: { email: calendar.owner, self: true },
        selfResponse: null,
        transparency: "busy",
        visibility: "default",
        recurrence: null,
        seriesId: null,
        originalStart: null,
        marker: null,
        updatedAt: null,
        url: null,
        ...fields,
      },
      {},
    );
    return id;
  }

  /** Changes some fields. */
  edit(calendarId: string, eventId: string, fields: PersonFields & { time?: EventTime }): void {
    const stored = this.#find(calendarId, eventId);
    this.#server.store(
      this.#server.calendar(calendarId),
      { ...stored.event, ...fields, sequence: (stored.event.sequence ?? 0) + (fields.time ? 1 : 0) },
      stored.foreign,
    );
  }

  /** Drags the event to another time. */
  move(calendarId: string, eventId: string, time: EventTime): void {
    this.edit(calendarId, eventId, { time });
  }

  /** Deletes an event, a series or (by its own id) an instance. */
  delete(calendarId: string, eventId: string): void {
    this.edit(calendarId, eventId, { status: "cancelled" });
  }

  /**
   * Moves an event to another calendar, as providers do it: it is deleted here and made there, with all that it carries; a series with
   * its exceptions.
   */
  moveToCalendar(calendarId: string, eventId: string, toCalendarId: string): void {
    const { event, foreign } = this.#find(calendarId, eventId);
    const target = this.#server.calendar(toCalendarId);
    const { events, exceptions: known } = this.#server.calendar(calendarId);
    const exceptions = [...(known.get(eventId)?.values() ?? [])].flatMap((id) => events.get(id)?.event ?? []);
    this.delete(calendarId, eventId);
    const organizer = { email: target.owner, self: true };
    for (const one of [event, ...exceptions])
      this.#server.store(target, { ...one, calendarId: toCalendarId, organizer }, foreign);
  }

  /** Copies a marker onto an event, as a copy made in two steps does. */
  mark(calendarId: string, eventId: string, marker: string | null): void {
    const { event, foreign } = this.#find(calendarId, eventId);
    this.#server.store(this.#server.calendar(calendarId), { ...event, marker }, foreign);
  }

  /** Takes an event out of the bin. */
  restore(calendarId: string, eventId: string): void {
    this.edit(calendarId, eventId, { status: "confirmed" });
  }

  /** Moves one instance of a series and gives its id. */
  moveInstance(calendarId: string, seriesId: string, originalStart: string, time: EventTime): string {
    return this.#storeInstance(calendarId, seriesId, originalStart, { time });
  }

  /** Deletes one instance of a series and gives its id. */
  cancelInstance(calendarId: string, seriesId: string, originalStart: string): string {
    return this.#storeInstance(calendarId, seriesId, originalStart, { status: "cancelled" });
  }

  /** Edits one instance of a series and gives its id. */
  editInstance(calendarId: string, seriesId: string, originalStart: string, fields: PersonFields): string {
    return this.#storeInstance(calendarId, seriesId, originalStart, fields);
  }

  /** Changes how a series repeats, and when it begins where `time` is given. */
  changeRule(calendarId: string, seriesId: string, recurrence: string[], time?: EventTime): void {
    this.edit(calendarId, seriesId, { recurrence, ...(time ? { time } : {}) });
  }

  /**
   * "This and following", in the two steps that calendars take: the old series ends before `originalStart`, and a copy of it,
   * our marker included, goes on from there with the changes. With `only`, one of the steps.
   * @returns the id of the new series; of one that was not made, an id that stays unused
   */
  splitSeries(
    calendarId: string,
    seriesId: string,
    originalStart: string,
    changes: PersonFields & { time?: EventTime },
    only?: "cut" | "copy",
  ): string {
    const { event, foreign } = this.#find(calendarId, seriesId);
    const time = instanceTime(event.time, originalStart);
    const id = this.#server.nextEventId();
    const copy: ExternalEvent = {
      ...event,
      id,
      iCalUid: `${id}@memory.example`,
      sequence: 0,
      time,
      recurrence: lastingFrom(event, originalStart),
      ...changes,
    };
    if (only !== "copy") this.edit(calendarId, seriesId, { recurrence: endedBefore(event, originalStart) });
    if (only !== "cut") this.#server.store(this.#server.calendar(calendarId), copy, foreign);
    return id;
  }

  /** An attendee answers. */
  respond(calendarId: string, eventId: string, email: string, response: AttendeeResponse): void {
    const { event } = this.#find(calendarId, eventId);
    const attendees = event.attendees.map((attendee) =>
      attendee.email.toLowerCase() === email.toLowerCase() ? { ...attendee, response } : attendee,
    );
    this.edit(calendarId, eventId, { attendees });
  }

  /** Sets something that the contract does not know, such as a reminder or a colour. */
  setForeign(calendarId: string, eventId: string, name: string, value: string): void {
    const stored = this.#find(calendarId, eventId);
    const foreign = { ...stored.foreign, [name]: value };
    this.#server.store(this.#server.calendar(calendarId), stored.event, foreign);
  }

  /** What is kept beside the contract's fields. */
  foreign(calendarId: string, eventId: string): Readonly<Record<string, string>> {
    return this.#find(calendarId, eventId).foreign;
  }

  #storeInstance(
    calendarId: string,
    seriesId: string,
    originalStart: string,
    change: PersonFields & { time?: EventTime },
  ): string {
    const calendar = this.#server.calendar(calendarId);
    const instance = this.#server.locate(calendar, {
      calendarId,
      eventId: seriesId,
      seriesId,
      originalStart,
    });
    if (!instance) throw new CalendarError("EVENT_NOT_FOUND", "the series has no instance at this start");
    this.#server.store(calendar, { ...instance.event, ...change }, instance.foreign);
    return instance.event.id;
  }

  #find(calendarId: string, eventId: string): StoredEvent {
    const stored = this.#server.locate(this.#server.calendar(calendarId), { calendarId, eventId });
    if (!stored) throw new CalendarError("EVENT_NOT_FOUND", "there is no such event");
    return stored;
  }
}
