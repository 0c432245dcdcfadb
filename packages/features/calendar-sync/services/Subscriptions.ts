import { randomBytes, randomUUID } from "node:crypto";
import { enqueueMany } from "@calsync/jobs";
import { backoffMs, hashToken } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import type { Channel } from "@calsync/types";
import { nextSubscriptionState, renewalTime } from "../engine/subscription-transitions.ts";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import type { SubscriptionRepository, SubscriptionRow } from "../repositories/SubscriptionRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { type Failure, failureOf } from "./failure.ts";

/** What push channels are opened, renewed and stopped with. */
export interface SubscriptionDependencies
  extends Pick<
    EngineDependencies,
    "prisma" | "gateway" | "calendars" | "settings" | "now" | "log" | "random"
  > {
  subscriptions: SubscriptionRepository;
  /** The address that a provider is to call; null when this installation cannot be reached (then calendars are polled). */
  notificationAddress: (provider: string) => string | null;
}

/** What became of a subscription; for the log. */
export type MaintenanceOutcome =
  | "activated"
  | "failed"
  | "unsupported"
  | "renewed"
  | "replacing"
  | "lost"
  | "stopped"
  | "expired"
  | "removed"
  | "nothing";

/** Brings push channels through their life (SPEC.md, "Subscriptions"). */
export class Subscriptions {
  readonly #deps: SubscriptionDependencies;
  constructor(deps: SubscriptionDependencies) {
    this.#deps = deps;
  }

  /** Does what the subscription needs now. Safe to repeat: what it does depends on the row as it is. */
  async maintain(subscriptionId: string): Promise<MaintenanceOutcome> {
    const { prisma, subscriptions, now, log } = this.#deps;
    const row = await subscriptions.find(prisma, subscriptionId);
    if (!row) return "nothing";
    const outcome = await this.#step(row, now());
    log.info(
      {
        subscriptionId,
        calendarSyncId: row.calendarSyncId,
        provider: row.provider,
        was: row.status,
        outcome,
      },
      "subscription maintained",
    );
    return outcome;
  }

  async #step(row: SubscriptionRow, now: Date): Promise<MaintenanceOutcome> {
    switch (row.status) {
      case "PENDING":
      case "ERROR":
      case "UNSUPPORTED":
        if (!row.wanted) return this.#end(row, "stopped", now);
        // An account that must be connected again is not called; connecting wakes its subscriptions up.
        if (!row.credentialActive) return this.#sleep(row);
        return this.#activate(row, now);
      case "ACTIVE":
        if (row.expiresAt && row.expiresAt <= now) return this.#end(row, "expired", now);
        if (!row.wanted) return this.#stop(row, now);
        if (!row.credentialActive) return this.#sleep(row);
        return (await this.#renew(row, now)) ?? this.#replace(row, now);
      case "REPLACED":
        if (row.expiresAt && row.expiresAt <= now) return this.#end(row, "expired", now);
        return this.#stop(row, now);
      case "EXPIRED":
      case "STOPPED":
        // Until the provider's own end it may still send something, which is told from a stranger's by this row (invariant 8).
        if (row.expiresAt && row.expiresAt > now) {
          await this.#deps.subscriptions.postpone(this.#deps.prisma, row.id, this.#endOfRecord(row, now));
          return "nothing";
        }
        await this.#deps.subscriptions.remove(this.#deps.prisma, row.id);
        return "removed";
    }
  }

  /** Lets the channel live on where it stands. Null where it has to be replaced: its provider cannot, or does not want to. */
  async #renew(row: SubscriptionRow, now: Date): Promise<MaintenanceOutcome | null> {
    const { prisma, subscriptions, gateway } = this.#deps;
    try {
      const service = await gateway.serviceFor(row.credentialId);
      if (!service.renewChannel || row.providerSubscriptionId === null) return null;
      const channel = channelOf(row, row.providerSubscriptionId);
      const renewed = await service.renewChannel(channel, this.#lifetimeMs(row));
      if (renewed === null) return this.#lose(row, now);
      nextSubscriptionState(row.status, "renewed");
      await inTransaction(prisma, async (tx) => {
        await subscriptions.renewed(tx, row.id, renewed.expiresAt, now, renewalTime(now, renewed.expiresAt));
        // A provider that waited to be asked may have told nobody of what changed meanwhile.
        await this.#pullSoon(tx, row);
      });
      return "renewed";
    } catch (error) {
      const failure = failureOf(error);
      if (failure.final) return null;
      return this.#retryBeforeEnd(row, failure, now);
    }
  }

  /** The provider has dropped the channel: another one takes its place at once. */
  async #lose(row: SubscriptionRow, now: Date): Promise<MaintenanceOutcome> {
    const { prisma, subscriptions } = this.#deps;
    await subscriptions.createReplacement(prisma, row, now);
    await this.#end(row, "stopped", now);
    return "lost";
  }

  /** Begins another channel beside this one. From here on the replacement acts; this one only waits for its own end. */
  async #replace(row: SubscriptionRow, now: Date): Promise<MaintenanceOutcome> {
    const { prisma, subscriptions } = this.#deps;
    await subscriptions.createReplacement(prisma, row, now);
    await subscriptions.postpone(prisma, row.id, row.expiresAt);
    return "replacing";
  }

  async #activate(row: SubscriptionRow, now: Date): Promise<MaintenanceOutcome> {
    const { prisma, subscriptions, gateway, settings, notificationAddress } = this.#deps;
    const address = notificationAddress(row.provider);
    const capabilities = gateway.capabilitiesOf(row.provider);
    if (address === null || capabilities.notifications === "none") return this.#unsupported(row, now);
    // A fresh id for each try: a channel id can never be used twice, also when its answer was lost.
    const id = randomUUID();
    const secret = randomBytes(32).toString("base64url");
    await subscriptions.beginActivation(prisma, row.id, id, hashToken(secret));
    try {
      const service = await gateway.serviceFor(row.credentialId);
      const channel = await service.watchCalendar(row.externalCalendarId, {
        id,
        address,
        secret,
        lifetimeMs: this.#lifetimeMs(row),
      });
      nextSubscriptionState(row.status, "activated");
      await inTransaction(prisma, async (tx) => {
        await subscriptions.activated(tx, row.id, channel, now, renewalTime(now, channel.expiresAt));
        // What changed between the last pull and this moment was announced to nobody.
        await this.#pullSoon(tx, row);
      });
      return "activated";
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === "WATCH_UNSUPPORTED") return this.#unsupported(row, now);
      const pauseMs = failure.final ? settings.backoffCeilingMs * 4 : this.#pauseAfter(row, failure);
      await subscriptions.move(prisma, row.id, {
        status: nextSubscriptionState(row.status, "failed"),
        nextAttemptAt: new Date(now.getTime() + pauseMs),
        error: { code: failure.code, message: failure.message },
      });
      return "failed";
    }
  }

  /** The calendar is polled from now on; once in a while it is asked again. */
  async #unsupported(row: SubscriptionRow, now: Date): Promise<MaintenanceOutcome> {
    const { prisma, subscriptions, settings, random } = this.#deps;
    await subscriptions.move(prisma, row.id, {
      status: nextSubscriptionState(row.status, "unsupported"),
      nextAttemptAt: new Date(now.getTime() + settings.unsupportedRetryMs * (0.75 + random() / 2)),
    });
    return "unsupported";
  }

  /** Stops the channel at the provider. Failing to is no harm: the channel ends by itself, and is tried again until then. */
  async #stop(row: SubscriptionRow, now: Date): Promise<MaintenanceOutcome> {
    if (row.credentialActive && row.providerSubscriptionId) {
      try {
        const service = await this.#deps.gateway.serviceFor(row.credentialId);
        await service.unwatchCalendar(channelOf(row, row.providerSubscriptionId));
      } catch (error) {
        return this.#retryBeforeEnd(row, failureOf(error), now);
      }
    }
    return this.#end(row, "stopped", now);
  }

  /** A call about a channel that stands has failed: it is made again after a pause, at the latest when the channel ends. */
  async #retryBeforeEnd(row: SubscriptionRow, failure: Failure, now: Date): Promise<MaintenanceOutcome> {
    const retryAt = new Date(now.getTime() + this.#pauseAfter(row, failure));
    await this.#deps.subscriptions.move(this.#deps.prisma, row.id, {
      status: nextSubscriptionState(row.status, "failed"),
      nextAttemptAt: row.expiresAt && row.expiresAt < retryAt ? row.expiresAt : retryAt,
      error: { code: failure.code, message: failure.message },
    });
    return "failed";
  }

  #pauseAfter({ errorCount }: SubscriptionRow, { retryAfterMs }: Failure): number {
    const { backoffBaseMs, backoffCeilingMs } = this.#deps.settings;
    const { random } = this.#deps;
    const attempt = errorCount + 1;
    return (
      retryAfterMs ??
      backoffMs({ attempt, baseMs: backoffBaseMs * 5, ceilingMs: backoffCeilingMs * 4, random })
    );
  }

  /** How long a channel is to live, as far as its provider allows. */
  #lifetimeMs({ provider }: SubscriptionRow): number {
    const { gateway, settings } = this.#deps;
    const longest = gateway.capabilitiesOf(provider).maxSubscriptionMs ?? settings.channelLifetimeMs;
    return Math.min(settings.channelLifetimeMs, longest);
  }

  async #pullSoon(tx: PrismaTransaction, { calendarSyncId }: SubscriptionRow): Promise<void> {
    const wanted = await this.#deps.calendars.markPullRequested(tx, [calendarSyncId]);
    await enqueueMany(
      tx,
      wanted.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
    );
  }

  async #end(row: SubscriptionRow, event: "stopped" | "expired", now: Date): Promise<MaintenanceOutcome> {
    const { prisma, subscriptions } = this.#deps;
    const status = nextSubscriptionState(row.status, event);
    await subscriptions.move(prisma, row.id, {
      status,
      nextAttemptAt: this.#endOfRecord(row, now),
      freesCalendar: true,
      ...(event === "stopped" ? { stoppedAt: now } : {}),
    });
    return event;
  }

  /** When a row that has ended may go. */
  #endOfRecord({ expiresAt }: SubscriptionRow, now: Date): Date {
    const ended = Math.max(now.getTime(), expiresAt?.getTime() ?? 0);
    return new Date(ended + this.#deps.settings.endedSubscriptionMs);
  }

  async #sleep(row: SubscriptionRow): Promise<MaintenanceOutcome> {
    await this.#deps.subscriptions.postpone(this.#deps.prisma, row.id, row.expiresAt);
    return "nothing";
  }

  /**
   * Stops all channels of a credential that is about to be removed, as long as its secret is still there. Errors are left
   * alone: a channel that goes on is refused at our endpoint and ends by itself.
   */
  async stopAllOf(credentialId: number): Promise<void> {
    const { prisma, subscriptions, now } = this.#deps;
    for (const row of await subscriptions.findRunningOfCredential(prisma, credentialId))
      await this.#stop(row, now());
  }
}

function channelOf(row: SubscriptionRow, providerSubscriptionId: string): Channel {
  return {
    providerSubscriptionId,
    providerResourceId: row.providerResourceId,
    calendarId: row.externalCalendarId,
    expiresAt: row.expiresAt,
  };
}
