import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { apiKeySchema, newApiKeySchema } from "../dto/account.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

/** API keys of the signed-in user. A key cannot manage keys. */
export function apiKeyRoutes({ auth }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/api-keys",
      {
        preHandler: app.requireSession,
        schema: {
          tags: ["Account"],
          summary: "List API keys",
          response: { 200: z.object({ apiKeys: z.array(apiKeySchema) }) },
        },
      },
      async (request) => ({ apiKeys: toWire(await auth.listApiKeys(userIdOf(request))) }),
    );

    app.post(
      "/v1/api-keys",
      {
        preHandler: app.requireSession,
        schema: {
          tags: ["Account"],
          summary: "Make an API key",
          body: newApiKeySchema,
          response: {
            201: z.object({
              apiKey: apiKeySchema,
              key: z.string().describe("The key itself: shown this once."),
            }),
          },
        },
      },
      async (request, reply) => {
        const { name, scopes, expiresAt } = request.body;
        const made = await auth.createApiKey(userIdOf(request), {
          name,
          scopes,
          expiresAt: expiresAt === null ? null : new Date(expiresAt),
        });
        return reply.code(201).send(toWire(made));
      },
    );

    app.delete(
      "/v1/api-keys/:id",
      {
        preHandler: app.requireSession,
        schema: {
          tags: ["Account"],
          summary: "Revoke an API key",
          params: z.object({ id: z.uuid() }),
          response: { 204: z.undefined().describe("Revoked, from this moment on.") },
        },
      },
      async (request, reply) => {
        await auth.revokeApiKey(userIdOf(request), request.params.id);
        return reply.code(204).send();
      },
    );
  };
}
