import {
  createWebhookSchema,
  type DeliveryRow,
  deliveryListQuerySchema,
  replayFailedSchema,
  rotateSecretSchema,
  updateWebhookSchema,
  type WebhookRow,
  webhookDeliverySchema,
  webhookSchema,
} from "@calsync/webhooks";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

const byId = z.object({ id: z.uuid() });
const answer = { 200: z.object({ webhook: webhookSchema }) };
const withSecret = z.object({
  webhook: webhookSchema,
  secret: z.string().describe("Verifies the messages' signatures: shown this once."),
});
const queued = z.undefined().describe("A worker will send it in a moment.");

/** Webhooks of the signed-in user and of the teams that they run, with the log of what was sent. */
export function webhookRoutes({ webhooks }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Webhooks"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/webhooks",
      {
        preHandler,
        schema: {
          tags,
          summary: "List webhooks",
          response: { 200: z.object({ webhooks: z.array(webhookSchema) }) },
        },
      },
      async (request) => ({ webhooks: (await webhooks.list(userIdOf(request))).map(toDto) }),
    );

    app.post(
      "/v1/webhooks",
      {
        preHandler,
        schema: {
          tags,
          summary: "Make a webhook",
          body: createWebhookSchema,
          response: { 201: withSecret },
        },
      },
      async (request, reply) => {
        const { webhook, secret } = await webhooks.create(userIdOf(request), request.body);
        return reply.code(201).send({ webhook: toDto(webhook), secret });
      },
    );

    app.get(
      "/v1/webhooks/:id",
      { preHandler, schema: { tags, summary: "One webhook", params: byId, response: answer } },
      async (request) => ({ webhook: toDto(await webhooks.get(userIdOf(request), request.params.id)) }),
    );

    app.patch(
      "/v1/webhooks/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Change a webhook",
          description: "`active: true` switches one on again that we switched off.",
          params: byId,
          body: updateWebhookSchema,
          response: answer,
        },
      },
      async (request) => ({
        webhook: toDto(await webhooks.update(userIdOf(request), request.params.id, request.body)),
      }),
    );

    app.delete(
      "/v1/webhooks/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Delete a webhook",
          params: byId,
          response: { 204: z.undefined().describe("Nothing more is sent; its log is gone.") },
        },
      },
      async (request, reply) => {
        await webhooks.remove(userIdOf(request), request.params.id);
        return reply.code(204).send();
      },
    );

    app.post(
      "/v1/webhooks/:id/rotate-secret",
      {
        preHandler,
        schema: {
          tags,
          summary: "Make a new signing secret",
          description: "Messages carry a signature of each live secret, so that a receiver can change over.",
          params: byId,
          body: rotateSecretSchema.nullish().transform((body) => body ?? { keepPreviousHours: 24 }),
          response: { 200: withSecret },
        },
      },
      async (request) => {
        const { webhook, secret } = await webhooks.rotateSecret(
          userIdOf(request),
          request.params.id,
          request.body,
        );
        return { webhook: toDto(webhook), secret };
      },
    );

    app.delete(
      "/v1/webhooks/:id/previous-secret",
      {
        preHandler,
        schema: { tags, summary: "End the previous signing secret", params: byId, response: answer },
      },
      async (request) => ({
        webhook: toDto(await webhooks.endPreviousSecret(userIdOf(request), request.params.id)),
      }),
    );

    app.post(
      "/v1/webhooks/:id/ping",
      {
        preHandler,
        schema: {
          tags,
          summary: "Send a test message",
          params: byId,
          response: { 202: z.object({ deliveryId: z.uuid() }) },
        },
      },
      async (request, reply) =>
        reply.code(202).send({ deliveryId: await webhooks.ping(userIdOf(request), request.params.id) }),
    );

    app.get(
      "/v1/webhooks/:id/deliveries",
      {
        preHandler,
        schema: {
          tags,
          summary: "What was sent to a webhook, newest first",
          params: byId,
          querystring: deliveryListQuerySchema,
          response: {
            200: z.object({ deliveries: z.array(webhookDeliverySchema), nextCursor: z.string().nullable() }),
          },
        },
      },
      async (request) => {
        const { deliveries, nextCursor } = await webhooks.deliveries(
          userIdOf(request),
          request.params.id,
          request.query,
        );
        return { deliveries: deliveries.map(toDeliveryDto), nextCursor };
      },
    );

    app.post(
      "/v1/webhooks/:id/deliveries/:deliveryId/replay",
      {
        preHandler,
        schema: {
          tags,
          summary: "Send one message again",
          params: byId.extend({ deliveryId: z.uuid() }),
          response: { 202: queued },
        },
      },
      async (request, reply) => {
        const { id, deliveryId } = request.params;
        await webhooks.replay(userIdOf(request), id, deliveryId);
        return reply.code(202).send();
      },
    );

    app.post(
      "/v1/webhooks/:id/replay",
      {
        preHandler,
        schema: {
          tags,
          summary: "Send again what has failed since a time",
          params: byId,
          body: replayFailedSchema,
          response: { 202: z.object({ queued: z.int().describe("At most 1,000 at a time.") }) },
        },
      },
      async (request, reply) => {
        const { since } = request.body;
        const count = await webhooks.replayFailed(userIdOf(request), request.params.id, since);
        return reply.code(202).send({ queued: count });
      },
    );
  };
}

function toDto({ teamId, teamName, ...row }: WebhookRow) {
  const team = teamId === null ? null : { id: teamId, name: teamName ?? "" };
  return webhookSchema.parse({ ...toWire(row), team });
}

function toDeliveryDto({ payload, status, ...row }: DeliveryRow) {
  return webhookDeliverySchema.parse({ ...toWire(row), status: status.toLowerCase(), data: payload });
}
