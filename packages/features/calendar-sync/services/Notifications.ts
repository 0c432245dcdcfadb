import { enqueueMany } from "@calsync/jobs";
import { type Logger, timingSafeEqualHash } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { NotificationRequest } from "@calsync/types";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
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
  readonly #calendars: CalendarSyncRepository;
  readonly #subscriptions: SubscriptionRepository;
  readonly #now: () => Date;
  readonly #log: Logger;

  constructor(deps: {
    prisma: PrismaClient;
    gateway: CalendarGateway;
    calendars: CalendarSyncRepository;
    subscriptions: SubscriptionRepository;
    now: () => Date;
    log: Logger;
  }) {
    this.#prisma = deps.prisma;
    this.#gateway = deps.gateway;
    this.#calendars = deps.calendars;
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
    const ids = parsed.notifications.map((one) => one.providerSubscriptionId);
    const known = new Map(
      (await this.#subscriptions.findNotified(this.#prisma, provider, ids)).map((row) => [
        row.providerSubscriptionId,
        row,
      ]),
    );
    const verified = parsed.notifications.flatMap(({ providerSubscriptionId, secret, kind }) => {
      const row = known.get(providerSubscriptionId);
      const valid = row?.secretHash && secret !== null && timingSafeEqualHash(secret, row.secretHash);
      if (!valid) this.#log.warn({ provider, subscriptionId: row?.id }, "notification refused");
      return valid ? [{ calendarSyncId: row.calendarSyncId, kind }] : [];
    });
    if (verified.length === 0) return { type: "refused", status: 404, reason: "There is no such channel." };
    // A confirmation says that the channel stands, not that anything changed.
    const changed = new Set(
      verified.filter(({ kind }) => kind !== "confirmation").map((one) => one.calendarSyncId),
    );
    const wanted =
      changed.size > 0
        ? await this.#calendars.markPullRequested(this.#prisma, [...changed], this.#now(), true)
        : [];
    await enqueueMany(
      this.#prisma,
      wanted.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
    );
    return { type: "accepted", status: 204, pulls: wanted.length };
  }
}
