import type { Enqueue } from "@calsync/jobs";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import { recheckEventsJob } from "../jobs/recheck-events.job.ts";
import type { AppliedChanges } from "./applied-changes.ts";

/** The jobs that applied changes cause; enqueue them in the same transaction, last. */
export function followUpJobs(
  applied: Pick<AppliedChanges, "pushCalendarIds" | "pullCalendarIds" | "rechecks">,
): Enqueue[] {
  return [
    ...applied.pushCalendarIds.map((id) => ({ job: pushCalendarJob, payload: { calendarSyncId: id } })),
    ...applied.pullCalendarIds.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
    ...applied.rechecks.map(({ calendarSyncId, at }) => ({
      job: recheckEventsJob,
      payload: { calendarSyncId },
      runAt: at,
    })),
  ];
}
