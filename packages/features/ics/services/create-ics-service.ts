import { handleJob, type JobRegistration, type ScheduledJob } from "@calsync/jobs";
import { extendImportsJob } from "../jobs/extend-imports.job.ts";
import type { IcsDependencies } from "./dependencies.ts";
import { exportSchedule, type ScheduleExport } from "./export-schedule.ts";
import { Feeds } from "./feeds.ts";
import { Imports } from "./imports.ts";

/** Calendar files: what users bring, and what they take away or let others subscribe to. */
export interface IcsService {
  imports: Imports;
  feeds: Feeds;
  /** A user's schedule as the text of a file, in pieces. */
  exportSchedule(userId: number, wanted: ScheduleExport): Promise<Iterable<string>>;
  /** What a worker runs, and enqueues by itself. */
  jobs: JobRegistration[];
  schedule: ScheduledJob[];
}

const EXTEND_EVERY_MS = 6 * 3_600_000;

/** Puts the service together. */
export function createIcsService(deps: IcsDependencies): IcsService {
  const imports = new Imports(deps);
  return {
    imports,
    feeds: new Feeds(deps),
    exportSchedule: (userId, wanted) => exportSchedule(deps, userId, wanted),
    jobs: [
      handleJob(extendImportsJob, async (_payload, context) => {
        context.log.debug({ series: await imports.extend() }, "imported series worked out further");
      }),
    ],
    schedule: [{ name: "extend-imports", job: extendImportsJob, payload: {}, everyMs: EXTEND_EVERY_MS }],
  };
}
