import type { LocalSeries, SeriesChange, SeriesStore } from "@calsync/calendar-sync";
import type { PrismaTransaction } from "@calsync/prisma";
import {
  findManySeries,
  placeInSeries,
  type StoredSeries,
  saveSeries,
} from "../repositories/SeriesStoreRepository.ts";
import { toEventTime, toInterval } from "./event-time.ts";

/** The series of this repository. Loading is one statement, changing three. Nobody is told of a change here. */
export const seriesStore: SeriesStore = {
  async load(tx, seriesIds, options = {}) {
    return (await findManySeries(tx, seriesIds, options)).map(toLocal);
  },
  change: changeSeries,
};

/** Changes series and the places of bookings in them, and makes those that split off. */
async function changeSeries(
  tx: PrismaTransaction,
  changes: readonly SeriesChange[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) return;
  const rows = await findManySeries(
    tx,
    changes.map(({ seriesId, splitFrom }) => splitFrom ?? seriesId),
    { lock: true },
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const saved = changes.flatMap((change) => {
    const origin = known.get(change.splitFrom ?? change.seriesId);
    if (!origin || (!change.splitFrom && Object.keys(change.set).length === 0)) return [];
    const own: StoredSeries = change.splitFrom
      ? {
          ...origin,
          id: change.seriesId,
          iCalUid: `${change.seriesId}@calsync`,
          cancelledAt: null,
          createdAt: now,
        }
      : origin;
    return [{ ...changed(own, change, now), eventTypeOf: origin.id }];
  });
  await saveSeries(tx, saved, now);
  await placeInSeries(
    tx,
    changes.flatMap(({ seriesId, slots, leaving }) => [
      ...slots.map((slot) => ({ ...slot, seriesId })),
      ...leaving.map((bookingId) => ({ bookingId, seriesId: null, originalStart: null })),
    ]),
    now,
  );
}

function changed(series: StoredSeries, { set, changedAt }: SeriesChange, now: Date): StoredSeries {
  const next = { ...series, fieldChangedAt: { ...series.fieldChangedAt } };
  const note = (field: string) => {
    if (changedAt !== null) next.fieldChangedAt[field] = changedAt;
  };
  for (const field of ["title", "description", "location"] as const) {
    const value = set[field];
    if (value === undefined) continue;
    next[field] = value;
    note(field);
  }
  if (set.time) {
    const { start, end, timeZone } = toInterval(set.time, series.timeZone);
    Object.assign(next, { startTime: start, endTime: end, timeZone, allDay: set.time.allDay });
  }
  if (set.recurrence) next.recurrence = set.recurrence;
  if (set.time || set.recurrence) note("time");
  if (set.active !== undefined) next.cancelledAt = set.active ? null : now;
  return next;
}

function toLocal(row: StoredSeries): LocalSeries {
  return {
    seriesId: row.id,
    hostId: row.hostId,
    active: row.cancelledAt === null,
    title: row.title,
    description: row.description,
    location: row.location,
    time: toEventTime(row),
    recurrence: row.recurrence,
    changedAt: row.fieldChangedAt,
    createdAt: row.createdAt.toISOString(),
    iCalUid: row.iCalUid,
    sequence: row.sequence,
  };
}
