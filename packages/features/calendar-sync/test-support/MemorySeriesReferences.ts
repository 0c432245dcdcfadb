import {
  isUnread,
  type SeriesReferencePatch,
  type SeriesReferenceRepository,
} from "../repositories/SeriesReferenceRepository.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import { patchRow, type SeriesReferenceRecord } from "./memory-tables.ts";

type Methods = Twin<SeriesReferenceRepository>;

/** SeriesReferenceRepository in memory. What a method means stands there. */
export class MemorySeriesReferences implements Methods {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  findForChanges: Methods["findForChanges"] = (_sql, calendarSyncId, ids) =>
    this.#of(calendarSyncId).filter(({ id }) => ids.includes(id));

  findDuePushes: Methods["findDuePushes"] = (_sql, calendarSyncId, now, limit) =>
    this.#of(calendarSyncId)
      .filter((one) => one.pushRequestedAt !== null && (one.nextPushAt === null || one.nextPushAt <= now))
      .filter((one) => !isUnread(one))
      .sort((a, b) => Number(a.pushRequestedAt) - Number(b.pushRequestedAt) || (a.id < b.id ? -1 : 1))
      .slice(0, limit);

  findUnseen: Methods["findUnseen"] = (_sql, calendarSyncId, generation) =>
    this.#of(calendarSyncId).filter(
      (one) => one.seenGeneration < generation && one.externalEventId !== null && one.status !== "DELETED",
    );

  findSettling: Methods["findSettling"] = (_sql, calendarSyncId, now) =>
    this.#of(calendarSyncId).filter(
      ({ settleAt, deletedSeenAt }) => settleAt !== null && (settleAt <= now || deletedSeenAt !== null),
    );

  requestLooks: Methods["requestLooks"] = (_sql, { userId, calendarSyncId, markers }, now) => {
    const { seriesReferences, calendars } = this.#db.tables;
    const found = [...seriesReferences.values()].filter(
      (one) =>
        markers.includes(one.id) &&
        one.calendarSyncId !== calendarSyncId &&
        calendars.get(one.calendarSyncId)?.userId === userId &&
        one.externalEventId !== null,
    );
    for (const { id, settleAt } of found) patchRow(seriesReferences, id, { settleAt: settleAt ?? now });
    return [...new Set(found.map((one) => one.calendarSyncId))];
  };

  update: Methods["update"] = (_sql, patches) => {
    for (const patch of patches) patchRow(this.#db.tables.seriesReferences, patch.id, toRecord(patch));
  };

  clearPushRequest: Methods["clearPushRequest"] = (_sql, id, requestedAt) => {
    const { seriesReferences } = this.#db.tables;
    const wish = seriesReferences.get(id)?.pushRequestedAt ?? null;
    if (wish !== null && requestedAt !== null && wish <= requestedAt)
      patchRow(seriesReferences, id, { pushRequestedAt: null, nextPushAt: null });
  };

  requestPushes: Methods["requestPushes"] = (_sql, seriesIds, exceptIds = []) => {
    const { seriesReferences } = this.#db.tables;
    const wanted = [...seriesReferences.values()].filter(
      ({ id, seriesId }) => seriesIds.includes(seriesId) && !exceptIds.includes(id),
    );
    for (const { id, pushRequestedAt } of wanted) {
      const wish = this.#db.laterThan(pushRequestedAt);
      patchRow(seriesReferences, id, { pushRequestedAt: wish, nextPushAt: null });
    }
    return [...new Set(wanted.map((one) => one.calendarSyncId))];
  };

  tie: Methods["tie"] = (_sql, bookingIds, seriesIds = []) => {
    const { bookings, references, seriesReferences } = this.#db.tables;
    const tied = new Map<string, SeriesReferenceRecord>();
    for (const reference of [...references.values()]) {
      const series = bookings.get(reference.bookingId)?.series;
      if (!series || !(bookingIds.includes(reference.bookingId) || seriesIds.includes(series.id))) continue;
      const known = seriesReferences.get(reference.seriesReferenceId ?? "");
      const loose = known
        ? known.seriesId !== series.id
        : reference.status === "PENDING" && reference.externalEventId === null;
      if (!loose) continue;
      const made = this.#ensure(series.id, reference.calendarSyncId);
      tied.set(made.id, made);
      patchRow(references, reference.id, {
        seriesReferenceId: made.id,
        externalEventId: null,
        originalStart: "",
        version: null,
        base: null,
        pending: [],
        status: reference.status === "DELETED" ? "DELETED" : "PENDING",
      });
    }
    return [...tied.values()].map(({ id, seriesId, calendarSyncId }) => ({ id, seriesId, calendarSyncId }));
  };

  #of(calendarSyncId: string): SeriesReferenceRecord[] {
    return [...this.#db.tables.seriesReferences.values()].filter(
      (one) => one.calendarSyncId === calendarSyncId,
    );
  }

  #ensure(seriesId: string, calendarSyncId: string): SeriesReferenceRecord {
    const { seriesReferences } = this.#db.tables;
    const known = this.#of(calendarSyncId).find((one) => one.seriesId === seriesId);
    if (known) return known;
    const made: SeriesReferenceRecord = {
      id: this.#db.nextUuid(),
      seriesId,
      calendarSyncId,
      externalEventId: null,
      iCalUid: null,
      status: "PENDING",
      version: null,
      sequence: 0,
      base: null,
      pending: [],
      generation: 0,
      seenGeneration: 0,
      errorCount: 0,
      lastError: null,
      pushRequestedAt: null,
      nextPushAt: null,
      deletePending: false,
      goneBookingIds: [],
      settleAt: null,
      deletedSeenAt: null,
    };
    seriesReferences.set(made.id, made);
    return made;
  }
}

/** Members that are undefined stay as they are. */
function toRecord(patch: SeriesReferencePatch): Partial<SeriesReferenceRecord> {
  const { pending, goneBookingIds, ...rest } = patch;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(pending === undefined ? {} : { pending: pending ?? [] }),
    ...(goneBookingIds === undefined ? {} : { goneBookingIds: [...goneBookingIds] }),
  };
}
