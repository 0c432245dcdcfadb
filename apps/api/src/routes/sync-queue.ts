import { QUEUE_STATES } from "@calsync/calendar-sync";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { queueItemSchema, queueStatisticsSchema } from "../dto/sync-queue.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

const itemParams = z.object({ id: z.string().max(60) });

/** What sync has to do for the signed-in user, and what it has given up. */
export function syncQueueRoutes({ queue }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Sync"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/sync/queue",
      {
        preHandler,
        schema: {
          tags,
          summary: "List the sync queue",
          description:
            "Bookings on their way to calendars, and jobs of the user's calendars; the latest first.",
          querystring: z.object({
            state: z
              .union([z.enum(QUEUE_STATES), z.array(z.enum(QUEUE_STATES))])
              .optional()
              .describe("May be given several times."),
            kind: z.string().max(100).optional().describe("`push`, `pull`, `subscription`, `mirror`, …"),
            calendar: z.uuid().optional().describe("Id of a calendar in `GET /v1/sync/status`."),
            cursor: z.string().max(100).optional().describe("`nextCursor` of the page before."),
            limit: z.coerce.number().int().min(1).max(200).default(50),
          }),
          response: {
            200: z.object({ items: z.array(queueItemSchema), nextCursor: z.string().nullable() }),
          },
        },
      },
      async (request) => {
        const { state, kind, calendar, cursor, limit } = request.query;
        const page = await queue.list(userIdOf(request), {
          states: typeof state === "string" ? [state] : state,
          kind,
          calendarSyncId: calendar,
          cursor,
          limit,
        });
        return toWire(page);
      },
    );

    app.get(
      "/v1/sync/queue/statistics",
      {
        preHandler,
        schema: {
          tags,
          summary: "Count the sync queue by state",
          response: { 200: queueStatisticsSchema },
        },
      },
      (request) => queue.statistics(userIdOf(request)),
    );

    app.post(
      "/v1/sync/queue/:id/process",
      {
        preHandler,
        schema: {
          tags,
          summary: "Do a piece of work now",
          description: "Ends its wait; what was given up is retried with all of its tries.",
          params: itemParams,
          response: { 202: z.undefined().describe("A worker will take it in a moment.") },
        },
      },
      async (request, reply) => {
        await queue.process(userIdOf(request), request.params.id);
        return reply.code(202).send();
      },
    );

    app.post(
      "/v1/sync/queue/retry",
      {
        preHandler,
        schema: {
          tags,
          summary: "Retry all that was given up",
          response: { 202: z.object({ retried: z.int() }) },
        },
      },
      async (request, reply) => reply.code(202).send({ retried: await queue.retryFailed(userIdOf(request)) }),
    );

    app.delete(
      "/v1/sync/queue/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Discard what was given up",
          description:
            "It is no longer shown. The booking and its event stay as they are; the doctor still finds how they differ.",
          params: itemParams,
          response: { 204: z.undefined().describe("Discarded.") },
        },
      },
      async (request, reply) => {
        await queue.discard(userIdOf(request), request.params.id);
        return reply.code(204).send();
      },
    );
  };
}
