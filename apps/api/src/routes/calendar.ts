import { bookingSchema } from "@calsync/bookings/dto";
import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { externalEventSchema } from "../dto/sync.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

const LONGEST_RANGE_DAYS = 62;

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** The host's calendar: bookings, and what else makes them busy. */
export function calendarRoutes({ bookings, sync }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/calendar",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Bookings"],
          summary: "Bookings and busy times in a range",
          querystring: z.object({
            from: instant.describe("Start of the range."),
            to: instant.describe(`End of the range, at most ${LONGEST_RANGE_DAYS} days later.`),
          }),
          response: {
            200: z.object({ bookings: z.array(bookingSchema), busy: z.array(externalEventSchema) }),
          },
        },
      },
      async (request) => {
        const { from, to } = request.query;
        const days = (to.getTime() - from.getTime()) / 86_400_000;
        if (days <= 0 || days > LONGEST_RANGE_DAYS) {
          throw new AppError(
            "invalid",
            "range_unusable",
            `"to" is up to ${LONGEST_RANGE_DAYS} days after "from".`,
          );
        }
        const userId = userIdOf(request);
        const range = { start: from, end: to };
        const [inRange, events] = await Promise.all([
          bookings.listBetween(userId, range),
          sync.listExternalEvents(userId, range),
        ]);
        return {
          bookings: inRange,
          busy: toWire(
            events.map(({ calendarName, title, start, end }) => ({ calendarName, title, start, end })),
          ),
        };
      },
    );
  };
}
