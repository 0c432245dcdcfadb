import { enqueueMany } from "@calsync/jobs";
import type { BusyInterval, Interval } from "@calsync/types";
import { isFresh } from "../engine/freshness.ts";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import type { ExternalEventRepository } from "../repositories/ExternalEventRepository.ts";
import type { SelectedMirror, StatusRepository } from "../repositories/StatusRepository.ts";
import type { EngineDependencies } from "./dependencies.ts";
import type { LiveBusy } from "./LiveBusy.ts";

/** How recent the knowledge of one selected calendar is. */
export interface CalendarFreshness {
  calendarSyncId: string | null;
  name: string;
  lastPulledAt: Date | null;
  /** From the mirror, asked for just now, or neither: then it is what was last known, if anything. */
  source: "mirror" | "live" | "unreadable";
  /** Whether it is recent enough to offer times from. */
  ok: boolean;
}

/** When a user is busy in the calendars that they have selected. */
export interface BusyTimesFound {
  intervals: Interval[];
  freshness: CalendarFreshness[];
  /** A calendar cannot be read, and the host wants nothing to be booked then. */
  closed: boolean;
}

/** What busy times are read with. */
export interface BusyTimesDependencies
  extends Pick<EngineDependencies, "prisma" | "calendars" | "settings" | "now"> {
  events: Pick<ExternalEventRepository, "findBusy">;
  status: Pick<StatusRepository, "findSelectedMirrors">;
  live: LiveBusy;
}

/**
 * Answers when a host is busy: from the mirror while it is fresh, else by asking the provider, one call per account. A calendar
 * that can be neither is never taken for free: it closes the host's slots, or the guest is warned, as the host prefers.
 */
export class BusyTimes {
  readonly #deps: BusyTimesDependencies;
  constructor(deps: BusyTimesDependencies) {
    this.#deps = deps;
  }

  /**
   * @param except the times of bookings that are to be moved: the provider shows their events as busy, so what is known of
   *   those stretches comes from the mirror, which holds no events of ours
   */
  async find(userId: number, range: Interval, except: readonly Interval[] = []): Promise<BusyTimesFound> {
    const { prisma, events, status, settings, live, now } = this.#deps;
    const [mirrors, known] = await Promise.all([
      status.findSelectedMirrors(userId),
      events.findBusy(prisma, userId, range),
    ]);
    const stale = mirrors.filter((mirror) => !isFresh(mirror, settings, now()));
    if (stale.length === 0)
      return { intervals: sorted(known), freshness: mirrors.map(fromMirror), closed: false };
    await this.#refresh(stale);
    const asked = await live.find(stale, range);
    const intervals: Interval[] = known.filter(
      ({ calendarSyncId, ...busy }) =>
        !stale.some((mirror) => mirror.calendarSyncId === calendarSyncId && asked.has(mirror)) ||
        except.some((own) => overlaps(busy, own)),
    );
    for (const busy of asked.values()) intervals.push(...busy.flatMap((one) => without(one, except)));
    const freshness = mirrors.map((mirror): CalendarFreshness => {
      if (!stale.includes(mirror)) return fromMirror(mirror);
      const readable = asked.has(mirror);
      return { ...fromMirror(mirror), source: readable ? "live" : "unreadable", ok: readable };
    });
    const closed = mirrors[0]?.unreadableCalendar !== "WARN" && freshness.some(({ ok }) => !ok);
    return { intervals: sorted(intervals), freshness, closed };
  }

  /** Somebody looks at times of this host: their calendars are read again soon, so that the next look is answered from here. */
  async #refresh(stale: readonly SelectedMirror[]): Promise<void> {
    const { prisma, calendars } = this.#deps;
    const ids = stale.flatMap(({ calendarSyncId, credentialActive, pullWanted }) =>
      calendarSyncId !== null && credentialActive && !pullWanted ? [calendarSyncId] : [],
    );
    if (ids.length === 0) return;
    const wanted = await calendars.markPullRequested(prisma, ids);
    await enqueueMany(
      prisma,
      wanted.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
      { durable: false },
    );
  }
}

function fromMirror({ calendarSyncId, name, lastPulledAt }: SelectedMirror): CalendarFreshness {
  return { calendarSyncId, name, lastPulledAt, source: "mirror", ok: true };
}

function overlaps(a: Interval, b: Interval): boolean {
  return a.start < b.end && a.end > b.start;
}

/** A stretch without what `except` covers of it. */
function without({ start, end }: BusyInterval, except: readonly Interval[]): Interval[] {
  return except.reduce<Interval[]>(
    (parts, own) =>
      parts.flatMap((part) =>
        overlaps(part, own)
          ? [
              { start: part.start, end: own.start },
              { start: own.end, end: part.end },
            ].filter((rest) => rest.start < rest.end)
          : [part],
      ),
    [{ start, end }],
  );
}

function sorted(intervals: Interval[]): Interval[] {
  return intervals
    .map(({ start, end }) => ({ start, end }))
    .sort((a, b) => a.start.getTime() - b.start.getTime());
}
