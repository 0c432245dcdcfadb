import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";

/** Changes as they happen. */
export function streamRoutes({ bookings }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/stream",
      {
        preHandler: app.recogniseUser,
        logLevel: "warn",
        schema: {
          tags: ["Sync"],
          summary: "Hear of changes as they happen",
          description:
            "Server-sent events. Each `change` names what to read again: `{type: booking|calendar|calendar-file|credential|sync-run, uid?, id?}`; " +
            "without `uid` and `id` it may be anything of that type. A guest follows one booking with `booking` and `token`.",
          querystring: z.object({
            booking: z.uuid().optional(),
            token: z.string().max(200).optional(),
          }),
          produces: ["text/event-stream"],
        },
      },
      async (request, reply) => {
        const { booking, token } = request.query;
        if (booking !== undefined && token !== undefined) {
          if (!(await bookings.maySee(booking, { guestToken: token }))) {
            throw new AppError("not-found", "unknown_booking", "There is no such booking.");
          }
          return app.streamChanges(request, reply, { bookingUid: booking });
        }
        if (request.viewer) return app.streamChanges(request, reply, { userId: request.viewer.user.id });
        throw new AppError("unauthorized", "not_signed_in", "Sign in, or send a booking's uid and token.");
      },
    );
  };
}
