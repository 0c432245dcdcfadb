import { enqueueMany } from "@calsync/jobs";
import { type Logger, timingSafeEqualHash } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { NotificationRequest } from "@calsync/types";
import { LRUCache } from "lru-cache";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { NotifiedChannel, SubscriptionRepository } from "../repositories/SubscriptionRepository.ts";

/** How to answer a request at a notification endpoint. */
export type NotificationAnswer =
  | { type: "handshake"; status: number; contentType: string; body: string }
  | { type: "accepted"; status: 204; pulls: number }
  | { type: "refused"; status: 400 | 404; reason: string };

/**
 * Takes notifications: verify, enqueue, answer. Nothing else happens inside the request; the pull finds out what changed
 * (invariant 9), and a burst becomes one job.
 */
export class Notifications {
  readonly #prisma: PrismaClient;
  readonly #gateway: CalendarGateway;
  readonly #subscriptions: SubscriptionRepository;
  readonly #now: () => Date;
  readonly #log: Logger;
  /** Channels that have sent something lately. Strangers' ids are not kept. */
  readonly #known = new LRUCache<string, NotifiedChannel>({ max: 10_000, ttl: 10 * 60_000 });

  constructor(deps: {
    prisma: PrismaClient;
    gateway: CalendarGateway;
    subscriptions: SubscriptionRepository;
    now: () => Date;
    log: Logger;
  }) {
    this.#prisma = deps.prisma;
    this.#gateway = deps.gateway;
    this.#subscriptions = deps.subscriptions;
    this.#now = deps.now;
    this.#log = deps.log;
  }

  /** A request without a valid secret changes nothing, and learns nothing of which channels exist (invariant 13). */
  async handle(provider: string, request: NotificationRequest): Promise<NotificationAnswer> {
    const parsed = await this.#gateway.parseNotification(provider, request);
    if (parsed === null) return { type: "refused", status: 404, reason: "There is no such provider." };
    if (parsed.type === "handshake") return parsed;
    if (parsed.type === "refused") return { type: "refused", status: 400, reason: parsed.reason };
    // The gateway takes introductions that are expected; here one is a stranger's.
    if (parsed.type === "introduction")
      return { type: "refused", status: 404, reason: "Nobody is setting up notifications." };
    if (parsed.type === "resources") return this.#resourcesChanged(provider, parsed.resourceIds);
    const channels = await this.#findChannels(
      provider,
      parsed.notifications.map((one) => one.providerSubscriptionId),
    );
    const verified = parsed.notifications.flatMap(({ providerSubscriptionId, secret, kind }) => {
      const channel = channels.get(providerSubscriptionId);
      const valid = channel?.secretHash && secret !== null && timingSafeEqualHash(secret, channel.secretHash);
      return valid ? [{ providerSubscriptionId, calendarSyncId: channel.calendarSyncId, kind }] : [];
    });
    const refused = parsed.notifications.length - verified.length;
    if (refused > 0) this.#log.warn({ provider, refused }, "notifications refused");
    if (verified.length === 0) return { type: "refused", status: 404, reason: "There is no such channel." };
    // The channel is to be authorized again, or is gone: the next tick renews or replaces it (SPEC.md, "Subscriptions").
    const ailing = verified.filter(({ kind }) => kind === "reauthorize" || kind === "removed");
    if (ailing.length > 0) {
      const ids = ailing.map((one) => one.providerSubscriptionId);
      await this.#subscriptions.wake(this.#prisma, provider, ids, this.#now());
    }
    // A confirmation says that the channel stands, not that anything changed.
    return this.#pullSoon(
      verified.filter(({ kind }) => kind !== "confirmation").map((one) => one.calendarSyncId),
    );
  }

  /** Each id may stand for calendars of several people, or for none: an integration hears of more than is synced. */
  async #resourcesChanged(provider: string, resourceIds: readonly string[]): Promise<NotificationAnswer> {
    if (resourceIds.length === 0) return { type: "accepted", status: 204, pulls: 0 };
    return this.#pullSoon(await this.#subscriptions.findByResource(this.#prisma, provider, resourceIds));
  }

  async #pullSoon(calendars: readonly string[]): Promise<NotificationAnswer> {
    const changed = new Set(calendars);
    if (changed.size === 0) return { type: "accepted", status: 204, pulls: 0 };
    const calendarSyncIds = await this.#subscriptions.noteNotified(this.#prisma, [...changed], this.#now());
    await enqueueMany(
      this.#prisma,
      calendarSyncIds.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
      { durable: false },
    );
    return { type: "accepted", status: 204, pulls: calendarSyncIds.length };
  }

  /** Channels by id. What a channel's id stands for never changes, so a burst asks the database once. */
  async #findChannels(provider: string, ids: readonly string[]): Promise<Map<string, NotifiedChannel>> {
    const found = new Map<string, NotifiedChannel>();
    const unknown: string[] = [];
    for (const id of ids) {
      const channel = this.#known.get(keyOf(provider, id));
      if (channel) found.set(id, channel);
      else unknown.push(id);
    }
    if (unknown.length === 0) return found;
    for (const channel of await this.#subscriptions.findNotified(this.#prisma, provider, unknown)) {
      found.set(channel.providerSubscriptionId, channel);
      if (channel.secretHash) this.#known.set(keyOf(provider, channel.providerSubscriptionId), channel);
    }
    return found;
  }
}

const keyOf = (provider: string, id: string) => `${provider}:${id}`;
