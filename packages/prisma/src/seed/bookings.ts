import { randomUUID } from "node:crypto";
import type { PrismaTransaction } from "../client.ts";
import type { EventType, User } from "../generated/client.ts";
import { instantOf, weekdayFrom } from "./days.ts";
import type { DemoEventTypes } from "./event-types.ts";

const MINUTE = 60_000;

interface DemoBooking {
  eventType: EventType;
  /** Weekdays from today; negative ones have been. */
  weekday: number;
  /** Wall clock of the host. */
  time: string;
  guests: [name: string, email: string][];
}

/** A few guests in the coming days and one from last week. No mail goes out for them. */
export async function seedBookings(
  tx: PrismaTransaction,
  { host, eventTypes, now }: { host: User; eventTypes: DemoEventTypes; now: Date },
): Promise<void> {
  const bookings: DemoBooking[] = [
    { eventType: eventTypes.intro, weekday: -5, time: "11:00", guests: [["Sam Okafor", "sam@example.com"]] },
    { eventType: eventTypes.intro, weekday: 1, time: "10:00", guests: [["Mina Park", "mina@example.com"]] },
    {
      eventType: eventTypes["deep-dive"],
      weekday: 1,
      time: "14:00",
      guests: [["Luca Rossi", "luca@example.com"]],
    },
    {
      eventType: eventTypes["group-class"],
      weekday: 2,
      time: "11:00",
      guests: [
        ["Ada Nowak", "ada@example.com"],
        ["Jonas Weber", "jonas@example.com"],
      ],
    },
    {
      eventType: eventTypes["on-site"],
      weekday: 3,
      time: "13:00",
      guests: [["Priya Nair", "priya@example.com"]],
    },
  ];
  for (const booking of bookings) await createBooking(tx, host, booking, now);
}

async function createBooking(
  tx: PrismaTransaction,
  host: User,
  { eventType, weekday, time, guests }: DemoBooking,
  now: Date,
): Promise<void> {
  const uid = randomUUID();
  const startTime = instantOf(weekdayFrom(now, host.timeZone, weekday), time, host.timeZone);
  const endTime = new Date(startTime.getTime() + eventType.durationMinutes * MINUTE);
  const [[firstGuest] = [""]] = guests;
  await tx.booking.create({
    data: {
      uid,
      hostId: host.id,
      eventTypeId: eventType.id,
      title: eventType.seats > 1 ? eventType.title : `${eventType.title}: ${firstGuest} and ${host.name}`,
      description: eventType.description,
      location: eventType.location,
      startTime,
      endTime,
      occupiedStart: new Date(startTime.getTime() - eventType.bufferBeforeMinutes * MINUTE),
      occupiedEnd: new Date(endTime.getTime() + eventType.bufferAfterMinutes * MINUTE),
      timeZone: host.timeZone,
      seats: eventType.seats,
      seatsTaken: guests.length,
      iCalUid: `${uid}@calsync`,
      attendees: { create: guests.map(([name, email]) => ({ name, email, timeZone: host.timeZone })) },
    },
  });
}
