export { type BackoffSettings, defineJob, type JobDefinition, type KeyMode } from "./definition.ts";
export {
  type Enqueue,
  type EnqueueManyOptions,
  type EnqueueOptions,
  enqueue,
  enqueueMany,
  type SqlExecutor,
} from "./enqueue.ts";
export { GiveUp, JobPayloadError, RetryLater, type RetryLaterOptions } from "./errors.ts";
export {
  handleJob,
  type JobContext,
  type JobHandler,
  type JobLog,
  type JobRegistration,
  type RunAgain,
} from "./handler.ts";
export {
  GIVEN_UP_JOBS,
  type JobFilter,
  type JobState,
  type ListedJob,
  listJobs,
  runJobNow,
} from "./job-list.ts";
export { migrateJobs } from "./migrate.ts";
export {
  deleteOldFailedJobs,
  discardJob,
  type FailedJob,
  failedJobs,
  type JobCounts,
  jobStats,
  type QueueStats,
  retryJob,
} from "./queue.ts";
export { type FetchedJob, type Outcome, type RunOptions, runJob } from "./run-job.ts";
export { type JobRun, type RunUntilEmptyOptions, runJobsUntilEmpty } from "./run-until-empty.ts";
export type { ScheduledJob } from "./schedule.ts";
export {
  DEFAULT_TIMINGS,
  type RunningWorker,
  startWorker,
  type WorkerOptions,
  type WorkerStats,
} from "./worker.ts";
export type { WorkerTimings } from "./worker-session.ts";
