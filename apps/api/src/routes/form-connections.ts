import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { idInPath } from "../dto/ids.ts";
import { userIdOf } from "../plugins/auth.ts";
import { TooManyRequests } from "../plugins/problem.ts";

/** Each attempt calls a server that the user has named: enough for a person who mistypes, too few to search networks by it. */
const ATTEMPTS = { units: 20, perMs: 5 * 60_000 };

const formValues = z
  .record(z.string().max(64), z.string().max(4_000))
  .describe("Values by the names of the provider's form fields; `GET /v1/providers` lists them.");

const REFUSALS =
  "Refused with 400 and `field_invalid`, `secret_refused`, `address_not_allowed`, `address_unreachable`, " +
  "`address_not_a_calendar` or `permission_missing`; `errors` names the fields. Attempts are limited.";

/** Connecting an account by a password, a token or an address. */
export function formConnectionRoutes({ connections, visitors }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Connections"];
    const preHandler = app.requireUser;
    const attemptsOfUser = visitors.attempts("connect", ATTEMPTS);
    const countAttempt = async (request: FastifyRequest) => {
      const waitMs = await attemptsOfUser.count(String(userIdOf(request)));
      if (waitMs === 0) return;
      throw new TooManyRequests("Too many attempts to connect an account.", Math.ceil(waitMs / 1_000));
    };

    app.post(
      "/v1/connections/:provider/form",
      {
        preHandler,
        schema: {
          tags,
          summary: "Connect an account by a password, a token or an address",
          description: `Really connects, and stores nothing unless that works. ${REFUSALS}`,
          params: z.object({ provider: z.string().min(1).max(100) }),
          body: formValues,
          response: { 201: z.object({ connectionId: z.int() }) },
        },
      },
      async (request, reply) => {
        await countAttempt(request);
        const { provider } = request.params;
        const connectionId = await connections.connectByForm(userIdOf(request), provider, request.body);
        return reply.code(201).send({ connectionId });
      },
    );

    app.put(
      "/v1/connections/:id/form",
      {
        preHandler,
        schema: {
          tags,
          summary: "Connect an account again with a new password, token or address",
          description:
            `Values that are left out stay as they are. ${REFUSALS} 409 \`other_account\` when the values open an account ` +
            "that is not this one.",
          params: z.object({ id: idInPath }),
          body: formValues,
          response: { 204: z.undefined().describe("The account is connected.") },
        },
      },
      async (request, reply) => {
        await countAttempt(request);
        await connections.reconnectByForm(userIdOf(request), request.params.id, request.body);
        return reply.code(204).send();
      },
    );
  };
}
