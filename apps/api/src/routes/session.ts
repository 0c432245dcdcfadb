import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { userSchema } from "../dto/account.ts";
import { clearSessionCookie, sessionTokenOf, setSessionCookie, viewerOf } from "../plugins/auth.ts";
import { TooManyRequests } from "../plugins/problem.ts";
import { placeOf } from "../services/visitor-limits/place.ts";

/** Failed attempts for one address from one place, and from one place altogether, before a pause. */
const FAILURES = { perAddress: 10, perPlace: 60, perMs: 10 * 60_000 };

const credentials = z.object({
  email: z.string().trim().min(3).max(254),
  password: z.string().min(1).max(1_000),
});

/** Signing in and out, and who one is. */
export function sessionRoutes({ auth, secureCookie, visitors }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const { perAddress, perPlace, perMs } = FAILURES;
    const failuresOfAddress = visitors.attempts("sign-in-address", { units: perAddress, perMs });
    const failuresOfPlace = visitors.attempts("sign-in-place", { units: perPlace, perMs });

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
        const { email, password } = request.body;
        const place = placeOf(request.ip);
        const address = `${place} ${email.toLowerCase()}`;
        const waits = await Promise.all([failuresOfAddress.left(address), failuresOfPlace.left(place)]);
        const waitMs = Math.max(...waits);
        if (waitMs > 0) {
          throw new TooManyRequests("Too many failed attempts to sign in.", Math.ceil(waitMs / 1_000));
        }
        try {
          const { user, token, expiresAt } = await auth.signIn(email, password);
          setSessionCookie(reply, secureCookie, token, expiresAt);
          return { user };
        } catch (error) {
          if (error instanceof AppError && error.code === "wrong_credentials") {
            await Promise.all([failuresOfAddress.count(address), failuresOfPlace.count(place)]);
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
