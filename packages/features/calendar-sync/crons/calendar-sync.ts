import { enqueueMany } from "@calsync/jobs";
import { extendMirrorJob } from "../jobs/extend-mirror.job.ts";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import { recheckEventsJob } from "../jobs/recheck-events.job.ts";
import type { CronDependencies, CronReport } from "./cron.ts";

/** A push or a recheck that has waited this long without a job of its own has lost it. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * The cron of calendars: a CalendarSync for every destination and selected calendar, a PENDING subscription for each that
 * lacks one, a pull for each whose poll is due, and the nets under lost jobs. Each step takes only rows that are due, so
 * that a tick costs what there is to do; ticks that overlap share the rows.
 */
export async function runCalendarSyncCron({
  prisma,
  calendars,
  subscriptions,
  settings,
  now,
}: CronDependencies): Promise<CronReport> {
  const at = now();
  const limit = settings.cronBatchSize;
  const targets = await calendars.findUnlinkedTargets(prisma, limit);
  const made = await calendars.ensure(prisma, targets, at);
  await calendars.linkTargets(
    prisma,
    made.map((row) => row.id),
  );
  const fallenOut = await subscriptions.checkUsage(prisma, at, limit);
  const subscribed = await subscriptions.createMissing(prisma, at, limit);
  // If the pull fails to set the next time (a crash), the poll comes back by itself after this pause.
  const polls = await calendars.takeDuePolls(
    prisma,
    at,
    new Date(at.getTime() + settings.unwatchedPollMs * 2),
    limit,
  );
  const pushes = await calendars.findForgottenPushes(
    prisma,
    at,
    new Date(at.getTime() - FORGOTTEN_AFTER_MS),
    limit,
  );
  const rechecks = await calendars.findForgottenRechecks(
    prisma,
    new Date(at.getTime() - FORGOTTEN_AFTER_MS),
    limit,
  );
  const horizon = new Date(at.getTime() + (settings.windowAheadDays / 2) * 24 * 3_600_000);
  const mirrors = await calendars.findShortMirrors(prisma, horizon, limit);
  await enqueueMany(prisma, [
    ...[...polls, ...made.filter((row) => row.created).map((row) => row.id)].map((id) => ({
      job: pullCalendarJob,
      payload: { calendarSyncId: id },
    })),
    ...pushes.map((id) => ({ job: pushCalendarJob, payload: { calendarSyncId: id } })),
    ...rechecks.map((id) => ({ job: recheckEventsJob, payload: { calendarSyncId: id } })),
    ...mirrors.map((id) => ({ job: extendMirrorJob, payload: { calendarSyncId: id } })),
  ]);
  return {
    calendarsMade: made.filter((row) => row.created).length,
    subscriptionsMade: subscribed,
    pollsEnqueued: polls.length,
    pushesRecovered: pushes.length,
    rechecksRecovered: rechecks.length,
    mirrorsExtended: mirrors.length,
    usageChanged: fallenOut,
  };
}
