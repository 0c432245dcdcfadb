import { calendarMappingSchema, calendarTableSchema, tablePlaceSchema } from "@calsync/calendar-connections";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { idInPath } from "../dto/ids.ts";
import { userIdOf } from "../plugins/auth.ts";

const connectionParams = z.object({ id: idInPath });
const tableParams = connectionParams.extend({ calendarId: z.string().min(1).max(1_000) });
const tableResponse = { 200: z.object({ table: calendarTableSchema }) };

/** Calendars that are tables: which column holds what, and tables made for the purpose. */
export function calendarTableRoutes({ connections }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Connections"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/connections/:id/tables/:calendarId",
      {
        preHandler,
        schema: {
          tags,
          summary: "How the columns of a table stand for the fields of events",
          description: "Asks the provider. Refused with 400 `no_tables` where calendars are no tables.",
          params: tableParams,
          response: tableResponse,
        },
      },
      async (request) => {
        const { id, calendarId } = request.params;
        return { table: await connections.describeTable(userIdOf(request), id, calendarId) };
      },
    );

    app.put(
      "/v1/connections/:id/tables/:calendarId",
      {
        preHandler,
        schema: {
          tags,
          summary: "Map the columns of a table",
          description:
            "Checked against the table as it is now: 400 `mapping_invalid` names each field that cannot be so. What is in step with the table is read anew.",
          params: tableParams,
          body: calendarMappingSchema,
          response: tableResponse,
        },
      },
      async (request) => {
        const { id, calendarId } = request.params;
        return { table: await connections.mapTable(userIdOf(request), id, calendarId, request.body) };
      },
    );

    app.get(
      "/v1/connections/:id/table-places",
      {
        preHandler,
        schema: {
          tags,
          summary: "Where a table can be made",
          params: connectionParams,
          response: { 200: z.object({ places: z.array(tablePlaceSchema) }) },
        },
      },
      async (request) => ({ places: await connections.tablePlaces(userIdOf(request), request.params.id) }),
    );

    app.post(
      "/v1/connections/:id/tables",
      {
        preHandler,
        schema: {
          tags,
          summary: "Make a table for a calendar",
          description: "With a column for each field, mapped.",
          params: connectionParams,
          body: z.object({ name: z.string().trim().min(1).max(100), placeId: z.string().min(1).max(1_000) }),
          response: { 201: z.object({ table: calendarTableSchema }) },
        },
      },
      async (request, reply) => {
        const table = await connections.createTable(userIdOf(request), request.params.id, request.body);
        return reply.code(201).send({ table });
      },
    );
  };
}
