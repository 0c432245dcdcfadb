import {
  calendarChoiceSchema,
  connectionSchema,
  destinationSchema,
  providerSchema,
} from "@calsync/calendar-connections";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { idInBody, idInPath } from "../dto/ids.ts";
import { userIdOf } from "../plugins/auth.ts";

const connectionParams = z.object({ id: idInPath });
const calendarsResponse = { 200: z.object({ calendars: z.array(calendarChoiceSchema) }) };

/** Linked accounts, their calendars, and what those are used for. */
export function connectionRoutes({ connections }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Connections"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/providers",
      {
        preHandler,
        schema: {
          tags,
          summary: "List calendar providers",
          response: { 200: z.object({ providers: z.array(providerSchema) }) },
        },
      },
      async () => ({ providers: connections.listProviders() }),
    );

    app.get(
      "/v1/connections",
      {
        preHandler,
        schema: {
          tags,
          summary: "List linked accounts",
          response: { 200: z.object({ connections: z.array(connectionSchema) }) },
        },
      },
      async (request) => ({ connections: await connections.listConnections(userIdOf(request)) }),
    );

    app.delete(
      "/v1/connections/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Disconnect an account",
          description:
            "Stops its notifications and ends its grant at the provider. Bookings stay, and so do their events.",
          params: connectionParams,
          response: { 204: z.undefined().describe("Disconnected.") },
        },
      },
      async (request, reply) => {
        await connections.disconnect(userIdOf(request), request.params.id);
        return reply.code(204).send();
      },
    );

    app.get(
      "/v1/connections/:id/calendars",
      {
        preHandler,
        schema: {
          tags,
          summary: "List the calendars of an account",
          description: "Asks the provider.",
          params: connectionParams,
          response: calendarsResponse,
        },
      },
      async (request) => ({
        calendars: await connections.listCalendars(userIdOf(request), request.params.id),
      }),
    );

    app.put(
      "/v1/connections/:id/selected",
      {
        preHandler,
        schema: {
          tags,
          summary: "Choose the calendars that are read for busy times",
          params: connectionParams,
          body: z.object({
            calendarIds: z
              .array(z.string().min(1).max(1_000))
              .max(250)
              .describe("All of them; others are no longer read."),
          }),
          response: calendarsResponse,
        },
      },
      async (request) => ({
        calendars: await connections.setSelected(
          userIdOf(request),
          request.params.id,
          request.body.calendarIds,
        ),
      }),
    );

    app.get(
      "/v1/destination",
      {
        preHandler,
        schema: {
          tags,
          summary: "Where bookings are written",
          response: {
            200: z.object({
              destination: destinationSchema.nullable().describe("The user's default."),
              eventTypeDestinations: z.array(destinationSchema).describe("Event types that have their own."),
            }),
          },
        },
      },
      async (request) => {
        const destinations = await connections.listDestinations(userIdOf(request));
        return {
          destination: destinations.find(({ eventTypeId }) => eventTypeId === null) ?? null,
          eventTypeDestinations: destinations.filter(({ eventTypeId }) => eventTypeId !== null),
        };
      },
    );

    app.put(
      "/v1/destination",
      {
        preHandler,
        schema: {
          tags,
          summary: "Choose where bookings are written",
          body: z.object({
            connectionId: idInBody,
            calendarId: z.string().min(1).max(1_000),
            eventTypeId: idInBody
              .nullable()
              .optional()
              .describe("For one event type only; left out for the default."),
          }),
          response: { 200: z.object({ destination: destinationSchema }) },
        },
      },
      async (request) => ({ destination: await connections.setDestination(userIdOf(request), request.body) }),
    );

    app.delete(
      "/v1/destination/:eventTypeId",
      {
        preHandler,
        schema: {
          tags,
          summary: "Write an event type's bookings to the default destination again",
          params: z.object({ eventTypeId: idInPath }),
          response: { 204: z.undefined().describe("It has no destination of its own.") },
        },
      },
      async (request, reply) => {
        await connections.clearDestination(userIdOf(request), request.params.eventTypeId);
        return reply.code(204).send();
      },
    );
  };
}
