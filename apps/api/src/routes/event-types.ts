import { createEventTypeSchema, eventTypeSchema, updateEventTypeSchema } from "@calsync/bookings/dto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { idInPath } from "../dto/ids.ts";
import { userIdOf } from "../plugins/auth.ts";

/** Event types of the signed-in host. */
export function eventTypeRoutes({ bookings }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Bookings"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/event-types",
      {
        preHandler,
        schema: {
          tags,
          summary: "List event types",
          response: { 200: z.object({ eventTypes: z.array(eventTypeSchema) }) },
        },
      },
      async (request) => ({ eventTypes: await bookings.listEventTypes(userIdOf(request)) }),
    );

    app.post(
      "/v1/event-types",
      {
        preHandler,
        schema: {
          tags,
          summary: "Make an event type",
          body: createEventTypeSchema,
          response: { 201: z.object({ eventType: eventTypeSchema }) },
        },
      },
      async (request, reply) =>
        reply.code(201).send({ eventType: await bookings.createEventType(userIdOf(request), request.body) }),
    );

    app.patch(
      "/v1/event-types/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Change an event type",
          params: z.object({ id: idInPath }),
          body: updateEventTypeSchema,
          response: { 200: z.object({ eventType: eventTypeSchema }) },
        },
      },
      async (request) => ({
        eventType: await bookings.updateEventType(userIdOf(request), request.params.id, request.body),
      }),
    );
  };
}
