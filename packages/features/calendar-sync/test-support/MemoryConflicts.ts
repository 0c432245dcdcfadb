import type { ConflictRepository } from "../repositories/ConflictRepository.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import { type ConflictRecord, patchRow } from "./memory-tables.ts";

type Methods = Twin<ConflictRepository>;

/** ConflictRepository in memory. What a method means stands there. */
export class MemoryConflicts implements Methods {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  store: Methods["store"] = (_sql, found, settled) => {
    const { conflicts } = this.#db.tables;
    const ended = settled.flatMap(({ referenceId, resolution }) =>
      this.#open(referenceId).map(({ id }) => {
        patchRow(conflicts, id, { resolution });
        return { id, referenceId, ended: resolution };
      }),
    );
    const opened = found.flatMap((one) => {
      const [open] = this.#open(one.referenceId);
      const id = open?.id ?? this.#db.nextUuid();
      conflicts.set(id, { ...one, id, resolution: null });
      return open ? [] : [{ id, referenceId: one.referenceId, ended: null }];
    });
    return [...opened, ...ended];
  };

  /** No history looks at the page of conflicts. */
  find: Methods["find"] = () => [];

  resolve: Methods["resolve"] = (_sql, id, { resolution }) => {
    const row = this.#db.tables.conflicts.get(id);
    if (row?.resolution !== null) return false;
    return patchRow(this.#db.tables.conflicts, id, { resolution }) !== null;
  };

  #open(referenceId: string): ConflictRecord[] {
    return [...this.#db.tables.conflicts.values()].filter(
      (one) => one.referenceId === referenceId && one.resolution === null,
    );
  }
}
