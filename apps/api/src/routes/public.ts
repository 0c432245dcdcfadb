import {
  bookedSchema,
  bookRequestSchema,
  idempotencyKeySchema,
  publicEventTypeSchema,
  publicProfileSchema,
  slotsQuerySchema,
  slotsSchema,
} from "@calsync/bookings/dto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";

const username = z.string().min(1).max(80);

/** What guests use, without signing in. */
export function publicRoutes({ bookings }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Public"];
    const security: [] = [];

    app.get(
      "/v1/public/:username",
      {
        preHandler: app.limitGuestReads,
        schema: {
          tags,
          security,
          summary: "A host and what can be booked with them",
          params: z.object({ username }),
          response: { 200: publicProfileSchema },
        },
      },
      (request) => bookings.getPublicProfile(request.params.username),
    );

    app.get(
      "/v1/public/:username/:slug",
      {
        preHandler: app.limitGuestReads,
        schema: {
          tags,
          security,
          summary: "One event type of a host",
          params: z.object({ username, slug: z.string().min(1).max(80) }),
          response: { 200: publicEventTypeSchema },
        },
      },
      (request) => bookings.getPublicEventType(request.params.username, request.params.slug),
    );

    app.get(
      "/v1/slots",
      {
        preHandler: [app.recogniseUser, app.limitGuestReads],
        schema: {
          tags,
          security,
          summary: "Times that can be booked",
          querystring: slotsQuerySchema,
          response: { 200: slotsSchema },
        },
      },
      ({ query, viewer }) => {
        const user = viewer ? { userId: viewer.user.id } : null;
        return bookings.getSlots(query, query.token === undefined ? user : { guestToken: query.token });
      },
    );

    app.post(
      "/v1/bookings",
      {
        preHandler: app.limitGuestChanges,
        schema: {
          tags,
          security,
          summary: "Book a time",
          description:
            "409 `slot_taken` when somebody else was quicker; 429 with Retry-After when too many come from one address.",
          headers: z.object({ "idempotency-key": idempotencyKeySchema.optional() }),
          body: bookRequestSchema,
          response: { 201: bookedSchema },
        },
      },
      async (request, reply) => {
        const booked = await bookings.book(request.body, {
          idempotencyKey: request.headers["idempotency-key"],
        });
        return reply.code(201).send(booked);
      },
    );
  };
}
