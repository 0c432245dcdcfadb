import type { ExternalEventRepository } from "../repositories/ExternalEventRepository.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import type { EventRecord } from "./memory-tables.ts";

type Methods = Twin<ExternalEventRepository>;

/** ExternalEventRepository in memory. What a method means stands there. */
export class MemoryEvents implements Methods {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  upsertMany: Methods["upsertMany"] = (_sql, calendarSyncId, mirrored, seenGeneration) =>
    mirrored.map((event) => {
      const known = this.#of(calendarSyncId).find((one) => one.externalEventId === event.externalEventId);
      const id = known?.id ?? this.#db.nextUuid();
      this.#db.tables.events.set(id, { ...event, id, calendarSyncId, seenGeneration, missingSince: null });
      return { id, externalEventId: event.externalEventId };
    });

  findStanding: Methods["findStanding"] = (_sql, calendarSyncId, unwritten) => {
    const live = this.#of(calendarSyncId).filter(
      ({ status, seriesId }) => seriesId === null && (status === "confirmed" || status === "tentative"),
    );
    return unwritten.flatMap(({ referenceId, iCalUid }) => {
      const found =
        live.find(({ snapshot }) => snapshot?.marker === referenceId) ??
        live.find((one) => one.iCalUid === iCalUid);
      return found ? [{ referenceId, externalEventId: found.externalEventId }] : [];
    });
  };

  findMarkedSeries: Methods["findMarkedSeries"] = (_sql, userId, markers) => {
    const { calendars, references } = this.#db.tables;
    const all = [...references.values()];
    const isTaken = (calendarSyncId: string, marker: string) =>
      all.some(
        (mine) =>
          mine.seriesReferenceId === marker &&
          mine.calendarSyncId !== calendarSyncId &&
          all.some((other) => other.bookingId === mine.bookingId && other.calendarSyncId === calendarSyncId),
      );
    return [...calendars.values()]
      .filter((row) => row.userId === userId)
      .flatMap(({ id }) => this.#of(id))
      .filter(({ seriesId, status }) => seriesId === null && status !== "cancelled")
      .sort((a, b) => a.startTime.getTime() - b.startTime.getTime())
      .flatMap(({ calendarSyncId, snapshot: event }) =>
        event?.recurrence && event.marker !== null && markers.includes(event.marker)
          ? [{ calendarSyncId, event, taken: isTaken(calendarSyncId, event.marker) }]
          : [],
      );
  };

  deleteSeries: Methods["deleteSeries"] = (_sql, places) => {
    for (const { calendarSyncId, externalEventId } of places)
      this.#forget(
        this.#of(calendarSyncId).filter(
          (one) => one.externalEventId === externalEventId || one.seriesId === externalEventId,
        ),
      );
  };

  deleteMany: Methods["deleteMany"] = (_sql, calendarSyncId, eventIds) => {
    this.#forget(
      this.#of(calendarSyncId).filter(
        ({ externalEventId, seriesId }) =>
          eventIds.includes(externalEventId) || (seriesId !== null && eventIds.includes(seriesId)),
      ),
    );
  };

  markUnseen: Methods["markUnseen"] = (_sql, calendarSyncId, generation, window, now) => {
    const unseen = this.#of(calendarSyncId).filter(
      (one) => one.seenGeneration < generation && one.endTime > window.start && one.startTime < window.end,
    );
    for (const one of unseen) this.#db.tables.events.set(one.id, { ...one, missingSince: now });
    return unseen.length;
  };

  findMissing: Methods["findMissing"] = (_sql, calendarSyncId, limit) =>
    this.#of(calendarSyncId)
      .filter(({ missingSince }) => missingSince !== null)
      .sort((a, b) => Number(a.startTime) - Number(b.startTime))
      .slice(0, limit);

  clearMissing: Methods["clearMissing"] = (_sql, calendarSyncId, eventIds) => {
    for (const one of this.#of(calendarSyncId)) {
      if (eventIds === null || eventIds.includes(one.externalEventId))
        this.#db.tables.events.set(one.id, { ...one, missingSince: null });
    }
  };

  findElsewhere: Methods["findElsewhere"] = (_sql, userId, goneFrom, gone) => {
    const { calendars, references, seriesReferences } = this.#db.tables;
    const others = [...calendars.values()].filter((row) => row.userId === userId && row.id !== goneFrom);
    const live = others
      .flatMap(({ id }) => this.#of(id))
      .filter(
        ({ status, seriesId }) => seriesId === null && (status === "confirmed" || status === "tentative"),
      );
    return gone.flatMap(({ id, externalEventId, iCalUid }) => {
      const marked = live
        .filter((one) => one.snapshot?.marker === id)
        .sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
      const place =
        marked.find((one) => one.externalEventId === externalEventId) ??
        marked.find((one) => one.iCalUid !== null && one.iCalUid === iCalUid) ??
        marked[0] ??
        live.find((one) => one.externalEventId === externalEventId) ??
        live.find((one) => one.iCalUid !== null && one.iCalUid === iCalUid);
      if (!place) return [];
      const bookingId = references.get(id)?.bookingId;
      const taken = [...references.values()].some(
        (one) => one.id !== id && one.bookingId === bookingId && one.calendarSyncId === place.calendarSyncId,
      );
      const { calendarSyncId } = place;
      const seriesId = seriesReferences.get(id)?.seriesId;
      const seriesTaken = [...seriesReferences.values()].some(
        (one) => one.id !== id && one.seriesId === seriesId && one.calendarSyncId === calendarSyncId,
      );
      if (seriesTaken)
        return [{ referenceId: id, calendarSyncId, externalEventId: place.externalEventId, taken: true }];
      return [{ referenceId: id, calendarSyncId, externalEventId: place.externalEventId, taken }];
    });
  };

  findSeries: Methods["findSeries"] = (_sql, calendarSyncIds, seriesIds) =>
    calendarSyncIds
      .flatMap((id) => this.#of(id))
      .filter(({ externalEventId, seriesId, snapshot }) =>
        seriesIds === null
          ? seriesId !== null || (snapshot?.recurrence ?? null) !== null
          : seriesIds.includes(externalEventId) || (seriesId !== null && seriesIds.includes(seriesId)),
      );

  replaceBusy: Methods["replaceBusy"] = (_sql, _calendarSyncId, eventRowIds, busy) => {
    const table = this.#db.tables.busy;
    for (const id of eventRowIds) table.delete(id);
    for (const { externalEventRowId: id, start, end } of busy)
      if (start < end) table.set(id, [...(table.get(id) ?? []), { start, end }]);
  };

  findBusy: Methods["findBusy"] = (_sql, userId, range) =>
    [...this.#db.tables.selections.values()]
      .filter((one) => one.userId === userId)
      .flatMap(({ calendarSyncId }) => this.#of(calendarSyncId))
      .flatMap(({ id, calendarSyncId }) =>
        (this.#db.tables.busy.get(id) ?? []).map((busy) => ({ ...busy, calendarSyncId })),
      )
      .filter(({ start, end }) => end > range.start && start < range.end);

  #of(calendarSyncId: string): EventRecord[] {
    return [...this.#db.tables.events.values()].filter((one) => one.calendarSyncId === calendarSyncId);
  }

  #forget(rows: readonly EventRecord[]): number {
    for (const { id } of rows) {
      this.#db.tables.events.delete(id);
      this.#db.tables.busy.delete(id);
    }
    return rows.length;
  }
}
