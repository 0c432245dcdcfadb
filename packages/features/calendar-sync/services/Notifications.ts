import { enqueueMany } from "@calsync/jobs";
import { hashToken, type Logger } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { NotificationRequest } from "@calsync/types";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { SubscriptionRepository } from "../repositories/SubscriptionRepository.ts";

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
    const claims = parsed.notifications.flatMap(({ providerSubscriptionId, secret, kind }) =>
      // A confirmation says that the channel stands, not that anything changed.
      secret === null
        ? []
        : [{ providerSubscriptionId, secretHash: hashToken(secret), changed: kind !== "confirmation" }],
    );
    const { verified, calendarSyncIds } = await this.#subscriptions.noteNotified(
      this.#prisma,
      provider,
      claims,
      this.#now(),
    );
    const refused = parsed.notifications.length - verified;
    if (refused > 0) this.#log.warn({ provider, refused }, "notifications refused");
    if (verified === 0) return { type: "refused", status: 404, reason: "There is no such channel." };
    await enqueueMany(
      this.#prisma,
      calendarSyncIds.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
      { durable: false },
    );
    return { type: "accepted", status: 204, pulls: calendarSyncIds.length };
  }
}
