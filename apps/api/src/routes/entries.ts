import {
  createEntrySchema,
  type Entry,
  entrySchema,
  idempotencyKeySchema,
  updateEntrySchema,
} from "@calsync/bookings";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { userIdOf } from "../plugins/auth.ts";
import { ifMatchOf } from "../services/if-match.ts";
import { rangeOf, rangeQuerySchema } from "../services/ranges.ts";

const byUid = z.object({ uid: z.uuid() });
const ifMatch = z.object({
  "if-match": z
    .string()
    .optional()
    .describe("The ETag of what the change is made on; 412 when it is another now."),
});
const one = z.object({ entry: entrySchema });

/** A host's own entries, kept in step with the calendars that they stand in. */
export function entryRoutes({ entries }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Calendar"];
    const preHandler = app.requireUser;
    const answer = (reply: FastifyReply, entry: Entry) => {
      reply.header("etag", `"${entry.version}"`);
      return { entry };
    };

    app.get(
      "/v1/events",
      {
        preHandler,
        schema: {
          tags,
          summary: "The host's own entries in a range",
          querystring: rangeQuerySchema,
          response: { 200: z.object({ entries: z.array(entrySchema) }) },
        },
      },
      async (request) => ({ entries: await entries.list(userIdOf(request), rangeOf(request.query)) }),
    );

    app.post(
      "/v1/events",
      {
        preHandler,
        schema: {
          tags,
          summary: "Make an entry",
          description:
            "It blocks its time for guests, and is written to the chosen calendars, or to the default destination. Those who " +
            "take part get invitations.",
          headers: z.object({ "idempotency-key": idempotencyKeySchema.optional() }),
          body: createEntrySchema,
          response: { 201: one },
        },
      },
      async (request, reply) => {
        const idempotencyKey = request.headers["idempotency-key"];
        const entry = await entries.create(userIdOf(request), request.body, { idempotencyKey });
        return reply.code(201).send(answer(reply, entry));
      },
    );

    app.get(
      "/v1/events/:uid",
      { preHandler, schema: { tags, summary: "One entry", params: byUid, response: { 200: one } } },
      async (request, reply) => answer(reply, await entries.get(userIdOf(request), request.params.uid)),
    );

    app.patch(
      "/v1/events/:uid",
      {
        preHandler,
        schema: {
          tags,
          summary: "Change an entry",
          description: "What is left out stays. Its events follow, and those who take part are told.",
          params: byUid,
          headers: ifMatch,
          body: updateEntrySchema,
          response: { 200: one },
        },
      },
      async (request, reply) => {
        const version = ifMatchOf(request.headers["if-match"]);
        return answer(
          reply,
          await entries.update(userIdOf(request), request.params.uid, request.body, version),
        );
      },
    );

    app.delete(
      "/v1/events/:uid",
      {
        preHandler,
        schema: {
          tags,
          summary: "Delete an entry",
          params: byUid,
          headers: ifMatch,
          response: {
            204: z.undefined().describe("Deleted here; a worker takes its events away in a moment."),
          },
        },
      },
      async (request, reply) => {
        const version = ifMatchOf(request.headers["if-match"]);
        await entries.remove(userIdOf(request), request.params.uid, version);
        return reply.code(204).send();
      },
    );
  };
}
