import { bookingSchema } from "@calsync/bookings/dto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { externalEventSchema } from "../dto/external-events.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";
import { rangeOf, rangeQuerySchema } from "../services/ranges.ts";

/** The host's calendar: bookings, and what else makes them busy. */
export function calendarRoutes({ bookings, sync }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/calendar",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Calendar"],
          summary: "Bookings, entries and events of connected calendars in a range",
          querystring: rangeQuerySchema,
          response: {
            200: z.object({ bookings: z.array(bookingSchema), busy: z.array(externalEventSchema) }),
          },
        },
      },
      async (request) => {
        const userId = userIdOf(request);
        const range = rangeOf(request.query);
        const [inRange, events] = await Promise.all([
          bookings.listBetween(userId, range),
          sync.externalEvents.list(userId, range),
        ]);
        return {
          bookings: inRange,
          busy: toWire(events),
        };
      },
    );
  };
}
