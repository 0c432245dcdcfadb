import { type CalendarStep, chosen, type GuestEdit, type Takers } from "@calsync/testing/model";
import type { RemoteEdit, RemoteEvent, RemoteGuest } from "../remote/RemoteCalendars.ts";
import type { HttpCalendar } from "./HttpWorld.ts";
import { type HttpHistory, hoursAt } from "./history.ts";

/** What people do in the providers' own pages. What a provider does not have, nobody does there. */
export function calendarTakers(history: HttpHistory): Takers<CalendarStep> {
  const { world, host } = history;
  const onEvent = async (
    { calendar: index, pick }: { calendar: number; pick: number },
    act: (calendar: HttpCalendar, event: RemoteEvent) => Promise<boolean | undefined>,
  ) => {
    const calendar = world.calendarAt(host, index);
    const event = chosen(ownFirst(await world.liveEvents(calendar)), pick);
    if (event && (await act(calendar, event)) !== false) history.edits += 1;
  };
  const edit = (
    which: { calendar: number; pick: number },
    change: (event: RemoteEvent) => RemoteEdit | null,
  ) =>
    onEvent(which, async (calendar, event) => {
      const edited = change(event);
      if (edited === null) return false;
      await calendar.remote.edit(calendar, event.id, edited);
      return true;
    });
  /** Whether the booking that the event stands for has an event in the calendar already. */
  const isBookedIn = async ({ calendarSyncId }: HttpCalendar, { marker }: RemoteEvent) => {
    if (marker === null) return false;
    const beside = { some: { calendarSyncId } };
    const { bookingReference } = world.database.prisma;
    return (await bookingReference.count({ where: { id: marker, booking: { references: beside } } })) > 0;
  };
  return {
    "move event": ({ slot, hours, ...which }) => edit(which, () => ({ time: hoursAt(history, slot, hours) })),
    "edit event": ({ field, text, ...which }) => edit(which, () => ({ [field]: text })),
    "edit guest": ({ guest, edit: how, ...which }) =>
      edit(which, ({ marker, guests }) => {
        const edited = marker === null || guests === null ? null : editedGuests(guests, guest, how);
        return edited && { guests: edited };
      }),
    "delete event": (which) =>
      onEvent(which, async (calendar, event) => {
        await calendar.remote.delete(calendar, event.id);
        return true;
      }),
    async "restore event"({ pick }) {
      // Only what stands for a booking now: an event that was replaced stays in the bin.
      const known = await world.database.prisma.bookingReference.findMany({
        where: { booking: { hostId: host.userId } },
        select: { externalEventId: true, calendarSyncId: true },
      });
      const gone: { calendar: HttpCalendar; event: RemoteEvent }[] = [];
      // What a person has moved elsewhere is in no bin.
      const live = new Set<string>();
      for (const calendar of host.calendars)
        for (const { id } of await world.liveEvents(calendar)) live.add(id);
      for (const calendar of host.calendars) {
        if (!calendar.remote.can.restore) continue;
        for (const event of await calendar.remote.events(calendar)) {
          const stands = known.some(
            (one) => one.externalEventId === event.id && one.calendarSyncId === calendar.calendarSyncId,
          );
          if (event.deleted && stands && !live.has(event.id)) gone.push({ calendar, event });
        }
      }
      const one = chosen(gone, pick);
      if (!one) return;
      history.edits += 1;
      await one.calendar.remote.restore(one.calendar, one.event.id);
    },
    "transfer event": (which) =>
      onEvent(which, async (calendar, event) => {
        const { remote, account } = calendar;
        const target = host.calendars.find(
          (one) => one.account === account && one.calendarId !== calendar.calendarId,
        );
        if (!remote.can.transfer || !target) return false;
        // A calendar holds an event of one name once, and a booking once.
        if ((await world.liveEvents(target)).some(({ id }) => id === event.id)) return false;
        if (await isBookedIn(target, event)) return false;
        await remote.transfer(calendar, event.id, target.calendarId);
        // Understood too late, it is a deletion that is taken back.
        history.edits += 1;
        return true;
      }),
    async "add event"({ calendar: index, slot }) {
      const calendar = world.calendarAt(host, index);
      await calendar.remote.place(calendar, { title: "Dentist", ...hoursAt(history, slot) });
    },
  };
}

/** Events of bookings before the others, so that a small number chooses one of them. */
function ownFirst(events: readonly RemoteEvent[]): RemoteEvent[] {
  return [
    ...events.filter(({ marker }) => marker !== null),
    ...events.filter(({ marker }) => marker === null),
  ];
}

/** The guests of an event after a person's edit; null when it changes nothing. */
function editedGuests(guests: readonly RemoteGuest[], index: number, how: GuestEdit): RemoteGuest[] | null {
  if (how === "add") {
    const email = `friend${index}@guest.test`;
    if (guests.some((one) => one.email === email)) return null;
    return [...guests, { email, response: "needs-action" }];
  }
  const guest = chosen(guests, index);
  if (!guest) return null;
  if (how === "remove") return guests.filter((one) => one !== guest);
  const response = how === "accept" ? "accepted" : "declined";
  if (guest.response === response) return null;
  return guests.map((one) => (one === guest ? { ...one, response } : one));
}
