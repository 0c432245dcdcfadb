import { enqueueMany } from "@calsync/jobs";
import { nightAfter } from "../engine/night.ts";
import { checkCalendarJob } from "../jobs/check-calendar.job.ts";
import type { DoctorRepository } from "../repositories/DoctorRepository.ts";
import type { CronDependencies, CronReport } from "./cron.ts";

/** Most calendars that one tick has looked at: a look lists the whole calendar. */
const MAX_PER_TICK = 50;

/**
 * The doctor's rounds: each night a share of the calendars is compared with its bookings, each calendar about once in
 * `doctorEveryNights` nights, between one and five where its host is. A new calendar is looked at once, as soon as it is in use.
 */
export async function runCalendarDoctorCron(
  { prisma, settings, now, random }: CronDependencies,
  rows: DoctorRepository,
): Promise<CronReport> {
  const at = now();
  const due = await rows.takeDueChecks(prisma, at, MAX_PER_TICK);
  await rows.planChecks(
    prisma,
    due.map(({ id, timeZone }) => ({
      id,
      at: nightAfter(at, settings.doctorEveryNights, timeZone, [random(), random()]),
    })),
  );
  await enqueueMany(
    prisma,
    due.map(({ id }) => ({ job: checkCalendarJob, payload: { calendarSyncId: id } })),
  );
  return { checksEnqueued: due.length };
}
