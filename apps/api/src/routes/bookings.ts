import {
  bookingListQuerySchema,
  bookingListSchema,
  bookingSchema,
  cancelRequestSchema,
  occurrencesSchema,
  rescheduleRequestSchema,
} from "@calsync/bookings/dto";
import { AppError } from "@calsync/lib";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { changeSchema } from "../dto/sync.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

const bookingParams = z.object({ uid: z.uuid() });
const bookingResponse = { 200: z.object({ booking: bookingSchema }) };

/** Bookings, for their host and for guests who hold a token. */
export function bookingRoutes({ bookings, sync }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Bookings"];

    app.get(
      "/v1/bookings",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "List bookings",
          querystring: bookingListQuerySchema,
          response: { 200: bookingListSchema },
        },
      },
      (request) => bookings.list(userIdOf(request), request.query),
    );

    app.get(
      "/v1/bookings/:uid",
      {
        preHandler: app.recogniseUser,
        schema: {
          tags,
          summary: "One booking",
          description: "For its host, or for a guest with the booking's `token`.",
          params: bookingParams,
          querystring: z.object({ token: z.string().max(200).optional() }),
          response: bookingResponse,
        },
      },
      async (request) => ({
        booking: await bookings.get(request.params.uid, viewerFor(request, request.query.token)),
      }),
    );

    app.get(
      "/v1/bookings/:uid/occurrences",
      {
        preHandler: app.recogniseUser,
        schema: {
          tags,
          summary: "All dates of the series that a booking belongs to",
          description: "For its host, or for a guest with the booking's `token`.",
          params: bookingParams,
          querystring: z.object({ token: z.string().max(200).optional() }),
          response: { 200: occurrencesSchema },
        },
      },
      async (request) => ({
        bookings: await bookings.occurrences(request.params.uid, viewerFor(request, request.query.token)),
      }),
    );

    app.get(
      "/v1/bookings/:uid/history",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Sync"],
          summary: "What sync did to a booking, and why",
          params: bookingParams,
          response: { 200: z.object({ changes: z.array(changeSchema) }) },
        },
      },
      async (request) => ({ changes: toWire(await sync.history(userIdOf(request), request.params.uid)) }),
    );

    app.post(
      "/v1/bookings/:uid/reschedule",
      {
        preHandler: [app.recogniseUser, app.limitGuestChanges],
        schema: {
          tags,
          summary: "Move a booking",
          description: "A guest chooses among offered times; the host may take any free time.",
          params: bookingParams,
          body: rescheduleRequestSchema,
          response: bookingResponse,
        },
      },
      async (request) => {
        const { token, ...change } = request.body;
        return { booking: await bookings.reschedule(request.params.uid, change, viewerFor(request, token)) };
      },
    );

    app.post(
      "/v1/bookings/:uid/cancel",
      {
        preHandler: [app.recogniseUser, app.limitGuestChanges],
        schema: {
          tags,
          summary: "Cancel a booking",
          description: "Where several guests share a time, a guest gives up only their own seat.",
          params: bookingParams,
          body: cancelRequestSchema.nullish(),
          response: bookingResponse,
        },
      },
      async (request) => {
        const { token, ...change } = request.body ?? {};
        return { booking: await bookings.cancel(request.params.uid, change, viewerFor(request, token)) };
      },
    );
  };
}

/** Whoever brings a token acts as its guest, also when signed in: the link in a mail works in every browser. */
function viewerFor(
  request: FastifyRequest,
  token: string | undefined,
): { guestToken: string } | { userId: number } {
  if (token !== undefined) return { guestToken: token };
  if (request.viewer) return { userId: request.viewer.user.id };
  throw new AppError("unauthorized", "not_signed_in", "Sign in, or send the booking's token.");
}
