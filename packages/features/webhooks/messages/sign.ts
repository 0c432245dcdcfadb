import { createHmac, randomBytes } from "node:crypto";

/** How secrets begin, so that people and scanners of leaked secrets know one when they see it. */
const PREFIX = "whsec_";
const SECRET_BYTES = 24;

/** A new signing secret, as its owner sees it once. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

/** What is sent to one receiver, and which secrets sign it. */
export interface SignedMessage {
  /** The message's id: the same whenever it is sent again. */
  id: string;
  /** When it is sent; a receiver refuses what is too old. */
  at: Date;
  /** The body, byte for byte. */
  body: string;
  /** One, or two during a rotation; a receiver is content with either. */
  secrets: readonly string[];
}

/**
 * The headers that prove a message to be ours (Standard Webhooks 1.0): HMAC-SHA256 over `id.timestamp.body`, one signature per
 * secret, parted by blanks.
 */
export function signatureHeaders({ id, at, body, secrets }: SignedMessage): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
