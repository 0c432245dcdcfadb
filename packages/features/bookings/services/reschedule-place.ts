import type { Interval } from "@calsync/types";
import { conflict } from "../errors.ts";
import type { BookingRow } from "../repositories/BookingRepository.ts";
import { type BookableEventType, findBookableById } from "../repositories/EventTypeRepository.ts";
import type { BookingDependencies } from "./dependencies.ts";

const MINUTE_MS = 60_000;

/** The event type whose times a guest may choose among. @throws conflict `event_type_gone` */
export async function targetOf(
  { prisma }: Pick<BookingDependencies, "prisma">,
  { eventTypeId }: Pick<BookingRow, "eventTypeId">,
): Promise<BookableEventType> {
  const target = eventTypeId === null ? null : await findBookableById(prisma, eventTypeId);
  if (target) return target;
  throw conflict(
    "event_type_gone",
    "The host no longer offers this kind of appointment.",
    "Ask the host to move the booking, or cancel it.",
  );
}

/** Where a booking would be at another start, with what it occupies by its event type. */
export function placeAt(booking: BookingRow, start: Date): { time: Interval; occupied: Interval } {
  const end = new Date(start.getTime() + booking.endTime.getTime() - booking.startTime.getTime());
  const { bufferBeforeMinutes = 0, bufferAfterMinutes = 0 } = booking.eventType ?? {};
  return {
    time: { start, end },
    occupied: {
      start: new Date(start.getTime() - bufferBeforeMinutes * MINUTE_MS),
      end: new Date(end.getTime() + bufferAfterMinutes * MINUTE_MS),
    },
  };
}
