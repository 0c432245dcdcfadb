import type { ReferencePatch, ReferenceRepository } from "../repositories/ReferenceRepository.ts";
import { isUnread } from "../repositories/SeriesReferenceRepository.ts";
import { iCalUidOf } from "./MemoryBookings.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import { patchRow, type ReferenceRecord, type SeriesReferenceRecord } from "./memory-tables.ts";

type Methods = Twin<ReferenceRepository>;

/** ReferenceRepository in memory. What a method means stands there. */
export class MemoryReferences implements Methods {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  findForChanges: Methods["findForChanges"] = (_sql, calendarSyncId, eventIds, markers, uids) =>
    this.#of(calendarSyncId)
      .filter((one) => {
        const series = this.#seriesOf(one);
        if (series && (markers.includes(series.id) || eventIds.includes(series.externalEventId ?? "")))
          return true;
        if (one.externalEventId !== null) return eventIds.includes(one.externalEventId);
        const isUnwritten = one.status === "PENDING" && one.pending.length === 0 && !one.detached;
        const booking = this.#db.tables.bookings.get(one.bookingId);
        return markers.includes(one.id) || (isUnwritten && booking && uids.includes(iCalUidOf(booking)));
      })
      .sort((a, b) => a.bookingId - b.bookingId);

  findOfSeries: Methods["findOfSeries"] = (_sql, ids) =>
    this.#all()
      .filter(({ seriesReferenceId }) => seriesReferenceId !== null && ids.includes(seriesReferenceId))
      .sort((a, b) => a.bookingId - b.bookingId);

  // Nothing here is in the way of two that trade places.
  freePlaces: Methods["freePlaces"] = () => {};

  findDuePushes: Methods["findDuePushes"] = (_sql, calendarSyncId, now, limit) =>
    this.#of(calendarSyncId)
      .filter((one) => one.pushRequestedAt !== null && (one.nextPushAt === null || one.nextPushAt <= now))
      .filter((one) => one.recheckAt === null && !this.#waitsForSeries(one))
      .sort((a, b) => Number(a.pushRequestedAt) - Number(b.pushRequestedAt) || (a.id < b.id ? -1 : 1))
      .slice(0, limit);

  findByIds: Methods["findByIds"] = (_sql, ids) => this.#all().filter(({ id }) => ids.includes(id));

  // One transaction at a time: nothing to lock.
  lock: Methods["lock"] = () => {};

  nextPushAt: Methods["nextPushAt"] = (_sql, calendarSyncId) => {
    const ofBookings = this.#of(calendarSyncId).filter(
      (one) => one.recheckAt === null && !this.#waitsForSeries(one),
    );
    const ofSeries = [...this.#db.tables.seriesReferences.values()].filter(
      (one) => one.calendarSyncId === calendarSyncId && !isUnread(one),
    );
    const times = [...ofBookings, ...ofSeries].flatMap(({ nextPushAt, pushRequestedAt }) =>
      pushRequestedAt === null ? [] : [(nextPushAt ?? pushRequestedAt).getTime()],
    );
    return times.length > 0 ? new Date(Math.min(...times)) : null;
  };

  findDueRechecks: Methods["findDueRechecks"] = (_sql, calendarSyncId, now, limit) =>
    this.#of(calendarSyncId)
      .filter(({ recheckAt }) => recheckAt !== null && recheckAt <= now)
      .sort((a, b) => Number(a.recheckAt) - Number(b.recheckAt) || (a.id < b.id ? -1 : 1))
      .slice(0, limit);

  nextRecheckAt: Methods["nextRecheckAt"] = (_sql, calendarSyncId) => {
    const times = this.#of(calendarSyncId).flatMap(({ recheckAt }) => recheckAt?.getTime() ?? []);
    return times.length > 0 ? new Date(Math.min(...times)) : null;
  };

  requestRechecks: Methods["requestRechecks"] = (_sql, { userId, calendarSyncId, markers }, now) => {
    const { bookings, calendars, references } = this.#db.tables;
    const found = this.#all().filter(
      (one) =>
        markers.includes(one.id) &&
        one.calendarSyncId !== calendarSyncId &&
        calendars.get(one.calendarSyncId)?.userId === userId &&
        one.externalEventId !== null &&
        new Date(bookings.get(one.bookingId)?.snapshot.time.end ?? 0) > now,
    );
    for (const { id } of found) patchRow(references, id, { recheckAt: now });
    return [...new Set(found.map((one) => one.calendarSyncId))];
  };

  findUnseen: Methods["findUnseen"] = (_sql, calendarSyncId, generation, window) =>
    this.#of(calendarSyncId)
      .filter(
        (one) => one.seenGeneration < generation && one.externalEventId !== null && one.status !== "DELETED",
      )
      // An occurrence is listed with its series; alone it is only listed when it differs from it.
      .filter(({ seriesReferenceId, version }) => seriesReferenceId === null || version !== null)
      .filter(({ bookingId }) => {
        const booking = this.#db.tables.bookings.get(bookingId);
        if (!booking?.active) return false;
        const { start, end } = booking.snapshot.time;
        return new Date(end) > window.start && new Date(start) < window.end;
      });

  // Calendars in memory tell everything.
  findUntold: Methods["findUntold"] = () => [];

  update: Methods["update"] = (_sql, patches) => {
    const { references } = this.#db.tables;
    for (const { pushedFor, ...patch } of patches) {
      const wish = references.get(patch.id)?.pushRequestedAt ?? null;
      const ended = wish !== null && pushedFor && wish <= pushedFor;
      patchRow(references, patch.id, {
        ...(ended ? { pushRequestedAt: null, nextPushAt: null } : {}),
        ...toRecord(patch),
      });
    }
  };

  requestPushes: Methods["requestPushes"] = (_sql, { bookingIds = [], exceptIds = [], ids = [] }) => {
    const wanted = this.#all().filter(
      ({ id, bookingId }) => ids.includes(id) || (bookingIds.includes(bookingId) && !exceptIds.includes(id)),
    );
    for (const { id, pushRequestedAt } of wanted) {
      patchRow(this.#db.tables.references, id, {
        pushRequestedAt: this.#db.laterThan(pushRequestedAt),
        nextPushAt: null,
      });
    }
    return [...new Set(wanted.map((one) => one.calendarSyncId))];
  };

  findUnreferencedBookings: Methods["findUnreferencedBookings"] = (_sql, hostId, now) =>
    [...this.#db.tables.bookings.values()]
      .filter((one) => one.hostId === hostId && one.active && new Date(one.snapshot.time.end) > now)
      .map(({ id }) => id)
      .filter((id) => !this.#isReferenced(id));

  ensureForBookings: Methods["ensureForBookings"] = (_sql, bookingIds) => {
    const { bookings, destinations, references } = this.#db.tables;
    for (const bookingId of bookingIds) {
      const booking = bookings.get(bookingId);
      if (!booking?.active || this.#isReferenced(bookingId)) continue;
      for (const { userId, calendarSyncId } of destinations.values()) {
        if (userId !== booking.hostId) continue;
        const id = referenceId(bookingId, [...this.#db.tables.calendars.keys()].indexOf(calendarSyncId));
        references.set(id, newReference(id, bookingId, calendarSyncId));
      }
    }
  };

  placeInCalendars: Methods["placeInCalendars"] = (_sql, places) => {
    const { calendars, references } = this.#db.tables;
    for (const { bookingId, calendarSyncIds } of places) {
      for (const one of this.#all().filter((reference) => reference.bookingId === bookingId))
        patchRow(references, one.id, { detached: !calendarSyncIds.includes(one.calendarSyncId) });
      for (const calendarSyncId of calendarSyncIds) {
        const id = referenceId(bookingId, [...calendars.keys()].indexOf(calendarSyncId));
        if (!references.has(id)) references.set(id, newReference(id, bookingId, calendarSyncId));
      }
    }
  };

  #all(): ReferenceRecord[] {
    return [...this.#db.tables.references.values()];
  }

  #of(calendarSyncId: string): ReferenceRecord[] {
    return this.#all().filter((one) => one.calendarSyncId === calendarSyncId);
  }

  /** The dates of a series are written after it, and after it was read where it is now. */
  #waitsForSeries(one: ReferenceRecord): boolean {
    const series = this.#seriesOf(one);
    return series !== undefined && (series.pushRequestedAt !== null || isUnread(series));
  }

  #seriesOf({ seriesReferenceId }: ReferenceRecord): SeriesReferenceRecord | undefined {
    return this.#db.tables.seriesReferences.get(seriesReferenceId ?? "");
  }

  #isReferenced(bookingId: number): boolean {
    return this.#all().some((one) => one.bookingId === bookingId);
  }
}

/** The id follows from booking and calendar, as in the database. */
function referenceId(bookingId: number, calendar: number): string {
  const part = (value: number) => value.toString(16).padStart(4, "0");
  return `00000000-0000-4000-9000-${part(calendar)}${part(bookingId).padStart(8, "0")}`;
}

/** Members that are undefined stay as they are. */
function toRecord(patch: ReferencePatch): Partial<ReferenceRecord> {
  const { pending, ...rest } = patch;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(pending === undefined ? {} : { pending: pending ?? [] }),
  };
}

function newReference(id: string, bookingId: number, calendarSyncId: string): ReferenceRecord {
  return {
    id,
    bookingId,
    calendarSyncId,
    externalEventId: null,
    originalStart: "",
    seriesReferenceId: null,
    iCalUid: null,
    deletedSeenAt: null,
    recheckAt: null,
    status: "PENDING",
    version: null,
    sequence: 0,
    base: null,
    pending: [],
    deletePending: false,
    generation: 0,
    seenGeneration: 0,
    errorCount: 0,
    detached: false,
    pushRequestedAt: null,
    nextPushAt: null,
    lastError: null,
  };
}
