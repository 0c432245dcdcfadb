import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import {
  applyImportSchema,
  importDetailsSchema,
  importSchema,
  toImport,
  toImportDetails,
} from "../dto/calendar-files.ts";
import { userIdOf } from "../plugins/auth.ts";
import { readOut } from "../services/read-out.ts";

const byId = z.object({ id: z.uuid() });
const answer = { 200: z.object({ import: importDetailsSchema }) };

/** Media types under which browsers and programs send calendar files. */
const FILE_TYPES = ["text/calendar", "application/ics", "application/octet-stream", "text/plain"];

/** Calendar files that the signed-in user brings: looked at first, applied as a whole, taken back as a whole. */
export function importRoutes({ ics: { imports }, env }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Calendar files"];
    const preHandler = app.requireUser;
    // Files are read as they arrive; only this scope takes them.
    app.addContentTypeParser(FILE_TYPES, (_request, payload, done) => done(null, payload));

    app.post(
      "/v1/imports",
      {
        preHandler,
        bodyLimit: env.ICS_MAX_MB * 1024 * 1024,
        schema: {
          tags,
          summary: "Upload an iCalendar file",
          description:
            `The body is the file itself (\`text/calendar\`), up to ${env.ICS_MAX_MB} MB. It is read and checked, and the answer says ` +
            "what it would do and which lines are wrong; nothing of it counts before it is applied. Invitations (REQUEST), " +
            "cancellations (CANCEL) and answers (REPLY) are uploaded the same way. A file that is not applied is forgotten after a day.",
          consumes: ["text/calendar"],
          querystring: z.object({
            fileName: z
              .string()
              .trim()
              .min(1)
              .max(200)
              .default("calendar.ics")
              .describe("Shown in the list."),
            timeZone: z
              .string()
              .max(80)
              .optional()
              .describe("Zone of times without one, and of whole days; yours when left out."),
          }),
          response: { 201: z.object({ import: importDetailsSchema }) },
        },
      },
      async (request, reply) => {
        const content = request.body as AsyncIterable<Uint8Array> | null;
        try {
          const made = await imports.upload(userIdOf(request), {
            ...request.query,
            content: content ?? [],
          });
          return reply.code(201).send({ import: toImportDetails(made) });
        } catch (error) {
          // A sender that is cut off in the middle never sees the answer.
          await readOut(request.raw, env.ICS_MAX_MB * 1024 * 1024);
          throw error;
        }
      },
    );

    app.get(
      "/v1/imports",
      {
        preHandler,
        schema: {
          tags,
          summary: "List imports, newest first",
          response: { 200: z.object({ imports: z.array(importSchema) }) },
        },
      },
      async (request) => ({ imports: (await imports.list(userIdOf(request))).map(toImport) }),
    );

    app.get(
      "/v1/imports/:id",
      { preHandler, schema: { tags, summary: "One import", params: byId, response: answer } },
      async (request) => ({
        import: toImportDetails(await imports.get(userIdOf(request), request.params.id)),
      }),
    );

    app.post(
      "/v1/imports/:id/apply",
      {
        preHandler,
        schema: {
          tags,
          summary: "Apply an import",
          description:
            "All or nothing. Busy events block time; events that are known in the same or a later version (UID, RECURRENCE-ID, " +
            "SEQUENCE) change nothing. Repeating it changes nothing.",
          params: byId,
          body: applyImportSchema.nullish().transform((body) => body ?? applyImportSchema.parse({})),
          response: answer,
        },
      },
      async (request) => ({
        import: toImportDetails(await imports.apply(userIdOf(request), request.params.id, request.body)),
      }),
    );

    app.post(
      "/v1/imports/:id/take-back",
      {
        preHandler,
        schema: {
          tags,
          summary: "Take an import back",
          description: "What it added goes; what it had changed is as the imports before it say.",
          params: byId,
          response: answer,
        },
      },
      async (request) => ({
        import: toImportDetails(await imports.takeBack(userIdOf(request), request.params.id)),
      }),
    );

    app.delete(
      "/v1/imports/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Discard an import that was not applied",
          params: byId,
          response: { 204: z.undefined().describe("The file is forgotten.") },
        },
      },
      async (request, reply) => {
        await imports.discard(userIdOf(request), request.params.id);
        return reply.code(204).send();
      },
    );
  };
}
