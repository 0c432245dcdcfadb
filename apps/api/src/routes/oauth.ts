import { MissingPermissionsError } from "@calsync/calendar-connections";
import { AppError, isCalendarError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { userIdOf, viewerOf } from "../plugins/auth.ts";

/** Where the web app shows connected accounts. */
const SETTINGS_PAGE = "/settings/calendars";

const providerParams = z.object({ provider: z.string().min(1).max(100) });

/** Connecting an account by its provider's consent page. */
export function oauthRoutes({ connections, delegations, env }: Container): FastifyPluginAsyncZod {
  const pageOf = (path: string, query: Record<string, string>) => {
    const url = new URL(path, `${env.WEB_URL}/`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  };

  return async (app) => {
    app.post(
      "/v1/connections/:provider/authorize",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Connections"],
          summary: "Start connecting an account",
          description: "The browser is then sent to `url`, where the user consents.",
          params: providerParams,
          body: z
            .object({
              returnTo: z.string().max(500).optional().describe("Path of the web app to come back to."),
            })
            .nullish(),
          response: { 200: z.object({ url: z.string() }) },
        },
      },
      async (request) => ({
        url: await connections.startOAuth(
          userIdOf(request),
          request.params.provider,
          request.body?.returnTo ?? null,
        ),
      }),
    );

    app.post(
      "/v1/connections/:provider/delegated",
      {
        preHandler: app.requireSession,
        schema: {
          tags: ["Connections"],
          summary: "Connect the account that the organisation's administrator has opened",
          description:
            "For users whose address is in a domain that an operator has added; there is no consent page.",
          params: providerParams,
          response: { 201: z.object({ connectionId: z.int() }) },
        },
      },
      async (request, reply) => {
        const { id, email } = viewerOf(request).user;
        const connectionId = await delegations.connect({ id, email }, request.params.provider);
        return reply.code(201).send({ connectionId });
      },
    );

    app.get(
      "/v1/oauth/:provider/callback",
      {
        preHandler: app.recogniseUser,
        schema: {
          tags: ["Connections"],
          summary: "Where a provider's consent page sends the browser back to",
          description:
            "Reached through the web app's address, so that the browser sends the session along. Always leads back to the web app.",
          params: providerParams,
          querystring: z.object({
            state: z.string().max(1_000).default(""),
            code: z.string().max(4_000).optional(),
            error: z.string().max(200).optional(),
          }),
          response: {
            302: z.undefined().describe("To the web app, with `connected` or `error` in the query."),
          },
        },
      },
      async (request, reply) => {
        const { provider } = request.params;
        if (!request.viewer) return reply.redirect(pageOf("/login", { returnTo: SETTINGS_PAGE }));
        try {
          const account = await connections.finishOAuth(request.viewer.user.id, provider, request.query);
          return reply.redirect(
            pageOf(account.returnTo ?? SETTINGS_PAGE, { connected: String(account.connectionId) }),
          );
        } catch (error) {
          // A person sits in front of this: they are better off on a page that explains than with a problem document.
          const known = error instanceof AppError || isCalendarError(error);
          if (!known) request.log.error({ err: error, provider }, "connecting an account failed");
          const code = known ? error.code.toLowerCase() : "internal_error";
          const missing =
            error instanceof MissingPermissionsError ? { missing: error.permissions.join(",") } : {};
          return reply.redirect(pageOf(SETTINGS_PAGE, { error: code, ...missing }));
        }
      },
    );
  };
}
