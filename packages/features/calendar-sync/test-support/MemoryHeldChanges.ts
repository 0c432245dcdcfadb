import type { HeldChangeRepository } from "../repositories/HeldChangeRepository.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import { type HeldRecord, type MassChangeRecord, patchRow } from "./memory-tables.ts";

type Methods = Twin<HeldChangeRepository>;

/** HeldChangeRepository in memory. What a method means stands there. */
export class MemoryHeldChanges implements Methods {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  stage: Methods["stage"] = (_sql, calendarSyncId, staged, eventIds, heldAt) => {
    const { held } = this.#db.tables;
    for (const one of this.#held(calendarSyncId))
      if (eventIds.includes(one.externalEventId)) held.delete(one.id);
    for (const one of staged) {
      const known = this.#held(calendarSyncId).find(
        ({ externalEventId, originalStart }) =>
          externalEventId === one.externalEventId && originalStart === one.originalStart,
      );
      const id = known?.id ?? this.#db.nextNumber();
      held.set(id, { ...one, id, calendarSyncId, heldAt });
    }
  };

  tally: Methods["tally"] = (_sql, calendarSyncId) => {
    const { changes, cancellations, moves } = this.#count(calendarSyncId);
    return { changes, bookings: cancellations + moves };
  };

  take: Methods["take"] = (_sql, calendarSyncId, until, limit) => {
    const taken = this.#held(calendarSyncId)
      .filter(({ heldAt }) => until === null || heldAt <= until)
      .sort((a, b) => Number(a.heldAt) - Number(b.heldAt) || a.id - b.id)
      .slice(0, limit);
    for (const { id } of taken) this.#db.tables.held.delete(id);
    return taken.map(({ change }) => change);
  };

  ask: Methods["ask"] = (_sql, { userId, calendarSyncId }) => {
    if (this.#unfinished(calendarSyncId)) return null;
    const id = this.#db.nextUuid();
    const { cancellations, moves } = this.#count(calendarSyncId);
    this.#db.tables.massChanges.set(id, {
      id,
      userId,
      calendarSyncId,
      status: "OPEN",
      decidedAt: null,
      finished: false,
    });
    return { id, cancellations, moves };
  };

  recount: Methods["recount"] = (_sql, calendarSyncId) => {
    const open = this.#unfinished(calendarSyncId);
    if (open?.status !== "OPEN" || this.#count(calendarSyncId).changes > 0) return;
    patchRow(this.#db.tables.massChanges, open.id, { status: "WITHDRAWN", finished: true });
  };

  decide: Methods["decide"] = (_sql, userId, id, status, decidedAt) => {
    const { massChanges } = this.#db.tables;
    const row = massChanges.get(id);
    if (row?.userId !== userId) return null;
    const { calendarSyncId } = row;
    if (row.status !== "OPEN") return { calendarSyncId, status: row.status, decided: false };
    patchRow(massChanges, id, { status, decidedAt });
    return { calendarSyncId, status, decided: true };
  };

  finish: Methods["finish"] = (_sql, id) => {
    patchRow(this.#db.tables.massChanges, id, { finished: true });
  };

  /** No history looks at the page of mass changes. */
  find: Methods["find"] = () => [];
  findItems: Methods["findItems"] = () => [];

  #held(calendarSyncId: string): HeldRecord[] {
    return [...this.#db.tables.held.values()].filter((one) => one.calendarSyncId === calendarSyncId);
  }

  #unfinished(calendarSyncId: string): MassChangeRecord | undefined {
    return [...this.#db.tables.massChanges.values()].find(
      (one) => one.calendarSyncId === calendarSyncId && !one.finished,
    );
  }

  #count(calendarSyncId: string) {
    const held = this.#held(calendarSyncId);
    const sum = (of: (one: HeldRecord) => readonly number[]) =>
      held.reduce((total, one) => total + of(one).length, 0);
    return {
      changes: held.length,
      cancellations: sum(({ cancels }) => cancels),
      moves: sum(({ moves }) => moves),
    };
  }
}
