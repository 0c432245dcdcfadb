import type { Enqueue } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import { recheckEventsJob } from "../jobs/recheck-events.job.ts";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
import type { AppliedChanges } from "./applied-changes.ts";
import type { Lease } from "./Lease.ts";

/** The jobs that a merge during a push causes. The push itself goes on, and what is in doubt of a series is listed anew after it. */
export async function jobsAfterMerge(
  tx: PrismaTransaction,
  calendars: Pick<CalendarSyncRepository, "requestListing">,
  { row, owner }: Lease,
  applied: AppliedChanges,
): Promise<Enqueue[]> {
  const listed = applied.relist ? await calendars.requestListing(tx, row.id, owner) : [];
  return followUpJobs({
    ...applied,
    pushCalendarIds: applied.pushCalendarIds.filter((id) => id !== row.id),
    pullCalendarIds: [...applied.pullCalendarIds, ...listed],
  });
}

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
