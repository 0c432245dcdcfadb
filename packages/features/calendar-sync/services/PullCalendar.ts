import { enqueueMany, RetryLater } from "@calsync/jobs";
import { isCalendarError } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { CalendarService, ChangePage, ExternalChange } from "@calsync/types";
import {
  afterPull,
  isToLookAgain,
  jittered,
  type PullEvidence,
  pollPause,
  shortestPause,
} from "../engine/poll-pause.ts";
import { maintainSubscriptionJob } from "../jobs/maintain-subscription.job.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import { recheckEventsJob } from "../jobs/recheck-events.job.ts";
import type { SubscriptionRepository } from "../repositories/SubscriptionRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { concludeFullPull, settleSeries } from "./conclude-pull.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { endWithFailure } from "./end-with-failure.ts";
import { HeldChanges } from "./HeldChanges.ts";
import { Lease } from "./Lease.ts";
import { PullCommits } from "./PullCommits.ts";
import { NOTHING_PULLED, type PullReport } from "./pull-report.ts";
import type { PullState } from "./pull-state.ts";
import { readAhead } from "./read-ahead.ts";

/** The pause after which a calendar is looked at again that was announced to have changed and has shown nothing. */
const LOOK_AGAIN_MS = 60_000;

/** Most listings of one pull: the changes, everything because of them, and once more for what that has brought. */
const MAX_LISTINGS = 3;

/** What a pull works with. */
export interface PullDependencies extends EngineDependencies {
  subscriptions: Pick<SubscriptionRepository, "replaceCurrent">;
}

/**
 * Pulls one calendar: lists what changed since the cursor, page by page, and commits each page's effects together with
 * the cursor after it (invariant 1). A crash at any point repeats a page or does not; its effects happen once.
 */
export class PullCalendar {
  readonly #deps: PullDependencies;
  constructor(deps: PullDependencies) {
    this.#deps = deps;
  }

  /**
   * @throws RetryLater when another worker has the calendar, or after an error that time may heal; what is known of the
   *   error is on the CalendarSync by then.
   */
  async run(calendarSyncId: string): Promise<PullReport> {
    const { prisma, calendars, settings, log, now } = this.#deps;
    const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings, now);
    if ("refused" in lease) {
      if (lease.refused !== "busy") return { ...NOTHING_PULLED, outcome: lease.refused };
      // Whoever has the calendar may be past the change that we were told of, so the pull is not dropped.
      throw new RetryLater({ afterMs: this.#shortPause(), reason: "Another worker has this calendar." });
    }
    const report: PullReport = { ...NOTHING_PULLED };
    const started = performance.now();
    try {
      // A job that another one has overtaken: what it was made for has been pulled since.
      if (lease.row.pullRequestedAt === null) return report;
      const startedAt = now();
      const { changedAt, pollAfterMs } = await this.#pull(lease, report);
      const evidence = { startedAt, full: report.full, changes: report.changes, changedAt };
      await this.#finish(lease, evidence, pollAfterMs);
      log.info(
        {
          calendarSyncId,
          provider: lease.row.provider,
          ...report,
          durationMs: Math.round(performance.now() - started),
        },
        "pull finished",
      );
      return report;
    } catch (error) {
      await endWithFailure(this.#deps, lease, "pull", error);
      throw error;
    } finally {
      await lease[Symbol.asyncDispose]();
    }
  }

  /** Remembers the pull and what it tells about the channel, and gives the lease back. */
  async #finish(lease: Lease, evidence: PullEvidence, pollAfterMs: number | null): Promise<void> {
    const { prisma, calendars, subscriptions, settings, gateway, now, log, random } = this.#deps;
    const { row, owner } = lease;
    const next = afterPull(row, evidence, settings.announcementGraceMs);
    const { minPollMs, maxPollMs } = gateway.capabilitiesOf(row.provider);
    const shortestMs = shortestPause(minPollMs, pollAfterMs, row.pollIntervalMinutes);
    const pulledAt = now();
    const wantedMs = isToLookAgain(row, evidence)
      ? LOOK_AGAIN_MS
      : pollPause({ ...row, ...next }, settings, shortestMs, maxPollMs);
    const pauseMs = jittered(wantedMs, shortestMs, random());
    const isBack = row.lostAt !== null;
    // Writes have waited for this reading, and direct reads too.
    const payload = { calendarSyncId: row.id };
    const waking = [
      ...(isBack || row.lastPulledAt === null ? [{ job: pushCalendarJob, payload }] : []),
      ...(isBack ? [{ job: recheckEventsJob, payload }] : []),
    ];
    const finish = (sql: PrismaClient | PrismaTransaction) =>
      calendars.finishPull(sql, row, owner, pulledAt, {
        ...next,
        pollAt: new Date(pulledAt.getTime() + pauseMs),
      });
    lease.endsWith();
    if (waking.length === 0) await finish(prisma);
    else {
      await inTransaction(prisma, async (tx) => {
        await finish(tx);
        await enqueueMany(tx, waking);
      });
    }
    // Channels go with their calendar, and nobody tells.
    if (!isBack && next.missedChanges < settings.silentAfterPulls) return;
    const subscriptionId = await subscriptions.replaceCurrent(prisma, row.id, pulledAt);
    if (subscriptionId === null) return;
    log.warn(
      { calendarSyncId: row.id, provider: row.provider },
      isBack
        ? "the push channel of a calendar that is back is replaced"
        : "a silent push channel is replaced",
    );
    await enqueueMany(prisma, [{ job: maintainSubscriptionJob, payload: { subscriptionId } }]);
  }

  /** @returns when the changes were made, as far as the provider tells, and what the calendar asks for until the next poll */
  async #pull(lease: Lease, report: PullReport): Promise<{ changedAt: Date[]; pollAfterMs: number | null }> {
    const { prisma, references, gateway } = this.#deps;
    const changedAt: Date[] = [];
    let pollAfterMs: number | null = null;
    const service = await gateway.serviceFor(lease.row.credentialId);
    const state: PullState = { ...lease.row, relist: false };
    const commits = new PullCommits(this.#deps, lease, state, report);
    const written = gateway.capabilitiesOf(state.provider).silentAboutShortLived
      ? await references.findUntold(prisma, state.id)
      : [];
    const massChanges = new HeldChanges(this.#deps, lease, state);
    await massChanges.carryOut();
    for (let round = 0; round < MAX_LISTINGS; round++) {
      state.relist = round + 1 < MAX_LISTINGS ? false : null;
      for await (const page of this.#list(service, commits, round === 0 ? written : [])) {
        changedAt.push(...timesOfChange(page.changes));
        pollAfterMs = page.pollAfterMs ?? null;
      }
      if (state.fullPullRunning) await concludeFullPull(this.#deps, service, commits);
      await massChanges.settle();
      await settleSeries(this.#deps, service, commits);
      if (!state.relist) break;
    }
    return { changedAt, pollAfterMs };
  }

  /** Lists what has changed, of everything where there is no cursor, and applies each page. A cursor that is too old is given up once. */
  async *#list(
    service: CalendarService,
    commits: PullCommits,
    written: string[],
  ): AsyncGenerator<ChangePage> {
    const { lease, state, report } = commits;
    let listed = 0;
    for (let attempt = 0; ; attempt++) {
      if (state.cursor === null && !state.fullPullRunning) await commits.beginFullPull();
      report.full ||= state.fullPullRunning;
      const window = commits.window();
      try {
        const list = (signal: AbortSignal) =>
          service.onWatchedCalendarChange(state.externalCalendarId, state.cursor, {
            window,
            pageSize: this.#deps.settings.pageSize,
            ...(written.length > 0 ? { written } : {}),
            signal,
          });
        for await (const page of readAhead(list, lease.signal)) {
          lease.check();
          // Only a page that is the whole listing can be judged by itself; the others wait for the rest.
          const alone = listed++ === 0 && page.complete && !state.fullPullRunning;
          await commits.page(page, window, alone ? "alone" : "part");
          yield page;
        }
        return;
      } catch (error) {
        if (attempt > 0 || !isCalendarError(error, "CURSOR_EXPIRED")) throw error;
        await commits.beginFullPull();
      }
    }
  }

  #shortPause(): number {
    return 250 + this.#deps.random() * 500;
  }
}

function timesOfChange(changes: readonly ExternalChange[]): Date[] {
  return changes.flatMap((change) =>
    change.type === "upsert" && change.event.updatedAt ? [new Date(change.event.updatedAt)] : [],
  );
}
