import { randomUUID } from "node:crypto";
import type { BookRequest } from "../dto.ts";
import type { NewBooking } from "../repositories/BookingRepository.ts";
import type { BookableEventType } from "../repositories/EventTypeRepository.ts";

const MINUTE_MS = 60_000;

/** What a booking is made from, once it is known to be offered. */
export interface Wish {
  target: BookableEventType;
  request: BookRequest;
  start: Date;
  now: Date;
  idempotencyKey: string | null;
}

/** The booking that a guest's wish becomes, with a uid of its own. */
export function toNewBooking({ target, request, start, now, idempotencyKey }: Wish): NewBooking {
  const { eventType, host, schedule } = target;
  const end = new Date(start.getTime() + eventType.durationMinutes * MINUTE_MS);
  const uid = randomUUID();
  const alone = eventType.seats === 1;
  return {
    uid,
    hostId: host.id,
    eventTypeId: eventType.id,
    title: alone
      ? `${eventType.title} between ${host.name} and ${request.guest.name}`
      : `${eventType.title} with ${host.name}`,
    description: [eventType.description, alone ? request.notes : ""].filter(Boolean).join("\n\n"),
    location: eventType.location,
    time: { start, end },
    occupied: {
      start: new Date(start.getTime() - eventType.bufferBeforeMinutes * MINUTE_MS),
      end: new Date(end.getTime() + eventType.bufferAfterMinutes * MINUTE_MS),
    },
    timeZone: schedule?.timeZone ?? host.timeZone,
    seats: eventType.seats,
    iCalUid: `${uid}@calsync`,
    idempotencyKey,
    guest: { ...request.guest, timeZone: request.timeZone },
    createdAt: now,
  };
}
