import { enqueueMany } from "@calsync/jobs";
import { checkCalendarJob } from "../jobs/check-calendar.job.ts";
import type { DoctorRepository } from "../repositories/DoctorRepository.ts";
import type { CronDependencies, CronReport } from "./cron.ts";

/** Most calendars that one tick has looked at: a look lists the whole calendar. */
const MAX_PER_TICK = 50;

/**
 * The doctor's rounds: each calendar is compared with its bookings once a week, a few at each tick, day and night, so that
 * providers never see them all at once.
 */
export async function runCalendarDoctorCron(
  { prisma, settings, now }: CronDependencies,
  rows: DoctorRepository,
): Promise<CronReport> {
  const due = await rows.takeDueChecks(prisma, now(), settings.doctorEveryMs, MAX_PER_TICK);
  await enqueueMany(
    prisma,
    due.map((calendarSyncId) => ({ job: checkCalendarJob, payload: { calendarSyncId } })),
  );
  return { checksEnqueued: due.length };
}
