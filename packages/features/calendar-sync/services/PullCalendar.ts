import { enqueueMany, RetryLater } from "@calsync/jobs";
import { isCalendarError } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { CalendarService, ChangePage, ExternalChange, Interval } from "@calsync/types";
import {
  afterPull,
  isToLookAgain,
  type PullEvidence,
  pollPause,
  shortestPause,
} from "../engine/poll-pause.ts";
import { maintainSubscriptionJob } from "../jobs/maintain-subscription.job.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import { recheckEventsJob } from "../jobs/recheck-events.job.ts";
import type { SeriesPart } from "../repositories/ExternalEventRepository.ts";
import type { SeriesReferenceRow } from "../repositories/rows.ts";
import type { SubscriptionRepository } from "../repositories/SubscriptionRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { type AppliedChanges, NOTHING_APPLIED } from "./applied-changes.ts";
import type { ApplyMode } from "./ChangeGuard.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { endWithFailure } from "./end-with-failure.ts";
import { readNow } from "./event-ref.ts";
import { followUpJobs } from "./follow-ups.ts";
import { HeldChanges } from "./HeldChanges.ts";
import { Lease, LeaseLostError } from "./Lease.ts";
import { mirrorWindow } from "./mirror-window.ts";
import { cursorAfter, type PullState } from "./pull-state.ts";

/** The pause after which a calendar is looked at again that was announced to have changed and has shown nothing. */
const LOOK_AGAIN_MS = 60_000;

/** What one pull did; one line of the log. */
export interface PullReport {
  outcome: "pulled" | "busy" | "disabled" | "gone";
  pages: number;
  changes: number;
  applied: number;
  refused: number;
  mirrored: number;
  setAside: number;
  /** Changes that were put by, to be counted or until the host has answered. */
  held: number;
  full: boolean;
}

/** Most listings of one pull: the changes, everything because of them, and once more for what that has brought. */
const MAX_LISTINGS = 3;

export interface PullDependencies extends EngineDependencies {
  subscriptions: Pick<SubscriptionRepository, "replaceCurrent">;
}

const NOTHING: PullReport = {
  outcome: "pulled",
  pages: 0,
  changes: 0,
  applied: 0,
  refused: 0,
  mirrored: 0,
  setAside: 0,
  held: 0,
  full: false,
};

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
      if (lease.refused !== "busy") return { ...NOTHING, outcome: lease.refused };
      // Whoever has the calendar may be past the change that we were told of, so the pull is not dropped.
      throw new RetryLater({ afterMs: this.#shortPause(), reason: "Another worker has this calendar." });
    }
    const report: PullReport = { ...NOTHING };
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
    // A quarter to either side, so that calendars that were connected together do not stay together.
    const jitter = 0.75 + random() / 2;
    const wantedMs = isToLookAgain(row, evidence)
      ? LOOK_AGAIN_MS
      : pollPause({ ...row, ...next }, settings, shortestMs, maxPollMs);
    const pauseMs = Math.max(shortestMs, wantedMs * jitter);
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
    const written = gateway.capabilitiesOf(state.provider).silentAboutShortLived
      ? await references.findUntold(prisma, state.id)
      : [];
    const massChanges = new HeldChanges(this.#deps, lease, state);
    await massChanges.carryOut();
    for (let round = 0; round < MAX_LISTINGS; round++) {
      state.relist = round + 1 < MAX_LISTINGS ? false : null;
      for await (const page of this.#list(lease, state, service, {
        written: round === 0 ? written : [],
        report,
      })) {
        changedAt.push(...timesOfChange(page.changes));
        pollAfterMs = page.pollAfterMs ?? null;
      }
      if (state.fullPullRunning) await this.#concludeFullPull(lease, state, service, report);
      await massChanges.settle();
      await this.#settleSeries(lease, state, service, report);
      if (!state.relist) break;
    }
    return { changedAt, pollAfterMs };
  }

  /** Lists what has changed, of everything where there is no cursor, and applies each page. A cursor that is too old is given up once. */
  async *#list(
    lease: Lease,
    state: PullState,
    service: CalendarService,
    { written, report }: { written: string[]; report: PullReport },
  ): AsyncGenerator<ChangePage> {
    let listed = 0;
    for (let attempt = 0; ; attempt++) {
      if (state.cursor === null && !state.fullPullRunning) await this.#beginFullPull(lease, state);
      report.full ||= state.fullPullRunning;
      const window = this.#window();
      try {
        const pages = service.onWatchedCalendarChange(state.externalCalendarId, state.cursor, {
          window,
          pageSize: this.#deps.settings.pageSize,
          ...(written.length > 0 ? { written } : {}),
          signal: lease.signal,
        });
        for await (const page of pages) {
          lease.check();
          // Only a page that is the whole listing can be judged by itself; the others wait for the rest.
          const alone = listed++ === 0 && page.complete && !state.fullPullRunning;
          await this.#applyPage(lease, state, page, window, report, alone ? "alone" : "part");
          yield page;
        }
        return;
      } catch (error) {
        if (attempt > 0 || !isCalendarError(error, "CURSOR_EXPIRED")) throw error;
        await this.#beginFullPull(lease, state);
      }
    }
  }

  async #beginFullPull(lease: Lease, state: PullState): Promise<void> {
    const { prisma, calendars } = this.#deps;
    const generation = await calendars.beginFullPull(prisma, state.id, lease.owner);
    if (generation === null) throw new LeaseLostError();
    Object.assign(state, { cursor: null, fullPullRunning: true, fullPullGeneration: generation });
  }

  async #applyPage(
    lease: Lease,
    state: PullState,
    page: ChangePage,
    window: Interval,
    report: PullReport,
    mode: ApplyMode,
  ): Promise<void> {
    const progress = { cursor: page.cursor };
    const there = await this.#putBackLost(lease, state, page.changes, window, report);
    const applied = await this.#commit(lease, state, there, window, progress, mode);
    report.pages += 1;
    report.changes += page.changes.length;
    addUp(report, applied);
  }

  /**
   * A full listing is complete. What it did not show may have gone, or may just not be shown: each missing event of a
   * booking is read directly, and only what that read says counts (invariant 6). Events that are not ours stay in the mirror
   * until they were read too, after this.
   */
  async #concludeFullPull(
    lease: Lease,
    state: PullState,
    service: CalendarService,
    report: PullReport,
  ): Promise<void> {
    const { prisma, references, seriesReferences, events, now } = this.#deps;
    const window = this.#window();
    const unseen = await references.findUnseen(prisma, state.id, state.fullPullGeneration, {
      start: now(),
      end: window.end,
    });
    const changes: ExternalChange[] = [];
    for (const reference of unseen) {
      lease.check();
      changes.push(await readNow(service, state.externalCalendarId, reference));
    }
    for (const series of await seriesReferences.findUnseen(prisma, state.id, state.fullPullGeneration)) {
      lease.check();
      changes.push(await readNow(service, state.externalCalendarId, asSingle(series)));
    }
    const there = await this.#putBackLost(lease, state, changes, window, report);
    const applied = await this.#commit(
      lease,
      state,
      there,
      window,
      { cursor: state.cursor, fullPullRunning: false },
      "part",
      async (tx) => {
        const missing = await events.markUnseen(tx, state.id, state.fullPullGeneration, window, now());
        if (missing === 0) return;
        await enqueueMany(tx, [{ job: recheckEventsJob, payload: { calendarSyncId: state.id } }]);
      },
    );
    state.fullPullRunning = false;
    report.changes += changes.length;
    addUp(report, applied);
  }

  /**
   * A calendar that had gone and is back: what it lacks went with it, and nobody has deleted it. It is written again, unless it
   * has moved to another calendar. @returns the changes that are left, all of them for any other calendar
   */
  async #putBackLost(
    lease: Lease,
    state: PullState,
    changes: readonly ExternalChange[],
    window: Interval,
    report: PullReport,
  ): Promise<readonly ExternalChange[]> {
    const lacking = state.lostAt === null ? [] : changes.filter(isGone);
    if (lacking.length === 0) return changes;
    addUp(report, await this.#commit(lease, state, lacking, window, { cursor: state.cursor }, "returned"));
    return changes.filter((change) => !isGone(change));
  }

  /**
   * A series that has gone was looked for in the other calendars, dates that dropped out of their series' rule have been waited
   * for, and all that the calendar had to say has been pulled: what has not turned up in another series is called off. The
   * series is read once more before that (invariant 6).
   */
  async #settleSeries(
    lease: Lease,
    state: PullState,
    service: CalendarService,
    report: PullReport,
  ): Promise<void> {
    const { prisma, seriesReferences, events, calendars, now } = this.#deps;
    const waiting = await seriesReferences.findSettling(prisma, state.id, now());
    const inGrace = ({ settleAt }: SeriesReferenceRow) => settleAt !== null && settleAt > now();
    const othersUnread =
      waiting.some(inGrace) && (await calendars.othersAwaitPull(prisma, state.userId, state.id));
    const due = othersUnread ? waiting.filter((series) => !inGrace(series)) : waiting;
    const changes: ExternalChange[] = [];
    for (const series of due) {
      lease.check();
      changes.push(await readNow(service, state.externalCalendarId, asSingle(series)));
    }
    // What came of its dates while the series was not known to be here stands in the mirror.
    const parts = await events.findSeries(
      prisma,
      state.id,
      due.flatMap(({ externalEventId }) => externalEventId ?? []),
    );
    changes.push(...parts.flatMap(changeOfInstance));
    const progress = { cursor: state.cursor };
    addUp(
      report,
      await this.#commit(lease, state, changes, this.#window(), progress, "alone", undefined, true),
    );
  }

  /** One transaction: effects, records, follow-up jobs and the cursor, fenced by the lease. */
  async #commit(
    lease: Lease,
    state: PullState,
    changes: readonly ExternalChange[],
    window: Interval,
    progress: { cursor: string | null; fullPullRunning?: boolean },
    mode: ApplyMode,
    also?: (tx: PrismaTransaction) => Promise<void>,
    settled = false,
  ): Promise<AppliedChanges> {
    const { prisma, calendars, applier, now } = this.#deps;
    // Nothing changed and nothing to remember: no transaction for an empty poll.
    if (changes.length === 0 && !also && progress.cursor === state.cursor) return NOTHING_APPLIED;
    const fullPullRunning = progress.fullPullRunning ?? state.fullPullRunning;
    const cursor = (applied: AppliedChanges) =>
      cursorAfter(state, applied, { cursor: progress.cursor, fullPullRunning });
    const carryOut = async (tx: PrismaTransaction) => {
      const applied =
        changes.length > 0
          ? await applier.apply(tx, state, changes, window, now(), { mode, settled })
          : NOTHING_APPLIED;
      await also?.(tx);
      const held = await calendars.commitProgress(tx, state.id, lease.owner, {
        cursor: cursor(applied),
        fullPullRunning,
        mirroredUntil: state.mirroredUntil ?? window.end,
      });
      if (!held) throw new LeaseLostError();
      // Last, because enqueueing waits for others that hold a job's row.
      await enqueueMany(tx, followUpJobs(applied));
      return applied;
    };
    const applied = await inTransaction(prisma, carryOut);
    state.cursor = cursor(applied);
    state.mirroredUntil ??= window.end;
    state.hasHeld ||= applied.held > 0;
    return applied;
  }

  #window(): Interval {
    return mirrorWindow(this.#deps.settings, this.#deps.now());
  }

  #shortPause(): number {
    return 250 + this.#deps.random() * 500;
  }
}

/** A series itself is read like a single event. */
const asSingle = ({ externalEventId }: SeriesReferenceRow) => ({
  externalEventId,
  originalStart: "",
  seriesReferenceId: null,
});

/** What the mirror holds of an instance, as its calendar told it; none for a series itself. */
function changeOfInstance({
  externalEventId: eventId,
  seriesId,
  originalStart,
  status,
  snapshot,
}: SeriesPart): ExternalChange[] {
  if (seriesId === null) return [];
  if (snapshot && status !== "cancelled") return [{ type: "upsert", event: snapshot }];
  return [{ type: "delete", eventId, seriesId, originalStart, version: snapshot?.version ?? null }];
}

/** Whether an event, or a series as a whole, is not in its calendar any more. A single date that is gone says something of its series. */
function isGone(change: ExternalChange): boolean {
  if (change.type === "unreadable") return false;
  if (change.type === "delete") return change.seriesId === null;
  return change.event.status === "cancelled" && change.event.seriesId === null;
}

function timesOfChange(changes: readonly ExternalChange[]): Date[] {
  return changes.flatMap((change) =>
    change.type === "upsert" && change.event.updatedAt ? [new Date(change.event.updatedAt)] : [],
  );
}

function addUp(report: PullReport, applied: AppliedChanges): void {
  report.applied += applied.applied;
  report.refused += applied.refused;
  report.mirrored += applied.mirrored;
  report.setAside += applied.setAside;
  report.held += applied.held;
}
