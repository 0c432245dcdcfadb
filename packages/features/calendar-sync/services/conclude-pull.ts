import { enqueueMany } from "@calsync/jobs";
import type { CalendarService, ExternalChange } from "@calsync/types";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import { recheckEventsJob } from "../jobs/recheck-events.job.ts";
import type { SeriesPart } from "../repositories/ExternalEventRepository.ts";
import type { SeriesReferenceRow } from "../repositories/rows.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { readNow } from "./event-ref.ts";
import type { PullCommits } from "./PullCommits.ts";

/**
 * A full listing is complete. What it did not show may have gone, or may just not be shown: each missing event of a
 * booking is read directly, and only what that read says counts (invariant 6). Events that are not ours stay in the mirror
 * until they were read too, after this.
 */
export async function concludeFullPull(
  { prisma, references, seriesReferences, events, now }: EngineDependencies,
  service: CalendarService,
  commits: PullCommits,
): Promise<void> {
  const { lease, state, report } = commits;
  const { id, fullPullGeneration } = state;
  const window = commits.window();
  const unseen = await references.findUnseen(prisma, id, fullPullGeneration, {
    start: now(),
    end: window.end,
  });
  const changes: ExternalChange[] = [];
  for (const reference of unseen) {
    lease.check();
    changes.push(await readNow(service, state.externalCalendarId, reference));
  }
  for (const series of await seriesReferences.findUnseen(prisma, id, fullPullGeneration)) {
    lease.check();
    changes.push(await readNow(service, state.externalCalendarId, asSingle(series)));
  }
  await commits.changes(changes, {
    window,
    mode: "part",
    fullPullRunning: false,
    also: async (tx) => {
      const missing = await events.markUnseen(tx, id, fullPullGeneration, window, now());
      if (missing === 0) return;
      await enqueueMany(tx, [{ job: recheckEventsJob, payload: { calendarSyncId: id } }]);
    },
  });
  report.changes += changes.length;
}

/**
 * A series that has gone was looked for in the other calendars, dates that dropped out of their series' rule have been waited
 * for, and all that the calendar had to say has been pulled: what has not turned up in another series is called off. The
 * series is read once more before that (invariant 6).
 */
export async function settleSeries(
  { prisma, seriesReferences, events, calendars, settings, now }: EngineDependencies,
  service: CalendarService,
  commits: PullCommits,
): Promise<void> {
  const { lease, state } = commits;
  const at = now();
  const waiting = await seriesReferences.findSettling(prisma, state.id, at);
  const inGrace = ({ settleAt }: SeriesReferenceRow) => settleAt !== null && settleAt > at;
  const othersUnread =
    waiting.length > 0 && (await calendars.othersAwaitPull(prisma, state.userId, state.id));
  const due = othersUnread ? waiting.filter((series) => !inGrace(series)) : waiting;
  const changes: ExternalChange[] = [];
  for (const series of due) {
    lease.check();
    changes.push(await readNow(service, state.externalCalendarId, asSingle(series)));
  }
  // What came of its dates while the series was not known to be here stands in the mirror.
  const seriesIds = due.flatMap(({ externalEventId }) => externalEventId ?? []);
  const parts = await events.findSeries(prisma, [state.id], seriesIds);
  // A calendar that is still to be read may hold what dates go on in.
  const graceMs = othersUnread
    ? Math.max(settings.moveGraceMs, settings.splitGraceMs)
    : settings.splitGraceMs;
  const settledBefore = new Date(at.getTime() - graceMs);
  await commits.settled([...changes, ...parts.flatMap(changeOfInstance)], settledBefore, async (tx) => {
    // Writes have waited for this reading.
    if (due.every(({ version }) => version !== null)) return;
    await enqueueMany(tx, [{ job: pushCalendarJob, payload: { calendarSyncId: state.id } }]);
  });
}

/** A series itself is read like a single event. */
const asSingle = ({ externalEventId }: SeriesReferenceRow) => ({
  externalEventId,
  originalStart: "",
  seriesReferenceId: null,
});

/** What the mirror holds of an instance, as its calendar told it; none for a series itself. */
function changeOfInstance({
  externalEventId: eventId,
  seriesId,
  originalStart,
  status,
  snapshot,
}: SeriesPart): ExternalChange[] {
  if (seriesId === null) return [];
  if (snapshot && status !== "cancelled") return [{ type: "upsert", event: snapshot }];
  return [{ type: "delete", eventId, seriesId, originalStart, version: snapshot?.version ?? null }];
}
