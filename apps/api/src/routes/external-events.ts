import type { ExternalEventView } from "@calsync/calendar-sync";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import {
  askingEditSchema,
  editExternalEventSchema,
  externalEditSchema,
  externalEventSchema,
  externalScopeQuerySchema,
} from "../dto/external-events.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";
import { ifMatchOf } from "../services/if-match.ts";

const byId = z.object({ id: z.uuid() });
const ifMatch = z.object({
  "if-match": z
    .string()
    .optional()
    .describe("The ETag of what the change is made on; 412 when it is another now."),
});
const edit = z.object({ edit: externalEditSchema });

/** Events of connected calendars that are not ours: seen here, edited here, written through to their provider. */
export function externalEventRoutes({ sync }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Calendar"];
    const preHandler = app.requireUser;
    const { externalEvents } = sync;

    app.get(
      "/v1/external-events/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "One event of a connected calendar",
          params: byId,
          querystring: externalScopeQuerySchema,
          response: { 200: z.object({ event: externalEventSchema }) },
        },
      },
      async (request, reply) =>
        answer(reply, await externalEvents.get(userIdOf(request), request.params.id, request.query)),
    );

    app.patch(
      "/v1/external-events/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Edit an event of a connected calendar",
          description:
            "The edit is written to the calendar in a moment, merged with what was changed there meanwhile. What becomes of it " +
            "shows in GET /v1/external-edits/:id and beside the event.",
          params: byId,
          headers: ifMatch,
          body: editExternalEventSchema,
          response: { 202: edit },
        },
      },
      async (request, reply) => {
        const { scope, originalStart, time, ...details } = request.body;
        const userId = userIdOf(request);
        const which = { scope, originalStart };
        const event = time && (await externalEvents.get(userId, request.params.id, which));
        const zone = event?.time?.allDay === false ? event.time.timeZone : "UTC";
        const fields = {
          ...definedOf(details),
          ...(time ? { time: time.allDay ? time : { ...time, timeZone: time.timeZone ?? zone } } : {}),
        };
        const ifVersion = ifMatchOf(request.headers["if-match"]);
        const made = await externalEvents.edit(userId, request.params.id, { ...which, fields, ifVersion });
        return reply.code(202).send({ edit: toWire(made) });
      },
    );

    app.delete(
      "/v1/external-events/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Delete an event of a connected calendar",
          params: byId,
          headers: ifMatch,
          querystring: externalScopeQuerySchema,
          response: { 202: edit },
        },
      },
      async (request, reply) => {
        const ifVersion = ifMatchOf(request.headers["if-match"]);
        const which = { ...request.query, ifVersion };
        const made = await externalEvents.remove(userIdOf(request), request.params.id, which);
        return reply.code(202).send({ edit: toWire(made) });
      },
    );

    app.get(
      "/v1/external-edits",
      {
        preHandler,
        schema: {
          tags,
          summary: "Edits that ask which side counts",
          description: "The newest question first. POST /v1/external-edits/:id/resolve answers it.",
          querystring: z.object({ state: z.enum(["asking"]).default("asking") }),
          response: { 200: z.object({ edits: z.array(askingEditSchema) }) },
        },
      },
      async (request) => ({ edits: toWire(await externalEvents.listAsking(userIdOf(request))) }),
    );

    app.get(
      "/v1/external-edits/:id",
      {
        preHandler,
        schema: { tags, summary: "What became of an edit", params: byId, response: { 200: edit } },
      },
      async (request) => ({
        edit: toWire(await externalEvents.findEdit(userIdOf(request), request.params.id)),
      }),
    );

    app.post(
      "/v1/external-edits/:id/resolve",
      {
        preHandler,
        schema: {
          tags,
          summary: "Say which side counts",
          params: byId,
          body: z.object({
            choice: z.enum(["mine", "calendar"]).describe("`mine` writes the edit; `calendar` lets it go."),
          }),
          response: { 200: edit },
        },
      },
      async (request) => ({
        edit: toWire(await externalEvents.resolve(userIdOf(request), request.params.id, request.body.choice)),
      }),
    );
  };
}

function answer(reply: FastifyReply, event: ExternalEventView) {
  if (event.version !== null) reply.header("etag", `"${event.version}"`);
  return { event: toWire(event) };
}

function definedOf<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
