import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { cronNameSchema, cronReportSchema } from "../dto/sync.ts";
import { bearerOf } from "../plugins/auth.ts";
import { requireSecret } from "../plugins/metrics.ts";

/** The crons, for a scheduler that calls by HTTP. */
export function cronRoutes({ sync, env }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      "/api/cron/:name",
      {
        schema: {
          tags: ["Operation"],
          summary: "Run a cron",
          description: "Needs the bearer secret CRON_SECRET. Runs that overlap do no harm.",
          security: [{ cronSecret: [] }],
          params: z.object({ name: cronNameSchema }),
          response: { 200: z.object({ report: cronReportSchema }) },
        },
      },
      async (request) => {
        if (env.CRON_SECRET === undefined) {
          throw new AppError("unavailable", "crons_off", "Crons over HTTP are switched off.", {
            hint: "Set CRON_SECRET to switch them on.",
          });
        }
        requireSecret(bearerOf(request), env.CRON_SECRET);
        return { report: await sync.runCron(request.params.name) };
      },
    );
  };
}
