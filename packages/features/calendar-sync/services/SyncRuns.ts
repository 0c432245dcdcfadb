import { enqueueMany, RetryLater } from "@calsync/jobs";
import { AppError, type Clock, isCalendarError } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { syncRunJob } from "../jobs/sync-run.job.ts";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
import type { ReferenceRepository } from "../repositories/ReferenceRepository.ts";
import type { RunWish, StoredRun, SyncRunRepository } from "../repositories/SyncRunRepository.ts";
import type { Doctor } from "./Doctor.ts";
import type { DryRun, SyncPlan } from "./DryRun.ts";
import type { DoctorReport } from "./doctor-report.ts";
import type { PullCalendar } from "./PullCalendar.ts";
import type { PushCalendar } from "./PushCalendar.ts";
import type { PullReport } from "./pull-report.ts";
import type { PushReport } from "./push-report.ts";

/** Which way a run by hand goes. */
export const RUN_DIRECTIONS = ["both", "to_calendar", "from_calendar"] as const;

/** What somebody asks for. */
export type RunRequest = (
  | { kind: "sync"; direction: (typeof RUN_DIRECTIONS)[number]; dryRun: boolean }
  | { kind: "doctor"; fix: boolean }
) & {
  /** All that are in use when left out. */
  calendarIds?: readonly string[] | undefined;
};

/** What came of one calendar: a report of what was done, a plan of what would be, or the doctor's findings. */
export type RunResult =
  | { type: "synced"; pull: PullReport | null; push: PushReport | null }
  | ({ type: "plan" } & SyncPlan)
  | ({ type: "checked" } & DoctorReport);

/** A run with its progress. */
export interface SyncRunView {
  id: string;
  kind: "sync" | "doctor";
  direction: (typeof RUN_DIRECTIONS)[number];
  dryRun: boolean;
  fix: boolean;
  status: "queued" | "running" | "done";
  createdAt: Date;
  finishedAt: Date | null;
  progress: { total: number; done: number; failed: number };
  calendars: {
    id: string;
    name: string;
    provider: string;
    status: "queued" | "running" | "done" | "failed";
    /** Null while it is not done, and in lists. */
    result: RunResult | null;
    error: { code: string; message: string } | null;
  }[];
}

/** What runs by hand work with. */
export interface SyncRunDependencies {
  prisma: PrismaClient;
  rows: SyncRunRepository;
  calendars: CalendarSyncRepository;
  references: ReferenceRepository;
  pull: PullCalendar;
  push: PushCalendar;
  dryRun: DryRun;
  doctor: Doctor;
  now: Clock;
}

/**
 * Syncs and checks by hand: a run is stored with its calendars, each of which is a job of its own, so that one that is slow or
 * fails delays no other. A host (`userId`) runs their own; an operator (`null`) everything.
 */
export class SyncRuns {
  readonly #deps: SyncRunDependencies;
  constructor(deps: SyncRunDependencies) {
    this.#deps = deps;
  }

  /**
   * @param options `inline`: no job is made, because the caller carries each calendar out itself
   * @throws AppError `calendar_not_found` when one of the calendars is not the user's
   */
  async start(
    userId: number | null,
    request: RunRequest,
    { inline = false }: { inline?: boolean } = {},
  ): Promise<SyncRunView> {
    const { prisma, rows, now } = this.#deps;
    const wanted = request.calendarIds === undefined ? null : [...new Set(request.calendarIds)];
    const run = await prisma.$transaction(async (tx) => {
      const made = await rows.insert(tx, userId, wanted, wishOf(request), now());
      if (wanted !== null && made.calendarIds.length < wanted.length) {
        throw new AppError("not-found", "calendar_not_found", "There is no such calendar.", {
          hint: "GET /v1/sync/status lists the calendars.",
        });
      }
      if (!inline) {
        await enqueueMany(
          tx,
          made.calendarIds.map((calendarSyncId) => ({
            job: syncRunJob,
            payload: { runId: made.id, calendarSyncId },
          })),
        );
      }
      return made;
    });
    return this.find(userId, run.id);
  }

  /** @throws AppError `run_not_found` */
  async find(userId: number | null, id: string): Promise<SyncRunView> {
    const run = await this.#deps.rows.find(this.#deps.prisma, userId, id);
    if (run) return toView(run);
    throw new AppError("not-found", "run_not_found", "There is no such run.", {
      hint: "Runs are kept for 30 days.",
    });
  }

  /** The user's latest runs, without their results. */
  async list(userId: number, limit: number): Promise<SyncRunView[]> {
    return (await this.#deps.rows.list(this.#deps.prisma, userId, limit)).map(toView);
  }

  /** Deletes runs that were asked for before. @returns how many */
  deleteBefore(before: Date): Promise<number> {
    return this.#deps.rows.deleteBefore(this.#deps.prisma, before);
  }

  /**
   * Does what a run asks of one calendar and stores what came of it; nothing when that is done already.
   * @throws RetryLater while another worker has the calendar
   */
  async carryOut(runId: string, calendarSyncId: string): Promise<void> {
    const { prisma, rows, now } = this.#deps;
    const wish = await rows.begin(prisma, runId, calendarSyncId, now());
    if (!wish) return;
    const end = await this.#carryOut(wish, calendarSyncId);
    await prisma.$transaction((tx) => rows.finish(tx, runId, calendarSyncId, end, now()));
  }

  async #carryOut(wish: RunWish, calendarSyncId: string): Promise<RunEnd> {
    try {
      const result = await this.#resultOf(wish, calendarSyncId);
      return result === null ? { result, error: STANDS_STILL } : { result, error: null };
    } catch (error) {
      // A failure is on the calendar by now, and its own job goes on trying; the run says what happened.
      const cause = error instanceof RetryLater ? error.cause : error;
      if (!isCalendarError(cause)) throw error;
      return { result: null, error: { code: cause.code, message: cause.message } };
    }
  }

  async #resultOf(wish: RunWish, calendarSyncId: string): Promise<RunResult | null> {
    const { doctor, dryRun } = this.#deps;
    if (wish.kind === "DOCTOR") {
      return { type: "checked", ...(await doctor.check(calendarSyncId, wish.fix ? "all" : "none")) };
    }
    if (!wish.dryRun) return this.#sync(wish.direction, calendarSyncId);
    const plan = await dryRun.plan(calendarSyncId, wish.direction);
    return plan && { type: "plan", ...plan };
  }

  async #sync(direction: RunWish["direction"], calendarSyncId: string): Promise<RunResult | null> {
    const { prisma, rows, calendars, references, pull, push, now } = this.#deps;
    let pulled: PullReport | null = null;
    let pushed: PushReport | null = null;
    if (direction !== "TO_CALENDAR") {
      await calendars.markPullRequested(prisma, [calendarSyncId]);
      pulled = await pull.run(calendarSyncId);
      if (pulled.outcome !== "pulled") return null;
    }
    if (direction !== "FROM_CALENDAR") {
      const ids = await rows.findComingReferences(prisma, calendarSyncId, now());
      await references.requestPushes(prisma, { ids });
      pushed = (await push.run(calendarSyncId)).report;
      if (pushed.outcome !== "pushed") return null;
    }
    return { type: "synced", pull: pulled, push: pushed };
  }
}

interface RunEnd {
  result: RunResult | null;
  error: { code: string; message: string } | null;
}

const STANDS_STILL = {
  code: "NOT_SYNCING",
  message: "Sync of this calendar stands still: connect its account again, or switch it on.",
};

const DIRECTIONS = { both: "BOTH", to_calendar: "TO_CALENDAR", from_calendar: "FROM_CALENDAR" } as const;
const DIRECTION_NAMES = { BOTH: "both", TO_CALENDAR: "to_calendar", FROM_CALENDAR: "from_calendar" } as const;

function wishOf(request: RunRequest): RunWish {
  if (request.kind === "doctor")
    return { kind: "DOCTOR", direction: "BOTH", dryRun: false, fix: request.fix };
  return { kind: "SYNC", direction: DIRECTIONS[request.direction], dryRun: request.dryRun, fix: false };
}

function toView({ kind, direction, calendars, ...run }: StoredRun): SyncRunView {
  const count = (...states: StoredRun["calendars"][number]["status"][]) =>
    calendars.filter(({ status }) => states.includes(status)).length;
  const begun = count("RUNNING", "DONE", "FAILED") > 0;
  return {
    ...run,
    kind: kind === "SYNC" ? "sync" : "doctor",
    direction: DIRECTION_NAMES[direction],
    status: run.finishedAt !== null ? "done" : begun ? "running" : "queued",
    progress: { total: calendars.length, done: count("DONE", "FAILED"), failed: count("FAILED") },
    calendars: calendars.map(({ status, error, errorMessage, result, ...calendar }) => ({
      ...calendar,
      status: LOWER[status],
      result: result as RunResult | null,
      error: error === null ? null : { code: error, message: errorMessage ?? error },
    })),
  };
}

const LOWER = { QUEUED: "queued", RUNNING: "running", DONE: "done", FAILED: "failed" } as const;
