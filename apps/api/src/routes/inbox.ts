import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { inboxSchema } from "../dto/inbox.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf, viewerOf } from "../plugins/auth.ts";

/** The inbox for invitations and answers by mail, as the signed-in user sees it. */
export function inboxRoutes({ ics }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Calendar files"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/inbox",
      {
        preHandler,
        schema: {
          tags,
          summary: "The inbox for invitations by mail",
          description:
            "How reading it stands, and your mails that were set aside and carry nothing that could be applied. Those that do are imports " +
            "that wait (`mail.setAside` says why).",
          response: { 200: z.object({ inbox: inboxSchema.nullable().describe("Null: there is none") }) },
        },
      },
      async (request) => {
        const view = await ics.inbox?.view(viewerOf(request).user);
        return { inbox: view ? inboxSchema.parse(toWire(view)) : null };
      },
    );

    app.delete(
      "/v1/inbox/messages/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Clear away a mail that was set aside",
          description: "It is not shown any more. The mail itself stays in the mailbox.",
          params: z.object({ id: z.uuid() }),
          response: { 204: z.undefined().describe("It is cleared away.") },
        },
      },
      async (request, reply) => {
        if (!ics.inbox)
          throw new AppError("not-found", "no_inbox", "There is no inbox for invitations here.");
        await ics.inbox.dismiss(userIdOf(request), request.params.id);
        return reply.code(204).send();
      },
    );
  };
}
