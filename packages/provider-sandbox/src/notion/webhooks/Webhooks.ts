import { randomBytes } from "node:crypto";
import { newId } from "../ids.ts";

/** A subscription as its integration's settings page holds it. */
export interface Webhook {
  id: string;
  integrationId: string;
  url: string;
  /** The key of all signatures, sent once by the handshake. */
  verificationToken: string;
  state: "pending" | "active" | "paused";
  apiVersion: string;
}

/** A webhook as it is written to the state file. */
export type SavedWebhook = Webhook;

/** The webhook subscriptions of all integrations. */
export class Webhooks {
  readonly all = new Map<string, Webhook>();

  add(integrationId: string, url: string, apiVersion: string): Webhook {
    const webhook: Webhook = {
      id: newId(),
      integrationId,
      url,
      verificationToken: `secret_${randomBytes(24).toString("base64url")}`,
      state: "pending",
      apiVersion,
    };
    this.all.set(webhook.id, webhook);
    return webhook;
  }

  toJSON(): SavedWebhook[] {
    return [...this.all.values()];
  }

  load(saved: readonly SavedWebhook[]): void {
    for (const one of saved) this.all.set(one.id, one);
  }

  clear(): void {
    this.all.clear();
  }
}
