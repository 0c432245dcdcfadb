import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import {
  bulkOutcomeSchema,
  conflictDetailsSchema,
  conflictSchema,
  massChangeDetailsSchema,
  massChangeSchema,
  resolveManyRequestSchema,
  resolveRequestSchema,
  staleConflictSchema,
  undoOutcomesSchema,
} from "../dto/questions.ts";
import { changeSchema } from "../dto/sync.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

const tags = ["Questions"];
const byId = z.object({ id: z.uuid() });

/** What sync asks its host, their answers, and taking back what it did. */
export function questionRoutes({ sync }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/conflicts",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "Questions about single bookings, the newest first",
          querystring: z.object({ state: z.enum(["open", "closed", "any"]).default("open") }),
          response: { 200: z.object({ conflicts: z.array(conflictSchema) }) },
        },
      },
      async (request) => ({ conflicts: toWire(await sync.conflicts.list(userIdOf(request), request.query)) }),
    );

    app.get(
      "/v1/conflicts/:id",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "A question with both sides, compared field by field",
          params: byId,
          response: { 200: z.object({ conflict: conflictDetailsSchema }) },
        },
      },
      async (request) => ({
        conflict: toWire(await sync.conflicts.get(userIdOf(request), request.params.id)),
      }),
    );

    app.post(
      "/v1/conflicts/:id/resolve",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "Answer a question",
          description:
            "The booking becomes what was chosen, and every calendar follows. For a held move `remote` confirms it and `local` puts the event back.",
          params: byId,
          body: resolveRequestSchema,
          response: { 200: z.object({ conflict: conflictDetailsSchema }), 409: staleConflictSchema },
        },
      },
      async (request, reply) => {
        const { outcome, conflict } = await sync.conflicts.resolve(
          userIdOf(request),
          request.params.id,
          request.body,
        );
        if (outcome === "resolved") return { conflict: toWire(conflict) };
        return reply
          .code(409)
          .type("application/problem+json; charset=utf-8")
          .send({
            type: "urn:calsync:problem:conflict_changed",
            title: "Conflict",
            status: 409,
            code: "conflict_changed",
            detail: "The question has changed since you looked at it.",
            hint: "Look at `conflict`, which is how it stands now, and answer with its version.",
            conflict: toWire(conflict),
          });
      },
    );

    app.post(
      "/v1/conflicts/resolve",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "Answer several questions alike",
          body: resolveManyRequestSchema,
          response: { 200: bulkOutcomeSchema },
        },
      },
      async (request) => {
        const { ids, choice } = request.body;
        return { outcomes: await sync.conflicts.resolveMany(userIdOf(request), ids, choice) };
      },
    );

    app.get(
      "/v1/mass-changes",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "Pulls that would change more bookings than the host allows",
          querystring: z.object({ state: z.enum(["open", "any"]).default("open") }),
          response: { 200: z.object({ massChanges: z.array(massChangeSchema) }) },
        },
      },
      async (request) => ({
        massChanges: toWire(await sync.massChanges.list(userIdOf(request), request.query)),
      }),
    );

    app.get(
      "/v1/mass-changes/:id",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "One of them, with what would happen",
          params: byId,
          response: { 200: z.object({ massChange: massChangeDetailsSchema }) },
        },
      },
      async (request) => ({
        massChange: toWire(await sync.massChanges.get(userIdOf(request), request.params.id)),
      }),
    );

    for (const [answer, summary] of [
      ["confirm", "Carry everything out"],
      ["restore", "Make every event equal to its booking again"],
    ] as const) {
      app.post(
        `/v1/mass-changes/:id/${answer}`,
        {
          preHandler: app.requireUser,
          schema: {
            tags,
            summary,
            description: "A worker does it in a moment; `finishedAt` tells when it was done.",
            params: byId,
            response: { 202: z.object({ massChange: massChangeSchema }) },
          },
        },
        async (request, reply) => {
          const massChange = await sync.massChanges.decide(userIdOf(request), request.params.id, answer);
          return reply.code(202).send({ massChange: toWire(massChange) });
        },
      );
    }

    app.post(
      "/v1/mass-changes/:id/undo",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "Take back what a confirmed mass change has done, as far as it still can be",
          params: byId,
          response: { 200: undoOutcomesSchema },
        },
      },
      async (request) => {
        const userId = userIdOf(request);
        const { id } = await sync.massChanges.get(userId, request.params.id);
        const outcomes = await sync.undoMassChange(userId, id);
        return {
          undone: outcomes.filter(({ refusal }) => refusal === null).length,
          refused: outcomes.flatMap(({ changeId, booking, refusal }) =>
            refusal ? [{ changeId, booking, ...refusal }] : [],
          ),
        };
      },
    );

    app.get(
      "/v1/changes",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "The latest changes of all bookings, newest first",
          querystring: z.object({
            before: z.uuid().optional().describe("The id of a change: only older ones."),
            limit: z.coerce.number().int().min(1).max(100).default(50),
          }),
          response: { 200: z.object({ changes: z.array(changeSchema) }) },
        },
      },
      async (request) => {
        const { before = null, limit } = request.query;
        return { changes: toWire(await sync.changes(userIdOf(request), { before, limit })) };
      },
    );

    app.post(
      "/v1/changes/:id/undo",
      {
        preHandler: app.requireUser,
        schema: {
          tags,
          summary: "Take back what sync changed",
          description:
            "Refused with 409 and why: `slot_taken`, `changed_since`, `booking_over`, `time_over`, `not_undoable`. Undoing twice gives the first answer again.",
          params: byId,
          response: { 200: z.object({ change: changeSchema }) },
        },
      },
      async (request) => ({ change: toWire(await sync.undo(userIdOf(request), request.params.id)) }),
    );
  };
}
