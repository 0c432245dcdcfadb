/** The shapes of webhooks outside: requests that are checked with these schemas, and answers that fit them. Imports nothing but zod. */
import { z } from "zod";
import { WEBHOOK_EVENTS } from "./messages/webhook-message.ts";

export * from "./messages/webhook-message.ts";

const instant = z.iso.datetime();

/** A webhook as its owner sees it. */
export const webhookSchema = z
  .object({
    id: z.uuid(),
    team: z.object({ id: z.int(), name: z.string() }).nullable().describe("Null for the user's own"),
    name: z.string(),
    url: z.string(),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    active: z.boolean(),
    disabledReason: z
      .enum(["gone", "failing"])
      .nullable()
      .describe("Why we switched it off: the receiver answered 410, or nothing arrived there for days"),
    disabledAt: instant.nullable(),
    failingSince: instant.nullable().describe("Nothing has arrived there since"),
    previousSecretUntil: instant
      .nullable()
      .describe("Until then messages are signed with the previous secret too"),
    createdAt: instant,
  })
  .meta({ id: "Webhook" });

const fields = z.object({
  name: z.string().trim().max(100),
  url: z.string().trim().max(2_000).describe("Receives POST requests; https, on the public internet"),
  events: z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1, { error: "must name at least one event" })
    .transform((events) => [...new Set(events)]),
  active: z.boolean(),
});

/** POST /v1/webhooks. */
export const createWebhookSchema = z.object({
  name: fields.shape.name.default(""),
  url: fields.shape.url,
  events: fields.shape.events,
  active: fields.shape.active.default(true),
  teamId: z.int32().optional().describe("For a team that you run; your own when left out"),
});

/** PATCH /v1/webhooks/:id. */
export const updateWebhookSchema = fields
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, { error: "must change at least one field" });

/** POST /v1/webhooks/:id/rotate-secret. */
export const rotateSecretSchema = z.object({
  keepPreviousHours: z
    .int()
    .min(0)
    .max(24 * 30)
    .default(24)
    .describe("For so long messages are signed with both; 0 ends the previous secret at once"),
});

/** One message to one webhook. */
export const webhookDeliverySchema = z
  .object({
    id: z.uuid().describe("The header webhook-id of the message"),
    event: z.enum([...WEBHOOK_EVENTS, "PING"]),
    status: z
      .enum(["queued", "delivered", "failed", "superseded"])
      .describe("`superseded`: later news said more before it was sent"),
    data: z.unknown().describe("The message's `data`"),
    attempts: z.int(),
    responseStatus: z.int().nullable(),
    responseExcerpt: z.string().nullable().describe("The beginning of the last answer"),
    error: z.string().nullable(),
    durationMs: z.int().nullable(),
    createdAt: instant,
    nextAttemptAt: instant.nullable(),
    lastAttemptAt: instant.nullable(),
    deliveredAt: instant.nullable(),
  })
  .meta({ id: "WebhookDelivery" });

/** GET /v1/webhooks/:id/deliveries. */
export const deliveryListQuerySchema = z.object({
  status: z.enum(["queued", "delivered", "failed", "superseded"]).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** POST /v1/webhooks/:id/replay. */
export const replayFailedSchema = z.object({
  since: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .describe("What has failed since then is sent again"),
});

/** A new webhook, defaults filled in. */
export type CreateWebhook = z.output<typeof createWebhookSchema>;
/** What is changed of a webhook. */
export type UpdateWebhook = z.output<typeof updateWebhookSchema>;
/** Which deliveries are asked for. */
export type DeliveryListQuery = z.output<typeof deliveryListQuerySchema>;
