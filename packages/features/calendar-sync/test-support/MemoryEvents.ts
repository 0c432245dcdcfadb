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
      this.#db.tables.events.set(id, { ...event, id, calendarSyncId, seenGeneration });
      return { id, externalEventId: event.externalEventId };
    });

  deleteMany: Methods["deleteMany"] = (_sql, calendarSyncId, eventIds) => {
    this.#forget(
      this.#of(calendarSyncId).filter(
        ({ externalEventId, seriesId }) =>
          eventIds.includes(externalEventId) || (seriesId !== null && eventIds.includes(seriesId)),
      ),
    );
  };

  deleteUnseen: Methods["deleteUnseen"] = (_sql, calendarSyncId, generation, window) =>
    this.#forget(
      this.#of(calendarSyncId).filter(
        (one) => one.seenGeneration < generation && one.endTime > window.start && one.startTime < window.end,
      ),
    );

  findSeries: Methods["findSeries"] = (_sql, calendarSyncId, seriesIds) =>
    this.#of(calendarSyncId).filter(({ externalEventId, seriesId, snapshot }) =>
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
      .flatMap(({ id }) => this.#db.tables.busy.get(id) ?? [])
      .filter(({ start, end }) => end > range.start && start < range.end);

  /** No history looks at a calendar's page. */
  findForView: Methods["findForView"] = () => [];

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
