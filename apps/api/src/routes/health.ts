import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";

const checkSchema = z.object({ ok: z.boolean(), detail: z.string() });

/** Whether the process lives, and whether it can do its work. */
export function healthRoutes({ readiness }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Operation"];
    app.get(
      "/healthz",
      {
        logLevel: "warn",
        schema: {
          tags,
          summary: "Does the process answer?",
          response: { 200: z.object({ ok: z.literal(true) }) },
        },
      },
      async () => ({ ok: true as const }),
    );
    const readySchema = z.object({
      ok: z.boolean(),
      checks: z.object({ database: checkSchema, migrations: checkSchema }),
    });
    app.get(
      "/readyz",
      {
        logLevel: "warn",
        schema: {
          tags,
          summary: "Can it do its work?",
          description: "503 while the database cannot be reached or lacks migrations.",
          response: { 200: readySchema, 503: readySchema },
        },
      },
      async (_request, reply) => {
        const state = await readiness();
        return reply.code(state.ok ? 200 : 503).send(state);
      },
    );
  };
}
