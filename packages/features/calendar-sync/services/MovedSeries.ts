import { slotsOf } from "@calsync/icalendar";
import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalEvent } from "@calsync/types";
import { hasEnded } from "../engine/plan-inbound.ts";
import type { SeriesInput, SeriesPlan } from "../engine/series.ts";
import { settleSeriesJob } from "../jobs/settle-series.job.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { EventPlace, MarkedSeries } from "../repositories/ExternalEventRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow, SeriesReferenceRow } from "../repositories/rows.ts";
import type { SeriesReferencePatch } from "../repositories/SeriesReferenceRepository.ts";
import type { MovedEvents, Recheck } from "./MovedEvents.ts";
import type { SyncSettings } from "./settings.ts";

/** A series whose recurring event has gone from its calendar: it is somewhere else, or that is not known yet. */
export interface GoneSeries {
  reference: SeriesReferenceRow;
  occurrences: readonly ReferenceRow[];
  /** Null while the other calendars are still to be read. */
  place: EventPlace | null;
}

/** What a page says of series that have gone. */
export interface GoneSeriesFound {
  byId: ReadonlyMap<string, GoneSeries>;
  pullCalendarIds: string[];
}

/** Under which circumstances series that have gone are looked for. */
interface Circumstances {
  recheck: Recheck | undefined;
  /** As SeriesInput takes it. */
  settledBefore: Date | null;
  /** Series with the marks of those asked for, in the other calendars. */
  marked: readonly MarkedSeries[];
  ahead: boolean;
  now: Date;
}

type Asked = Pick<SeriesInput, "remote"> & {
  reference: SeriesReferenceRow;
  occurrences: readonly { reference: ReferenceRow; local: SeriesInput["occurrences"][number]["local"] }[];
};

/**
 * Tells a series that was moved to another calendar from one that was deleted, as MovedEvents does for single events (ADR 0010): its
 * occurrences stand until the other calendars have been read, or their time is over.
 */
export class MovedSeries {
  readonly #moved: MovedEvents;
  readonly #settings: Pick<SyncSettings, "moveGraceMs">;

  constructor(moved: MovedEvents, settings: Pick<SyncSettings, "moveGraceMs">) {
    this.#moved = moved;
    this.#settings = settings;
  }

  /**
   * Looks for series that have gone from `calendar` in the other calendars of its host. What was found gone before all of the listing is
   * known (`ahead`) is left to the end of the pull, since copies may still be told of. No statement when none has.
   */
  async find(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    inputs: readonly Asked[],
    { recheck, settledBefore, marked, ahead, now }: Circumstances,
  ): Promise<GoneSeriesFound> {
    // One that is known to be deleted is looked for where its mark has turned up: it may have moved before we deleted it, or have come back.
    const gone = inputs.filter(
      (one) => hasGone(one) && (one.reference.status !== "DELETED" || settledBefore !== null),
    );
    const asked = gone.map(({ reference, occurrences }) => {
      const standing = occurrences.filter(({ local }) => local?.active && !hasEnded(local, now)).length;
      return { reference, standing, active: standing > 0 };
    });
    // At the end of a pull only those have been looked for, and the others read since, that were known to be gone before it.
    const isLast = ({ reference }: (typeof asked)[number]) =>
      settledBefore !== null && reference.deletedSeenAt !== null;
    const how = asked.every(isLast) ? "last-look" : recheck;
    const { moved, unconfirmed, ...looked } = await this.#moved.find(tx, calendar, asked, how, now);
    let { pullCalendarIds } = looked;
    for (const one of asked) {
      const { reference, standing, active } = one;
      const copy = copyAt(reference, moved.get(reference.id), marked);
      // What has its mark may be a copy of some of its dates; the series itself may not have been read there yet.
      const last = isLast(one) || how === "last-look";
      const isSeries = copy === null || (last && active && datesOf(copy) >= standing);
      if (!isSeries) {
        moved.delete(reference.id);
        if (active && !last) {
          unconfirmed.add(reference.id);
          if (pullCalendarIds.length === 0) pullCalendarIds = await this.#moved.askOthers(tx, calendar);
        }
      }
      if (last) unconfirmed.delete(reference.id);
    }
    if (ahead) for (const { reference, active } of asked) if (active) unconfirmed.add(reference.id);
    const found = gone.flatMap(({ reference, occurrences }): GoneSeries[] => {
      const place = moved.get(reference.id) ?? null;
      if (!place && !unconfirmed.has(reference.id)) return [];
      return [{ reference, occurrences: occurrences.map((one) => one.reference), place }];
    });
    return { byId: new Map(found.map((one) => [one.reference.id, one])), pullCalendarIds };
  }

  /**
   * Has the host's other calendars read when dates of a series have just dropped out of its rule: a person may have left the copy that
   * they go on in there. No statement when none has.
   */
  async askOthers(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    plans: readonly (SeriesPlan | null)[],
    now: Date,
  ): Promise<string[]> {
    const isNew = plans.some((plan) => plan?.waitingSince?.getTime() === now.getTime());
    return isNew ? this.#moved.askOthers(tx, calendar) : [];
  }

  /** What becomes of the reference of such a series; what it was is read in its new place, as soon as that calendar is pulled. */
  patchOf({ reference, place }: GoneSeries, now: Date): SeriesReferencePatch {
    const { id, deletedSeenAt, settleAt } = reference;
    if (!place) {
      const until = new Date(now.getTime() + this.#settings.moveGraceMs);
      return {
        id,
        deletedSeenAt: deletedSeenAt ?? now,
        settleAt: deletedSeenAt && settleAt ? settleAt : until,
      };
    }
    const settled = { id, deletedSeenAt: null, pending: null };
    if (place.taken) return { ...settled, status: "DELETED", settleAt: null };
    const { calendarSyncId, externalEventId } = place;
    return { ...settled, calendarSyncId, externalEventId, version: null, seenGeneration: 0, settleAt: now };
  }

  /**
   * The same for its occurrences, which keep their places. What we deleted of them may have been deleted where the series was
   * not any more, so it is deleted once more.
   */
  patchesOfOccurrences({ occurrences, place }: GoneSeries, now: Date): ReferencePatch[] {
    if (!place) return [];
    const { calendarSyncId, externalEventId } = place;
    return occurrences.map(({ id, externalEventId: known, status }) =>
      place.taken
        ? { id, status: "DELETED", pending: null }
        : {
            id,
            calendarSyncId,
            version: null,
            pending: null,
            ...(known === null ? {} : { externalEventId }),
            ...(known !== null && status === "DELETED" ? { status: "SYNCED", pushRequestedAt: now } : {}),
          },
    );
  }

  /** Looks again where it may be, where it is, and when its time is over. */
  async lookAgain(
    tx: PrismaTransaction,
    calendar: Pick<CalendarSyncRow, "id">,
    gone: readonly GoneSeries[],
    now: Date,
  ): Promise<void> {
    const after = (ms: number) => new Date(now.getTime() + ms + 1_000);
    const looks = new Map<string, { calendarSyncId: string; runAt: Date }>();
    for (const { place } of gone) {
      if (place && !place.taken)
        looks.set(place.calendarSyncId, { calendarSyncId: place.calendarSyncId, runAt: now });
      if (place) continue;
      const { id: calendarSyncId } = calendar;
      looks.set("soon", { calendarSyncId, runAt: after(1_000) });
      looks.set("last", { calendarSyncId, runAt: after(this.#settings.moveGraceMs) });
    }
    await enqueueMany(
      tx,
      [...looks.values()].map(({ calendarSyncId, runAt }) => ({
        job: settleSeriesJob,
        payload: { calendarSyncId },
        runAt,
      })),
    );
  }
}

/** The event at a place when nothing but its mark says that it is the series: neither id nor UID. */
function copyAt(
  { externalEventId, iCalUid }: SeriesReferenceRow,
  place: EventPlace | undefined,
  marked: readonly MarkedSeries[],
): ExternalEvent | null {
  const found = marked.find(
    ({ calendarSyncId, event }) =>
      calendarSyncId === place?.calendarSyncId && event.id === place.externalEventId,
  );
  if (!found || found.event.id === externalEventId) return null;
  return found.event.iCalUid !== null && found.event.iCalUid === iCalUid ? null : found.event;
}

function datesOf({ time, recurrence }: ExternalEvent): number {
  return slotsOf({ time, recurrence: recurrence ?? [] }).slots.length;
}

/** Whether the calendar says that the recurring event is not there any more. */
export function hasGone({ remote }: Pick<Asked, "remote">): boolean {
  return remote !== null && (remote.state === "deleted" || remote.event.status === "cancelled");
}

/** What is recorded of a series that has moved, or that may have: once, with its first occurrence. */
export function goneSeriesRecord(
  { reference, occurrences, place }: GoneSeries,
  calendar: CalendarSyncRow,
): NewChangeRecord[] {
  if (!place && reference.deletedSeenAt) return [];
  return [
    {
      userId: calendar.userId,
      bookingId: occurrences[0]?.bookingId ?? null,
      calendarSyncId: calendar.id,
      referenceId: null,
      externalEventId: reference.externalEventId,
      source: "CALENDAR",
      result: place ? "APPLIED" : "HELD",
      action: place ? "move-calendar" : "cancel",
      reason: place ? "moved-to-other-calendar" : "deletion-unconfirmed",
      before: { calendarSyncId: calendar.id, externalEventId: reference.externalEventId },
      after: place && { calendarSyncId: place.calendarSyncId, externalEventId: place.externalEventId },
      providerVersion: reference.version,
      actionId: null,
    },
  ];
}
