import { createHmac } from "node:crypto";
import { BackgroundWork } from "../../BackgroundWork.ts";
import type { NotionFaults } from "../faults.ts";
import { MAX_ATTEMPTS } from "../faults.ts";
import { newId } from "../ids.ts";
import type { NotionChange, NotionStore } from "../NotionStore.ts";
import type { Actor } from "../types.ts";
import type { Webhook } from "./Webhooks.ts";

/** Sent at once; everything else is gathered first. */
const IMMEDIATE: readonly string[] = ["page.locked", "page.unlocked", "comment.created"];
const TIMEOUT_MS = 10_000;
const RETRY_FACTOR = 6;
/** How long a reordered event waits for later ones to pass it. */
const REORDER_MS = 1;

interface PendingEvent {
  webhook: Webhook;
  kind: NotionChange["kind"];
  entityId: string;
  dataSourceId: string | null;
  /** When it first happened, and last. */
  firstMs: number;
  lastMs: number;
  authors: Map<string, Actor["type"]>;
  properties: Set<string>;
  dueMs: number;
}

interface Delivery {
  webhook: Webhook;
  event: Record<string, unknown>;
  attempt: number;
  dueMs: number;
}

/**
 * Sends what happens to the webhooks of each integration: gathers, signs, repeats. Everything waits on the sandbox's clock, so
 * that `advance` makes a day of repetitions pass at once.
 */
export class EventDelivery {
  readonly #store: NotionStore;
  readonly #faults: NotionFaults;
  readonly #work = new BackgroundWork();
  #pending: PendingEvent[] = [];
  #deliveries: Delivery[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(store: NotionStore, faults: NotionFaults) {
    this.#store = store;
    this.#faults = faults;
    store.onChange((change) => this.#gather(change));
  }

  /** Posts the verification token to a new subscription's address. */
  async handshake(webhook: Webhook): Promise<void> {
    const body = JSON.stringify({ verification_token: webhook.verificationToken });
    await this.#post(webhook, body, this.#faults.behaviours.signHandshake).catch(() => 0);
  }

  /** Sends what is due by now, and waits for the answers. */
  async flush(): Promise<void> {
    for (;;) {
      this.#release();
      const nowMs = this.#store.clock.nowMs();
      const due = this.#deliveries.filter(({ dueMs }) => dueMs <= nowMs);
      if (due.length === 0) break;
      this.#deliveries = this.#deliveries.filter((one) => !due.includes(one));
      await this.#work.track(() => Promise.all(due.map((delivery) => this.#deliver(delivery))));
    }
    this.#arm();
  }

  /** Resolves once nothing is on its way; what waits for its time goes on waiting. */
  async idle(): Promise<void> {
    await this.flush();
    await this.#work.idle();
  }

  clear(): void {
    this.#pending = [];
    this.#deliveries = [];
  }

  close(): void {
    this.#work.close();
    clearTimeout(this.#timer);
    this.clear();
  }

  #gather(change: NotionChange): void {
    const nowMs = this.#store.clock.nowMs();
    const { aggregationMs } = this.#faults.behaviours;
    for (const webhook of this.#store.webhooks.all.values()) {
      if (webhook.state !== "active" || this.#audience(webhook, change).length === 0) continue;
      const immediate = IMMEDIATE.includes(change.kind);
      const same = this.#pending.find(
        (one) => one.webhook === webhook && one.kind === change.kind && one.entityId === change.id,
      );
      const event = same ?? {
        webhook,
        kind: change.kind,
        entityId: change.id,
        dataSourceId: change.dataSourceId,
        firstMs: nowMs,
        lastMs: nowMs,
        authors: new Map(),
        properties: new Set<string>(),
        dueMs: immediate ? nowMs : nowMs + aggregationMs,
      };
      event.lastMs = nowMs;
      event.dataSourceId = change.dataSourceId;
      event.authors.set(change.actor.id, change.actor.type);
      for (const property of change.properties) event.properties.add(property);
      if (!same) this.#pending.push(event);
      this.#settle(webhook, event);
    }
    this.#arm();
  }

  /** What takes back what happened within the window: nothing is sent of either, or only the last. */
  #settle(webhook: Webhook, event: PendingEvent): void {
    const opposite: Partial<Record<string, string>> = {
      "page.deleted": "page.created",
      "page.undeleted": "page.deleted",
    };
    const other = this.#pending.find(
      (one) =>
        one.webhook === webhook && one.entityId === event.entityId && one.kind === opposite[event.kind],
    );
    if (!other) return;
    const keep = this.#faults.behaviours.cancelledEvents === "last" ? event : null;
    this.#pending = this.#pending.filter(
      (one) => one === keep || one.webhook !== webhook || one.entityId !== event.entityId,
    );
  }

  #release(): void {
    const nowMs = this.#store.clock.nowMs();
    const due = this.#pending.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length === 0) return;
    this.#pending = this.#pending.filter((one) => !due.includes(one));
    for (const event of due) {
      const subject = { method: "webhook" };
      if (this.#faults.strikes("dropDelivery", subject)) continue;
      const reordered = this.#faults.strikes("reorderDelivery", subject) !== null;
      const copies = this.#faults.strikes("duplicateDelivery", subject) ? 2 : 1;
      const payload = this.#payload(event);
      for (let copy = 0; copy < copies; copy += 1) {
        const delivery = { webhook: event.webhook, event: payload, attempt: 1, dueMs: nowMs };
        this.#deliveries.push(reordered ? { ...delivery, dueMs: nowMs + REORDER_MS } : delivery);
      }
    }
  }

  #payload(event: PendingEvent): Record<string, unknown> {
    const { webhook, entityId, kind } = event;
    const audience = this.#audience(webhook, { id: entityId, dataSourceId: event.dataSourceId });
    const isPublic = audience.some(({ kind: one }) => one === "public");
    const workspace = this.#store.workspaces.get(audience[0]?.workspaceId ?? "");
    const source = event.dataSourceId === null ? undefined : this.#store.dataSources.get(event.dataSourceId);
    return {
      id: newId(),
      timestamp: new Date(event.lastMs).toISOString(),
      workspace_id: workspace?.id ?? "",
      workspace_name: workspace?.name ?? "",
      subscription_id: webhook.id,
      integration_id: webhook.integrationId,
      authors: [...event.authors].map(([id, type]) => ({ id, type })),
      ...(isPublic
        ? {
            accessible_by: audience.flatMap(({ ownerId, botId }) => [
              { id: ownerId, type: "person" },
              { id: botId, type: "bot" },
            ]),
          }
        : {}),
      api_version: webhook.apiVersion,
      type: kind,
      entity: { id: entityId, type: kind.split(".")[0] },
      data: {
        parent: source
          ? { id: source.databaseId, type: "database", data_source_id: source.id }
          : { id: workspace?.id ?? "", type: "space" },
        ...(kind === "page.properties_updated"
          ? { updated_properties: [...event.properties].map(encodeURIComponent) }
          : {}),
      },
      ...(this.#faults.behaviours.extraFields ? { field_of_the_future: true } : {}),
    };
  }

  /** The installations of the webhook's integration that see the object. */
  #audience(webhook: Webhook, { id, dataSourceId }: { id: string; dataSourceId: string | null }) {
    const source = dataSourceId === null ? undefined : this.#store.dataSources.get(dataSourceId);
    const database = source && this.#store.databases.get(source.databaseId);
    return [...this.#store.connections.values()].filter(
      ({ integrationId, revoked, shared, hidden }) =>
        integrationId === webhook.integrationId &&
        !revoked &&
        !hidden.has(id) &&
        (shared.has(id) ||
          (database !== undefined &&
            (shared.has(database.id) ||
              (database.parentPageId !== null && shared.has(database.parentPageId))))),
    );
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { webhook, event, attempt } = delivery;
    const body = JSON.stringify({ ...event, attempt_number: attempt });
    const status = await this.#post(webhook, body, true).catch(() => 0);
    if ((status >= 200 && status < 300) || attempt >= MAX_ATTEMPTS || this.#work.signal.aborted) return;
    const pauseMs = this.#faults.behaviours.deliveryRetryBaseMs * RETRY_FACTOR ** (attempt - 1);
    const dueMs = this.#store.clock.nowMs() + pauseMs;
    this.#deliveries.push({ webhook, event, attempt: attempt + 1, dueMs });
  }

  async #post({ url, verificationToken }: Webhook, body: string, signed: boolean): Promise<number> {
    const signature = createHmac("sha256", verificationToken).update(body).digest("hex");
    const answer = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(signed ? { "x-notion-signature": `sha256=${signature}` } : {}),
      },
      body,
      redirect: "manual",
      signal: AbortSignal.any([this.#work.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    return answer.status;
  }

  /** Wakes up when the next event is due. */
  #arm(): void {
    clearTimeout(this.#timer);
    const dueMs = Math.min(
      ...this.#pending.map((one) => one.dueMs),
      ...this.#deliveries.map((one) => one.dueMs),
    );
    if (!Number.isFinite(dueMs) || this.#work.signal.aborted) return;
    const waitMs = Math.min(Math.max(0, dueMs - this.#store.clock.nowMs()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => void this.flush(), waitMs);
    this.#timer.unref();
  }
}
