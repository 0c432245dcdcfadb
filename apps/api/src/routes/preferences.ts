import { destinationSchema } from "@calsync/calendar-connections";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { idInPath } from "../dto/ids.ts";
import {
  calendarPreferencesPatchSchema,
  calendarPreferencesSchema,
  destinationViewSchema,
  preferencesPatchSchema,
  preferencesSchema,
  teamSchema,
} from "../dto/preferences.ts";
import { userIdOf } from "../plugins/auth.ts";

const calendarParams = z.object({ id: z.uuid() });

/** What hosts and teams want of sync. */
export function preferenceRoutes({ preferences, connections }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Sync"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/preferences",
      {
        preHandler,
        schema: { tags, summary: "What the host wants of sync", response: { 200: preferencesSchema } },
      },
      (request) => preferences.get(userIdOf(request)),
    );

    app.patch(
      "/v1/preferences",
      {
        preHandler,
        schema: {
          tags,
          summary: "Change what the host wants of sync",
          description:
            "Members that are left out stay. What was off and is on again is brought together again.",
          body: preferencesPatchSchema,
          response: { 200: preferencesSchema },
        },
      },
      (request) => preferences.update(userIdOf(request), request.body),
    );

    app.get(
      "/v1/calendars/preferences",
      {
        preHandler,
        schema: {
          tags,
          summary: "What holds for each calendar in use",
          response: { 200: z.object({ calendars: z.array(calendarPreferencesSchema) }) },
        },
      },
      async (request) => ({ calendars: await preferences.listCalendars(userIdOf(request)) }),
    );

    app.get(
      "/v1/calendars/:id/preferences",
      {
        preHandler,
        schema: {
          tags,
          summary: "What holds for one calendar",
          params: calendarParams,
          response: { 200: calendarPreferencesSchema },
        },
      },
      (request) => preferences.getCalendar(userIdOf(request), request.params.id),
    );

    app.patch(
      "/v1/calendars/:id/preferences",
      {
        preHandler,
        schema: {
          tags,
          summary: "Let one calendar differ from the host's preferences",
          description: "A calendar that is switched off keeps its links to bookings.",
          params: calendarParams,
          body: calendarPreferencesPatchSchema,
          response: { 200: calendarPreferencesSchema },
        },
      },
      (request) => preferences.updateCalendar(userIdOf(request), request.params.id, request.body),
    );

    app.patch(
      "/v1/destination",
      {
        preHandler,
        schema: {
          tags: ["Connections"],
          summary: "Choose how much of bookings a destination shows",
          description: "Bookings to come are written anew.",
          body: destinationViewSchema,
          response: { 200: z.object({ destination: destinationSchema }) },
        },
      },
      async (request) => {
        const { eventTypeId = null, ...view } = request.body;
        const userId = userIdOf(request);
        await preferences.updateDestinationView(userId, eventTypeId, view);
        const destinations = await connections.listDestinations(userId);
        const destination = destinations.find((one) => one.eventTypeId === eventTypeId);
        if (!destination) throw new Error("a destination that was changed just now is there");
        return { destination };
      },
    );

    app.get(
      "/v1/teams",
      {
        preHandler,
        schema: {
          tags: ["Account"],
          summary: "List the teams of the signed-in user",
          response: { 200: z.object({ teams: z.array(teamSchema) }) },
        },
      },
      async (request) => ({ teams: await preferences.listTeams(userIdOf(request)) }),
    );

    app.patch(
      "/v1/teams/:id/sync",
      {
        preHandler,
        schema: {
          tags,
          summary: "Switch sync of a team's members on or off",
          description: "For owners and admins of the team.",
          params: z.object({ id: idInPath }),
          body: z.object({ enabled: z.boolean() }),
          response: { 200: teamSchema },
        },
      },
      (request) => preferences.switchTeam(userIdOf(request), request.params.id, request.body.enabled),
    );
  };
}
