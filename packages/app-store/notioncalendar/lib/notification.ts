import { createHmac, timingSafeEqual } from "node:crypto";
import type { NotificationRequest, ParsedNotification } from "@calsync/types";
import * as z from "zod";
import { parseJson } from "../../common/parse-json.ts";

const introductionSchema = z.object({ verification_token: z.string().startsWith("secret_").max(200) });
const eventSchema = z.object({
  type: z.string(),
  entity: z.object({ id: z.string(), type: z.string() }),
  data: z.object({ parent: z.object({ data_source_id: z.string().optional() }).optional() }).optional(),
});

/**
 * Reads a delivery of the integration's webhook. It names what has changed and holds no values; order and number of deliveries
 * say nothing, so that each is a hint to pull. The handshake is signed with the very token that it brings, or not at all: it
 * proves nothing, and counts only while an operator expects it.
 */
export function parseNotification(
  { method, headers, body }: NotificationRequest,
  secret: string | null = null,
): ParsedNotification {
  if (method.toUpperCase() !== "POST")
    return { type: "refused", reason: "Notion sends notifications by POST" };
  const content = parseJson(Buffer.from(body).toString("utf8"));
  const introduction = introductionSchema.safeParse(content);
  if (introduction.success) return { type: "introduction", secret: introduction.data.verification_token };
  if (secret === null) return { type: "refused", reason: "no webhook of Notion is set up here" };
  if (!isSigned(body, headers["x-notion-signature"], secret))
    return { type: "refused", reason: "the header X-Notion-Signature does not fit to the body" };
  const event = eventSchema.safeParse(content);
  if (!event.success) return { type: "refused", reason: "the body is no event of Notion" };
  const { entity, data } = event.data;
  const id = entity.type === "data_source" ? entity.id : data?.parent?.data_source_id;
  // Pages that are in no table, comments, files: signed, and nothing to us.
  return { type: "resources", resourceIds: id === undefined ? [] : [id] };
}

/** HMAC-SHA256 over the body as it came: a body that was read and written again has other bytes. */
function isSigned(body: Uint8Array, signature: string | undefined, secret: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/.exec(signature ?? "")?.[1];
  if (given === undefined) return false;
  return timingSafeEqual(createHmac("sha256", secret).update(body).digest(), Buffer.from(given, "hex"));
}
