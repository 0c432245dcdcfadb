import { randomUUID } from "node:crypto";
import type { GraphFaults } from "./faults.ts";
import { etagOf, type GraphChange, type GraphStore } from "./GraphStore.ts";
import { defaultId, immutableId } from "./item-ids.ts";
import { NotificationOutbox } from "./NotificationOutbox.ts";
import type { GraphSubscription } from "./types.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How often the subscriptions' own life is looked after while nothing happens. */
const TICK_MS = 30_000;
/** How long a reordered notification waits for later ones to pass it. */
const REORDER_DELAY_MS = 60;

/** What a subscription's life is told by. */
export type LifecycleEvent = "reauthorizationRequired" | "subscriptionRemoved" | "missed";
type EventChange = Extract<GraphChange, { resource: "events" }>;

/** Tells subscriptions of changes and of their own life, as the webhook and lifecycle guides describe. */
export class SubscriptionDelivery {
  readonly #store: GraphStore;
  readonly #faults: GraphFaults;
  readonly #outbox: NotificationOutbox;
  readonly #timer: NodeJS.Timeout;

  constructor(store: GraphStore, faults: GraphFaults) {
    this.#store = store;
    this.#faults = faults;
    this.#outbox = new NotificationOutbox(store.clock, faults);
    store.onChange((change) => {
      if (change.resource === "events") this.#tell(change);
    });
    store.clock.onAdvance(() => this.tick());
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  /** The handshake: true when the address answers 200 in ten seconds with the decoded token as plain text and nothing else. */
  async validate(url: string): Promise<boolean> {
    // Characters that an address must decode before it echoes them.
    const token = `Validation: Testing client application reachability. 100%+ Request-Id: ${randomUUID()}`;
    const target = `${url}${url.includes("?") ? "&" : "?"}validationToken=${encodeURIComponent(token)}`;
    const answer = await this.#outbox.ask(
      target,
      { headers: { "content-type": "text/plain; charset=utf-8" }, body: "" },
      HANDSHAKE_TIMEOUT_MS,
    );
    if (!answer) return false;
    const text = await answer.text().catch(() => null);
    const type = answer.headers.get("content-type") ?? "";
    return answer.status === 200 && type.startsWith("text/plain") && text === token;
  }

  /** Ends what has expired, asks for reauthorization where it is time, and tries due notifications again. */
  tick(): void {
    const now = this.#store.clock.nowMs();
    for (const [id, subscription] of this.#store.subscriptions) {
      if (subscription.expiresMs <= now) {
        // Expired subscriptions fall silent without notice.
        this.#store.subscriptions.delete(id);
        continue;
      }
      const deadline = Math.min(
        subscription.authorizedUntilMs ?? Number.POSITIVE_INFINITY,
        subscription.expiresMs,
      );
      const isTime = deadline - now <= this.#faults.behaviours.reauthorizationLeadMs;
      if (!isTime || subscription.askedForMs === deadline) continue;
      subscription.askedForMs = deadline;
      this.tellLifecycle(subscription, "reauthorizationRequired");
    }
    this.#outbox.retryDue();
  }

  /** Sends a lifecycle notification, if the subscription has an address for them. */
  tellLifecycle(subscription: GraphSubscription, lifecycleEvent: LifecycleEvent): void {
    if (subscription.lifecycleNotificationUrl === null) return;
    const notification = { ...this.#head(subscription), lifecycleEvent };
    this.#outbox.send(subscription.lifecycleNotificationUrl, notification, 0);
  }

  /** Resolves once no notification is on its way or about to be tried again. */
  idle(): Promise<void> {
    return this.#outbox.idle();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#outbox.clear();
  }

  /** Drops what waits and ends what is on its way. */
  close(): void {
    clearInterval(this.#timer);
    this.#outbox.close();
  }

  #tell(change: EventChange): void {
    this.tick();
    for (const subscription of this.#store.subscriptions.values()) {
      if (subscription.email !== change.email) continue;
      if (subscription.calendarId !== null && subscription.calendarId !== change.calendarId) continue;
      if (!this.#delivers(subscription)) continue;
      for (const changeType of this.#changeTypes(change)) {
        if (subscription.changeTypes.includes(changeType)) this.#send(subscription, change, changeType);
      }
    }
  }

  /** What is told of one change: a creation is followed by an update, and an update may be told several times. */
  #changeTypes({ changeType }: EventChange): string[] {
    if (changeType === "deleted") return ["deleted"];
    if (changeType === "created") return ["created", "updated"];
    const [fewest, most] = this.#faults.behaviours.notificationsPerUpdate;
    return Array.from(
      { length: this.#store.random.integer(fewest, Math.max(fewest, most)) },
      () => "updated",
    );
  }

  /** Without authorization nothing is told, and nothing of that time later. */
  #delivers({ authorizedUntilMs, broken, creator, clientId }: GraphSubscription): boolean {
    const { identity, clock } = this.#store;
    if (broken || (authorizedUntilMs !== null && clock.nowMs() >= authorizedUntilMs)) return false;
    return creator === null || identity.consent(creator, clientId) !== undefined;
  }

  #send(subscription: GraphSubscription, change: EventChange, changeType: string): void {
    const subject = { method: "notification", account: subscription.email, calendarId: change.calendarId };
    if (this.#faults.strikes("missNotification", subject)) {
      this.tellLifecycle(subscription, "missed");
      return;
    }
    if (this.#faults.strikes("dropNotification", subject)) return;
    const late = this.#faults.strikes("delayNotification", subject);
    const reordered = this.#faults.strikes("reorderNotification", subject);
    const delayMs = (late?.delayMs ?? (late ? 1_000 : 0)) + (reordered ? REORDER_DELAY_MS : 0);
    const copies = this.#faults.strikes("duplicateNotification", subject) ? 2 : 1;
    const notification = this.#notification(subscription, change, changeType);
    for (let copy = 0; copy < copies; copy += 1) {
      this.#outbox.send(subscription.notificationUrl, notification, delayMs);
    }
  }

  #notification(subscription: GraphSubscription, change: EventChange, changeType: string): object {
    const account = this.#store.accounts.get(change.email);
    const calendar = this.#store.calendars.get(change.calendarId);
    const mailboxKey = account?.key ?? "";
    const id = subscription.immutableIds
      ? immutableId(mailboxKey, change.key)
      : defaultId(mailboxKey, calendar?.folder ?? "", change.key);
    const path = `Users/${account?.id}/Events/${id}`;
    const event = calendar?.events.get(change.key);
    return {
      ...this.#head(subscription),
      changeType,
      resource: path,
      resourceData: {
        "@odata.type": "#Microsoft.Graph.Event",
        "@odata.id": path,
        ...(event ? { "@odata.etag": etagOf(event.version) } : {}),
        id,
      },
    };
  }

  #head({ id, expiresMs, tenantId, clientState }: GraphSubscription): object {
    return {
      subscriptionId: id,
      subscriptionExpirationDateTime: new Date(expiresMs).toISOString(),
      tenantId,
      clientState,
    };
  }
}
