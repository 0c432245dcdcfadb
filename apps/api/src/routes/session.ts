import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { userSchema } from "../dto/account.ts";
import { clearSessionCookie, sessionTokenOf, setSessionCookie, viewerOf } from "../plugins/auth.ts";
import { TooManyRequests } from "../plugins/problem.ts";

/** Failed attempts for one address from one place, and from one place altogether, before a pause. */
const FAILURES = { perAddress: 10, perPlace: 60, timeWindow: 10 * 60_000 };

const credentials = z.object({
  email: z.string().trim().min(3).max(254),
  password: z.string().min(1).max(1_000),
});

/** Signing in and out, and who one is. */
export function sessionRoutes({ auth, secureCookie }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const { timeWindow } = FAILURES;
    const failuresOfAddress = app.createRateLimit({
      max: FAILURES.perAddress,
      timeWindow,
      keyGenerator: (request) => `${request.ip} ${credentials.parse(request.body).email.toLowerCase()}`,
    });
    const failuresOfPlace = app.createRateLimit({ max: FAILURES.perPlace, timeWindow });

    app.post(
      "/v1/session",
      {
        schema: {
          tags: ["Account"],
          summary: "Sign in",
          description: "Sets the session's cookie. Failed attempts are limited.",
          body: credentials,
          response: { 200: z.object({ user: userSchema }) },
        },
      },
      async (request, reply) => {
        for (const limit of [failuresOfAddress, failuresOfPlace]) {
          const state = await limit(request, { increment: false });
          if (state.isAllowed || state.remaining > 0) continue;
          throw new TooManyRequests("Too many failed attempts to sign in.", state.ttlInSeconds);
        }
        try {
          const { user, token, expiresAt } = await auth.signIn(request.body.email, request.body.password);
          setSessionCookie(reply, secureCookie, token, expiresAt);
          return { user };
        } catch (error) {
          if (error instanceof AppError && error.code === "wrong_credentials") {
            await Promise.all([failuresOfAddress(request), failuresOfPlace(request)]);
          }
          throw error;
        }
      },
    );

    app.delete(
      "/v1/session",
      {
        schema: {
          tags: ["Account"],
          summary: "Sign out",
          response: { 204: z.undefined().describe("Signed out; also when nobody was signed in.") },
        },
      },
      async (request, reply) => {
        const token = sessionTokenOf(request);
        if (token !== null) await auth.signOut(token);
        clearSessionCookie(reply, secureCookie);
        return reply.code(204).send();
      },
    );

    app.get(
      "/v1/me",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Account"],
          summary: "Who am I?",
          response: { 200: z.object({ user: userSchema }) },
        },
      },
      async (request) => ({ user: viewerOf(request).user }),
    );
  };
}
