import {
  deleteOldFailedJobs,
  discardJob,
  enqueueMany,
  type JobFilter,
  type JobState,
  jobStats,
  type ListedJob,
  listJobs,
  retryJob,
  runJobNow,
} from "@calsync/jobs";
import { AppError, type Clock } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import {
  type PushState,
  type QueueCalendar,
  type QueuedPush,
  QueueRepository,
} from "../repositories/QueueRepository.ts";

/** How an item of the queue stands; `blocked` waits until its account is connected again or its calendar switched on. */
export const QUEUE_STATES = ["running", "waiting", "scheduled", "retrying", "blocked", "failed"] as const;
/** Where an entry of the sync queue is. */
export type QueueState = (typeof QUEUE_STATES)[number];

/** One piece of work that sync has to do, or has given up. */
export interface QueueItem {
  /** `push-<reference>` or `job-<number>`. */
  id: string;
  /** `push`: one booking to one calendar; `pull`, `subscription`, `mirror`: one calendar; otherwise a job's name. */
  kind: string;
  state: QueueState;
  calendar: { id: string; name: string; provider: string } | null;
  booking: { uid: string; title: string; start: Date } | null;
  /** Tries that have failed. */
  attempts: number;
  error: { code: string | null; message: string } | null;
  /** Since when it is wanted; for what was given up, since when. */
  at: Date;
  /** When it is tried next; null when nothing is planned. */
  nextAt: Date | null;
}

/** Which part of the sync queue is asked for. */
export interface QueueQuery {
  states?: readonly QueueState[] | undefined;
  kind?: string | undefined;
  calendarSyncId?: string | undefined;
  /** From the page before. */
  cursor?: string | undefined;
  limit: number;
}

/** A page of the sync queue; `nextCursor` is null on the last. */
export interface QueuePage {
  items: QueueItem[];
  nextCursor: string | null;
}

const KIND_OF_JOB: Readonly<Record<string, string>> = {
  "pull-calendar": "pull",
  "push-calendar": "push",
  "maintain-subscription": "subscription",
  "extend-mirror": "mirror",
};
const STATE_OF_JOB: Record<JobState, QueueState> = {
  running: "running",
  due: "waiting",
  scheduled: "scheduled",
  retrying: "retrying",
  failed: "failed",
};
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The sync queue as people see it: wishes for pushes, and the jobs of their calendars. A host (`userId`) sees and touches their
 * own; an operator (`null`) everything, jobs without a calendar included.
 */
export class SyncQueue {
  readonly #prisma: PrismaClient;
  readonly #rows: QueueRepository;
  readonly #now: Clock;

  constructor({ prisma, now }: { prisma: PrismaClient; now: Clock }) {
    this.#prisma = prisma;
    this.#rows = new QueueRepository();
    this.#now = now;
  }

  /** One page, the latest first. @throws AppError `invalid_cursor` */
  async list(userId: number | null, query: QueueQuery): Promise<QueuePage> {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    const wanted = { ...query, limit: query.limit + 1, after };
    const [pushes, jobs] = await Promise.all([this.#pushes(userId, wanted), this.#jobs(userId, wanted)]);
    const items = [...pushes, ...jobs].sort(latestFirst);
    const page = items.slice(0, query.limit);
    const last = page.at(-1);
    return { items: page, nextCursor: items.length > query.limit && last ? cursorOf(last) : null };
  }

  /** How many items stand how. */
  async statistics(userId: number | null): Promise<Record<QueueState, number>> {
    const [pushes, jobs] = await Promise.all([
      this.#rows.countPushes(this.#prisma, userId),
      userId === null ? this.#countAllJobs() : this.#jobs(userId, { limit: MOST_OF_ONE_USER }),
    ]);
    const counts = Object.fromEntries(QUEUE_STATES.map((state) => [state, 0])) as Record<QueueState, number>;
    for (const { state, count } of pushes) counts[state] += count;
    for (const { state, count = 1 } of jobs as { state: QueueState; count?: number }[])
      counts[state] += count;
    return counts;
  }

  /** Does it now: ends its wait, and gives what was given up all of its tries again. @throws AppError `queue_item_not_found`, `queue_item_running` */
  async process(userId: number | null, id: string): Promise<void> {
    const { prefix, rest } = parseId(id);
    if (prefix === "push") {
      if ((await this.#retryPushes(userId, { ids: [rest] })) === 0) throw notFound();
      return;
    }
    const job = await this.#ownJob(userId, rest);
    const done =
      job.state === "failed" ? await retryJob(this.#prisma, rest) : await runJobNow(this.#prisma, rest);
    if (!done) throw running();
  }

  /** Has everything that was given up tried again. @returns how many */
  async retryFailed(userId: number | null): Promise<number> {
    const pushes = await this.#retryPushes(userId, { allFailed: true });
    const failed = await this.#jobs(userId, { limit: 10_000, states: ["failed"] });
    let jobs = 0;
    for (const { id } of failed) if (await retryJob(this.#prisma, parseId(id).rest)) jobs += 1;
    return pushes + jobs;
  }

  /**
   * Puts away what was given up: a push that is no longer shown (the doctor still finds the difference), a job that is deleted.
   * @throws AppError `queue_item_not_found`, `queue_item_not_failed`
   */
  async discard(userId: number | null, id: string): Promise<void> {
    const { prefix, rest } = parseId(id);
    if (prefix === "push") {
      const gone = await this.#rows.dismissFailedPushes(this.#prisma, this.#now(), { ids: [rest], userId });
      if (gone > 0) return;
      const [waiting] = await this.#pushes(userId, { limit: 1, id: rest });
      throw waiting ? notFailed() : notFound();
    }
    await this.#ownJob(userId, rest);
    if (!(await discardJob(this.#prisma, rest))) throw notFailed();
  }

  /** Puts away what was given up before, and all but the newest of what failed in the same way. @returns how many */
  async cleanUp(failedBefore: Date): Promise<number> {
    const now = this.#now();
    const pushes = await this.#rows.dismissFailedPushes(this.#prisma, now, { failedBefore });
    return (
      pushes +
      (await deleteOldFailedJobs(this.#prisma, { olderThanMs: now.getTime() - failedBefore.getTime() }))
    );
  }

  async #retryPushes(
    userId: number | null,
    which: Parameters<QueueRepository["retryPushes"]>[2],
  ): Promise<number> {
    return this.#prisma.$transaction(async (tx) => {
      const retried = await this.#rows.retryPushes(tx, userId, which);
      const calendars = [...new Set(retried.map(({ calendarSyncId }) => calendarSyncId))];
      await enqueueMany(
        tx,
        calendars.map((calendarSyncId) => ({ job: pushCalendarJob, payload: { calendarSyncId } })),
      );
      return retried.length;
    });
  }

  async #pushes(
    userId: number | null,
    query: Pick<QueueQuery, "states" | "kind" | "calendarSyncId" | "limit"> & {
      after?: Position | undefined;
      id?: string;
    },
  ): Promise<QueueItem[]> {
    const { kind, calendarSyncId, states, after, limit, id } = query;
    if (kind !== undefined && kind !== "push") return [];
    const rows = await this.#rows.findPushes(this.#prisma, {
      userId,
      calendarSyncId,
      states: states as readonly PushState[] | undefined,
      after: after && { at: after.at, id: after.prefix === "push" ? after.rest : "" },
      limit,
      ids: id === undefined ? undefined : [id],
    });
    const calendars = await this.#calendarsOf(
      rows.map((row) => row.calendarSyncId),
      [],
    );
    return rows.map((row) => ofPush(row, calendars.get(row.calendarSyncId) ?? null));
  }

  async #jobs(
    userId: number | null,
    query: Pick<QueueQuery, "states" | "kind" | "calendarSyncId" | "limit"> & {
      after?: Position | undefined;
      id?: string;
    },
  ): Promise<QueueItem[]> {
    const { kind, calendarSyncId, states, after, limit, id } = query;
    const own = userId === null ? null : await this.#rows.findCalendars(this.#prisma, { userId });
    // The wishes themselves are listed; the job that works them off says something new only when it was given up.
    const filter: JobFilter = { limit, onlyFailedOf: [pushCalendarJob.name] };
    if (states) filter.states = jobStates(states);
    if (id !== undefined) filter.ids = [id];
    if (kind !== undefined) filter.names = jobNames(kind);
    if (after) filter.after = { createdAt: after.at, id: after.prefix === "job" ? after.rest : MAX_JOB_ID };
    if (own !== null || calendarSyncId !== undefined) {
      const calendars =
        own?.filter((calendar) => calendarSyncId === undefined || calendar.id === calendarSyncId) ??
        (await this.#rows.findCalendars(this.#prisma, {
          ids: calendarSyncId === undefined ? [] : [calendarSyncId],
          subscriptionIds: [],
        }));
      filter.payload = {
        calendarSyncId: calendars.map((calendar) => calendar.id),
        subscriptionId: calendars.flatMap((calendar) => calendar.subscriptionIds),
      };
    }
    const jobs = await listJobs(this.#prisma, filter);
    const ids = jobs.map(subjectOf);
    const calendars = await this.#calendarsOf(
      ids.flatMap(({ calendarSyncId: one }) => one ?? []),
      ids.flatMap(({ subscriptionId }) => subscriptionId ?? []),
    );
    return jobs.map((job) => {
      const { calendarSyncId: calendar, subscriptionId } = subjectOf(job);
      return ofJob(job, calendars.get(calendar ?? subscriptionId ?? "") ?? null);
    });
  }

  async #countAllJobs(): Promise<{ state: QueueState; count: number }[]> {
    const { jobs } = await jobStats(this.#prisma);
    return jobs.flatMap((counts) =>
      (Object.entries(STATE_OF_JOB) as [JobState, QueueState][])
        .filter(([state]) => counts.name !== pushCalendarJob.name || state === "failed")
        .map(([state, shownAs]) => ({ state: shownAs, count: counts[state] })),
    );
  }

  async #ownJob(userId: number | null, id: string): Promise<QueueItem> {
    const [job] = await this.#jobs(userId, { limit: 1, id });
    if (!job) throw notFound();
    return job;
  }

  /** By their own ids and by those of their push channels. */
  async #calendarsOf(
    ids: readonly string[],
    subscriptionIds: readonly string[],
  ): Promise<Map<string, QueueCalendar>> {
    if (ids.length === 0 && subscriptionIds.length === 0) return new Map();
    const rows = await this.#rows.findCalendars(this.#prisma, { ids: [...new Set(ids)], subscriptionIds });
    return new Map(rows.flatMap((row) => [row.id, ...row.subscriptionIds].map((id) => [id, row] as const)));
  }
}

/** A user has a few jobs per calendar. */
const MOST_OF_ONE_USER = 10_000;
const MAX_JOB_ID = "9223372036854775807";

interface Position {
  at: Date;
  prefix: string;
  rest: string;
}

function ofPush(row: QueuedPush, calendar: QueueCalendar | null): QueueItem {
  const { lastError, lastErrorMessage } = row;
  return {
    id: `push-${row.id}`,
    kind: "push",
    state: row.state,
    calendar: calendar && shown(calendar),
    booking: { uid: row.bookingUid, title: row.bookingTitle, start: row.bookingStart },
    attempts: row.attempts,
    error: lastError === null ? null : { code: lastError, message: lastErrorMessage ?? lastError },
    at: row.at,
    nextAt: row.state === "failed" || row.state === "blocked" ? null : row.nextAt,
  };
}

function ofJob(job: ListedJob, calendar: QueueCalendar | null): QueueItem {
  const message = job.lastError?.split("\n", 1)[0];
  return {
    id: `job-${job.id}`,
    kind: KIND_OF_JOB[job.name] ?? job.name,
    state: STATE_OF_JOB[job.state],
    calendar: calendar && shown(calendar),
    booking: null,
    attempts: job.attempts,
    error: message === undefined ? null : { code: null, message },
    at: job.createdAt,
    nextAt: job.state === "failed" || job.state === "running" ? null : job.runAt,
  };
}

function shown({ id, name, provider }: QueueCalendar) {
  return { id, name, provider };
}

function subjectOf({ payload }: ListedJob): { calendarSyncId?: string; subscriptionId?: string } {
  const { calendarSyncId, subscriptionId } = (payload ?? {}) as Record<string, unknown>;
  return {
    ...(typeof calendarSyncId === "string" && UUID.test(calendarSyncId) ? { calendarSyncId } : {}),
    ...(typeof subscriptionId === "string" && UUID.test(subscriptionId) ? { subscriptionId } : {}),
  };
}

function jobStates(states: readonly QueueState[]): JobState[] {
  const all = Object.entries(STATE_OF_JOB) as [JobState, QueueState][];
  return all.filter(([, state]) => states.includes(state)).map(([state]) => state);
}

function jobNames(kind: string): string[] {
  const known = Object.entries(KIND_OF_JOB).find(([, name]) => name === kind);
  return [known?.[0] ?? kind];
}

function latestFirst(a: QueueItem, b: QueueItem): number {
  const byTime = b.at.getTime() - a.at.getTime();
  if (byTime !== 0) return byTime;
  const [one, other] = [parseId(a.id), parseId(b.id)];
  if (one.prefix !== other.prefix) return one.prefix < other.prefix ? 1 : -1;
  if (one.prefix === "job") return Number(BigInt(other.rest) - BigInt(one.rest));
  return one.rest < other.rest ? 1 : -1;
}

function cursorOf({ at, id }: QueueItem): string {
  return `${at.getTime()}_${id}`;
}

/** @throws AppError `invalid_cursor` */
function readCursor(cursor: string): Position {
  const [, time, id] = /^(\d{1,15})_(.+)$/.exec(cursor) ?? [];
  try {
    if (time !== undefined && id !== undefined) return { at: new Date(Number(time)), ...parseId(id) };
  } catch {
    // Said below.
  }
  throw new AppError("invalid", "invalid_cursor", "This cursor is not one of the queue's.", {
    hint: "Give `nextCursor` of the page before, or none to begin with the latest.",
  });
}

/** @throws AppError `queue_item_not_found` for what cannot be an item's id */
function parseId(id: string): { prefix: string; rest: string } {
  const [, prefix = "", rest = ""] = /^(push|job)-(.+)$/.exec(id) ?? [];
  if ((prefix === "push" && UUID.test(rest)) || (prefix === "job" && /^\d{1,18}$/.test(rest))) {
    return { prefix, rest };
  }
  throw notFound();
}

function notFound(): AppError {
  return new AppError("not-found", "queue_item_not_found", "There is no such item in the queue.", {
    hint: "It may be done by now. List the queue again.",
  });
}

function running(): AppError {
  return new AppError("conflict", "queue_item_running", "A worker has this item already.");
}

function notFailed(): AppError {
  return new AppError("conflict", "queue_item_not_failed", "Only what was given up can be discarded.", {
    hint: "Work that waits is part of keeping both sides equal. Switch the calendar's sync off to stop it.",
  });
}
