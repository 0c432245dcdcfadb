import { type JobRegistration, type Outcome, runJob } from "@calsync/jobs";
import type { Logger } from "@calsync/lib";
import type { MemoryDatabase } from "./MemoryDatabase.ts";
import { type JobRecord, patchRow } from "./memory-tables.ts";

/** One run. */
export interface MemoryJobRun {
  name: string;
  outcome: Outcome | { kind: "died" } | { kind: "stalled" };
}

/** Runs the jobs of a MemoryDatabase, one after the other, as a worker would; one that dies leaves its job to the next. */
export class MemoryJobs {
  readonly #db: MemoryDatabase;
  readonly #registrations: ReadonlyMap<string, JobRegistration>;
  readonly #log: Logger;
  /** Workers that stand still in the middle of a job. */
  readonly #stalled: { resume: () => void; ended: Promise<void> }[] = [];
  readonly #dead: { resume: () => void; ended: Promise<void> }[] = [];

  constructor(db: MemoryDatabase, registrations: readonly JobRegistration[], log: Logger) {
    this.#db = db;
    this.#registrations = new Map(registrations.map((one) => [one.job.name, one]));
    this.#log = log;
  }

  /** Runs what is due and what that causes. @throws when it does not end. */
  async runDue(limit = 300): Promise<MemoryJobRun[]> {
    const runs: MemoryJobRun[] = [];
    for (let job = this.#nextDue(); job !== null; job = this.#nextDue()) {
      runs.push(await this.#run(job));
      if (runs.length > limit) {
        const last = runs.slice(-6).map(({ name, outcome }) => `${name} (${outcome.kind})`);
        throw new Error(`There is still work after ${limit} runs; the last were ${last.join(", ")}.`);
      }
    }
    return runs;
  }

  /** Stalled workers go on from where they stood, whatever has happened meanwhile. */
  async resumeStalled(): Promise<void> {
    for (const one of this.#stalled.splice(0)) {
      one.resume();
      await one.ended;
    }
  }

  /** What dead workers have left behind comes to its end. The database must be closed. */
  async bury(): Promise<void> {
    for (const one of [...this.#stalled.splice(0), ...this.#dead.splice(0)]) {
      one.resume();
      await one.ended;
    }
  }

  #nextDue(): JobRecord | null {
    const now = this.#db.now();
    const due = [...this.#db.tables.jobs.values()].filter(
      (job) => !job.held && job.attempts < job.maxAttempts && (job.runAt === null || job.runAt <= now),
    );
    due.sort((a, b) => a.priority - b.priority || time(a) - time(b) || a.id - b.id);
    return due[0] ?? null;
  }

  async #run(job: JobRecord): Promise<MemoryJobRun> {
    const registration = this.#registrations.get(job.name);
    if (!registration) throw new Error(`Nothing runs jobs named ${job.name}.`);
    const held = { ...job, held: true, attempts: job.attempts + 1 };
    this.#db.tables.jobs.set(job.id, held);
    let outcome: Outcome = { kind: "done" };
    const struck = await this.#db.asWorker(async () => {
      const fetched = { ...held, id: String(held.id) };
      const options = { log: this.#log, signal: NEVER, clock: this.#db.now, random: () => 0.5 };
      const ran = await runJob(registration, fetched, options);
      outcome = ran.outcome;
      this.#settle(held, outcome);
    });
    if (struck === null) return { name: job.name, outcome };
    if (struck.blow === "stall") {
      this.#stalled.push(struck);
      return { name: job.name, outcome: { kind: "stalled" } };
    }
    this.#dead.push(struck);
    this.#takeOver(held);
    return { name: job.name, outcome: { kind: "died" } };
  }

  /** Writes what becomes of a job; one that a newer one of its key has replaced while it ran is dropped. */
  #settle(held: JobRecord, outcome: Outcome): void {
    const { jobs } = this.#db.tables;
    const row = jobs.get(held.id);
    if (!row) return;
    jobs.delete(held.id);
    if (outcome.kind === "done") return;
    const newer =
      held.key === null ? undefined : [...jobs.values()].find((one) => one.key === held.key && !one.held);
    if (newer) {
      if (outcome.kind === "again" && newer.runAt !== null && newer.runAt > outcome.at)
        patchRow(jobs, newer.id, { runAt: outcome.at });
      return;
    }
    const now = this.#db.now().getTime();
    const unused = held.attempts - 1;
    const next: Partial<JobRecord> =
      outcome.kind === "again"
        ? { attempts: 0, runAt: outcome.at }
        : outcome.kind === "retry"
          ? {
              attempts: outcome.countsAsAttempt ? held.attempts : unused,
              runAt: new Date(now + outcome.afterMs),
            }
          : { attempts: outcome.kind === "failed" ? held.maxAttempts : unused };
    const id = this.#db.nextNumber();
    jobs.set(id, { ...row, id, key: held.key, held: false, ...next });
  }

  /** The worker has died: its job is free again, unless a newer one does its work. */
  #takeOver(held: JobRecord): void {
    const { jobs } = this.#db.tables;
    const row = jobs.get(held.id);
    if (!row) return;
    const newer = [...jobs.values()].some((one) => one.id !== held.id && one.key === held.key);
    if (held.key !== null && newer) jobs.delete(held.id);
    else jobs.set(held.id, { ...row, key: held.key, held: false, attempts: held.attempts - 1, runAt: null });
  }
}

const NEVER = new AbortController().signal;

const time = (job: JobRecord): number => job.runAt?.getTime() ?? 0;
