import { type CalendarStep, chosen, type GuestEdit, type Takers } from "@calsync/testing/model";
import type { EventAttendee, ExternalEvent } from "@calsync/types";
import type { EngineWorld } from "./EngineWorld.ts";
import { hourAt } from "./model-hours.ts";
import type { PersonEdits } from "./PersonEdits.ts";

/** What people do in the calendars. Each edit is noted: all that sync may ever do to a booking follows from it. */
export function calendarTakers(world: EngineWorld, edits: PersonEdits): Takers<CalendarStep> {
  const { server } = world;
  const { person } = server;
  const onEvent = (
    { calendar, pick }: { calendar: number; pick: number },
    act: (calendarId: string, event: ExternalEvent) => void,
  ) => {
    const { calendarId } = world.calendarAt(calendar);
    const event = chosen(server.events(calendarId), pick);
    if (event) act(calendarId, event);
  };
  return {
    "move event": ({ slot, hours, ...which }) =>
      onEvent(which, (where, event) => {
        const time = hourAt(slot, hours);
        person.move(where, event.id, time);
        edits.note(event, "reschedule", time.start);
      }),
    "edit event": ({ field, text, ...which }) =>
      onEvent(which, (where, event) => {
        person.edit(where, event.id, { [field]: text });
        edits.note(event, "change-details", text, field);
      }),
    "edit guest": ({ guest, edit, ...which }) =>
      onEvent(which, (where, event) => {
        const attendees = editedGuests(event.attendees, guest, edit);
        if (attendees === null) return;
        person.edit(where, event.id, { attendees });
        edits.note(event, "change-attendees");
      }),
    "delete event": (which) =>
      onEvent(which, (where, event) => {
        person.delete(where, event.id);
        edits.note(event, "cancel");
      }),
    "restore event"({ pick }) {
      // Only what stands for a booking now: an event that was replaced stays in the bin.
      const gone = [...world.db.tables.references.values()].flatMap((one) => {
        const where = world.calendars.find(({ calendarSyncId }) => calendarSyncId === one.calendarSyncId);
        const event = where && server.event(where.calendarId, one.externalEventId ?? "");
        // What a person has moved elsewhere is in no bin.
        const moved = world.calendars.some((other) => world.events(other).some(({ id }) => id === event?.id));
        return event?.status === "cancelled" && !moved ? [event] : [];
      });
      const event = chosen(gone, pick);
      if (!event) return;
      person.restore(event.calendarId, event.id);
      server.faults.omitFromListings(0);
      edits.note(event, "restore");
    },
    "transfer event": ({ calendar, pick }) =>
      onEvent({ calendar, pick }, (where, event) => {
        const { calendarId: target, calendarSyncId } = world.calendarAt(calendar + 1);
        const references = [...world.db.tables.references.values()];
        const own = references.find(({ id }) => id === event.marker);
        // A calendar holds an event of one name once, and a booking once.
        const stands = references.some(
          (one) => one.bookingId === own?.bookingId && one.calendarSyncId === calendarSyncId,
        );
        if (target === where || stands || server.event(target, event.id)) return;
        person.moveToCalendar(where, event.id, target);
        // Nothing but a listing tells where it is now.
        server.faults.omitFromListings(0);
        // Understood too late, it is a deletion that is taken back.
        edits.note(event, "cancel");
        edits.note(event, "restore");
      }),
    "add event": ({ calendar, slot }) => {
      person.create(world.calendarAt(calendar).calendarId, { time: hourAt(slot), title: "Dentist" });
    },
  };
}

/** The guests of an event after a person's edit; null when it changes nothing. */
function editedGuests(
  guests: readonly EventAttendee[],
  index: number,
  edit: GuestEdit,
): EventAttendee[] | null {
  if (edit === "add") {
    const email = `friend${index}@guest.test`;
    if (guests.some((one) => one.email === email)) return null;
    return [...guests, { email, name: email, response: "needs-action", optional: false }];
  }
  const guest = chosen(guests, index);
  if (!guest) return null;
  if (edit === "remove") return guests.filter((one) => one !== guest);
  const response = edit === "accept" ? "accepted" : "declined";
  if (guest.response === response) return null;
  return guests.map((one) => (one === guest ? { ...one, response } : one));
}
