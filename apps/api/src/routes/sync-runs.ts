import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { runDirectionSchema, syncRunSchema } from "../dto/sync-run.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

const calendars = z
  .array(z.uuid())
  .min(1)
  .max(500)
  .optional()
  .describe("Ids of calendars in `GET /v1/sync/status`; all that are in use when left out.");
const runResponse = z.object({ run: syncRunSchema });

/** Syncs and checks by hand. */
export function syncRunRoutes({ sync }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Sync"];
    const preHandler = app.requireUser;

    app.post(
      "/v1/sync/runs",
      {
        preHandler,
        schema: {
          tags,
          summary: "Sync now",
          description:
            "Workers do it, a calendar at a time; follow it at `GET /v1/sync/runs/:id` or over the stream (`sync-run`). With " +
            "`dryRun` the answer is the plan, and nothing is changed here or at the provider.",
          body: z.object({
            calendars,
            direction: runDirectionSchema.default("both"),
            dryRun: z.boolean().default(false),
          }),
          response: { 202: runResponse },
        },
      },
      async (request, reply) => {
        const { calendars: calendarIds, direction, dryRun } = request.body;
        const wish = { kind: "sync", direction, dryRun, calendarIds } as const;
        return reply.code(202).send({ run: toWire(await sync.runs.start(userIdOf(request), wish)) });
      },
    );

    app.get(
      "/v1/sync/runs",
      {
        preHandler,
        schema: {
          tags,
          summary: "List syncs and checks by hand",
          description: "The latest first, without what came of each calendar.",
          querystring: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
          response: { 200: z.object({ runs: z.array(syncRunSchema) }) },
        },
      },
      async (request) => ({ runs: toWire(await sync.runs.list(userIdOf(request), request.query.limit)) }),
    );

    app.get(
      "/v1/sync/runs/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "How far a sync or check by hand is, and what came of it",
          params: z.object({ id: z.uuid() }),
          response: { 200: runResponse },
        },
      },
      async (request) => ({ run: toWire(await sync.runs.find(userIdOf(request), request.params.id)) }),
    );

    app.post(
      "/v1/sync/doctor",
      {
        preHandler,
        schema: {
          tags,
          summary: "Compare calendars with their bookings",
          description:
            "Each difference is reported with its cause. With `fix` it is healed through ordinary pulls and pushes, and second " +
            "events that carry our mark are removed. The answer is a run, as of `POST /v1/sync/runs`.",
          body: z.object({ calendars, fix: z.boolean().default(false) }),
          response: { 202: runResponse },
        },
      },
      async (request, reply) => {
        const { calendars: calendarIds, fix } = request.body;
        const wish = { kind: "doctor", fix, calendarIds } as const;
        return reply.code(202).send({ run: toWire(await sync.runs.start(userIdOf(request), wish)) });
      },
    );
  };
}
