import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import type { ChangePage, ExternalChange, Interval } from "@calsync/types";
import { inTransaction } from "../repositories/transaction.ts";
import { type AppliedChanges, NOTHING_APPLIED } from "./applied-changes.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { followUpJobs } from "./follow-ups.ts";
import { type Lease, LeaseLostError } from "./Lease.ts";
import { mirrorWindow } from "./mirror-window.ts";
import { hasGone } from "./page-of-changes.ts";
import type { ApplyOptions } from "./planned-change.ts";
import { addUp, type PullReport } from "./pull-report.ts";
import { cursorAfter, type PullState } from "./pull-state.ts";

/** What is committed together with the effects of changes. */
export interface CommitOptions extends Pick<ApplyOptions, "mode" | "settledBefore"> {
  window: Interval;
  /** Where the listing is after these changes; where it was, when left out. */
  cursor?: string | null;
  /** Whether a listing of everything goes on after them; as it was, when left out. */
  fullPullRunning?: boolean;
  /** What is done in the same transaction, after the changes. */
  also?: (tx: PrismaTransaction) => Promise<void>;
}

/**
 * Commits what one pull has found, under its lease: effects, records, follow-up jobs and the cursor in one transaction each
 * (invariant 1). Keeps `state` as the database has it, and adds up in `report` what was done.
 */
export class PullCommits {
  readonly lease: Lease;
  readonly state: PullState;
  readonly report: PullReport;
  readonly #deps: EngineDependencies;

  constructor(deps: EngineDependencies, lease: Lease, state: PullState, report: PullReport) {
    this.#deps = deps;
    this.lease = lease;
    this.state = state;
    this.report = report;
  }

  /** The stretch of time in which events are mirrored, as of now. */
  window(): Interval {
    return mirrorWindow(this.#deps.settings, this.#deps.now());
  }

  /** From now on everything is listed, and what is met belongs to a new generation. @throws LeaseLostError */
  async beginFullPull(): Promise<void> {
    const { prisma, calendars } = this.#deps;
    const generation = await calendars.beginFullPull(prisma, this.state.id, this.lease.owner);
    if (generation === null) throw new LeaseLostError();
    Object.assign(this.state, { cursor: null, fullPullRunning: true, fullPullGeneration: generation });
  }

  /** Commits one page of a listing, with the cursor after it. @param mode "alone" for a page that is its whole listing */
  async page(page: ChangePage, window: Interval, mode: "alone" | "part"): Promise<void> {
    await this.changes(page.changes, { window, mode, cursor: page.cursor });
    this.report.pages += 1;
    this.report.changes += page.changes.length;
  }

  /**
   * Commits changes. A calendar that had gone and is back: what it lacks went with it, and nobody has deleted it. It is written
   * again, unless it has moved to another calendar; the other changes go the way of all.
   */
  async changes(changes: readonly ExternalChange[], options: CommitOptions): Promise<void> {
    const lacking = this.state.lostAt === null ? [] : changes.filter(hasGone);
    if (lacking.length > 0)
      addUp(this.report, await this.#commit(lacking, { window: options.window, mode: "returned" }));
    const there = lacking.length > 0 ? changes.filter((change) => !hasGone(change)) : changes;
    addUp(this.report, await this.#commit(there, options));
  }

  /** Commits changes of series that have been waited for: what dropped out by then and has not turned up elsewhere has gone. */
  async settled(
    changes: readonly ExternalChange[],
    settledBefore: Date,
    also: NonNullable<CommitOptions["also"]>,
  ): Promise<void> {
    if (changes.length === 0) return;
    const how = { window: this.window(), mode: "alone" as const, settledBefore, also };
    const applied = await this.#commit(changes, how);
    addUp(this.report, applied);
  }

  async #commit(
    changes: readonly ExternalChange[],
    { window, also, ...options }: CommitOptions,
  ): Promise<AppliedChanges> {
    const { prisma, calendars, applier, now } = this.#deps;
    const { state } = this;
    const { cursor: after = state.cursor, fullPullRunning = state.fullPullRunning, ...how } = options;
    // Nothing changed and nothing to remember: no transaction for an empty poll.
    if (changes.length === 0 && !also && after === state.cursor) return NOTHING_APPLIED;
    const cursor = (applied: AppliedChanges) =>
      cursorAfter(state, applied, { cursor: after, fullPullRunning });
    const carryOut = async (tx: PrismaTransaction) => {
      const applied =
        changes.length > 0 ? await applier.apply(tx, state, changes, window, now(), how) : NOTHING_APPLIED;
      await also?.(tx);
      const held = await calendars.commitProgress(tx, state.id, this.lease.owner, {
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
    Object.assign(state, { cursor: cursor(applied), fullPullRunning });
    state.mirroredUntil ??= window.end;
    state.hasHeld ||= applied.held > 0;
    return applied;
  }
}
