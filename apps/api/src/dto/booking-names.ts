import {
  bookingSchema,
  bookRequestSchema,
  eventTypeSchema,
  hostSchema,
  slotsSchema,
} from "@calsync/bookings/dto";
import { z } from "zod";

/** Names under which the bookings feature's shapes stand in the OpenAPI document, instead of being repeated in each route. */
export function nameBookingSchemas(): void {
  const named = {
    Booking: bookingSchema,
    BookRequest: bookRequestSchema,
    EventType: eventTypeSchema,
    Host: hostSchema,
    Slots: slotsSchema,
  };
  for (const [id, schema] of Object.entries(named)) {
    if (!z.globalRegistry.has(schema)) z.globalRegistry.add(schema, { id });
  }
}
