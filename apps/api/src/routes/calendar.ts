import { bookingSchema } from "@calsync/bookings/dto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { importedItemSchema } from "../dto/calendar-files.ts";
import { externalEventSchema } from "../dto/external-events.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";
import { rangeOf, rangeQuerySchema } from "../services/ranges.ts";

/** The host's calendar: bookings, and what else makes them busy. */
export function calendarRoutes({ bookings, sync, ics }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/calendar",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Calendar"],
          summary: "Bookings, entries, events of connected calendars and imported ones in a range",
          querystring: rangeQuerySchema,
          response: {
            200: z.object({
              bookings: z.array(bookingSchema),
              busy: z.array(externalEventSchema),
              imported: z.array(importedItemSchema),
            }),
          },
        },
      },
      async (request) => {
        const userId = userIdOf(request);
        const range = rangeOf(request.query);
        const [inRange, events, imported] = await Promise.all([
          bookings.listBetween(userId, range),
          sync.externalEvents.list(userId, range),
          ics.imports.items(userId, range),
        ]);
        return {
          bookings: inRange,
          busy: toWire(events),
          imported: imported.map(({ uid: _uid, fileName, calendarName, ...item }) => ({
            ...toWire(item),
            source: calendarName ?? fileName,
          })),
        };
      },
    );
  };
}
