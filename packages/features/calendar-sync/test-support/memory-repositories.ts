import type { ChangeRecordRepository } from "../repositories/ChangeRecordRepository.ts";
import type { SyncRepositories } from "../repositories/sync-repositories.ts";
import { MemoryCalendars } from "./MemoryCalendars.ts";
import { MemoryConflicts } from "./MemoryConflicts.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import { MemoryEvents } from "./MemoryEvents.ts";
import { MemoryHeldChanges } from "./MemoryHeldChanges.ts";
import { MemoryReferences } from "./MemoryReferences.ts";
import { MemorySeriesReferences } from "./MemorySeriesReferences.ts";
import { MemorySubscriptions } from "./MemorySubscriptions.ts";
import { patchRow } from "./memory-tables.ts";

/**
 * The engine's repositories in memory. A method that the SQL class gains is missing here until its twin is written: as small
 * as it can be, over the maps of `memory-tables.ts`, and with the same meaning.
 */
export function memoryRepositories(db: MemoryDatabase): SyncRepositories {
  return {
    calendars: db.repository<SyncRepositories["calendars"]>("calendars", new MemoryCalendars(db)),
    references: db.repository<SyncRepositories["references"]>("references", new MemoryReferences(db)),
    seriesReferences: db.repository<SyncRepositories["seriesReferences"]>(
      "seriesReferences",
      new MemorySeriesReferences(db),
    ),
    events: db.repository<SyncRepositories["events"]>("events", new MemoryEvents(db)),
    records: db.repository<SyncRepositories["records"]>("records", records(db)),
    subscriptions: db.repository<SyncRepositories["subscriptions"]>(
      "subscriptions",
      new MemorySubscriptions(db),
    ),
    conflicts: db.repository<SyncRepositories["conflicts"]>("conflicts", new MemoryConflicts(db)),
    heldChanges: db.repository<SyncRepositories["heldChanges"]>("heldChanges", new MemoryHeldChanges(db)),
    status: db.repository<SyncRepositories["status"]>("status", status(db)),
  };
}

function records(db: MemoryDatabase): Twin<ChangeRecordRepository> {
  return {
    append(_sql, added, createdAt) {
      const table = db.tables.records;
      for (const record of added) {
        const { actionId } = record;
        if (actionId !== null && [...table.values()].some((one) => one.actionId === actionId)) continue;
        table.set(db.nextNumber(), { ...record, createdAt });
      }
    },
    findForBooking: () => [],
    findForUser: () => [],
    findOne: () => null,
    findUndoOf: () => null,
    findOfMassChange: () => [],
  };
}

function status(db: MemoryDatabase): Twin<SyncRepositories["status"]> {
  return {
    findForUser: () => [],
    findSelectedMirrors: () => [],
    findUsed: (userId) =>
      [...db.tables.calendars.values()]
        .filter((row) => row.userId === userId)
        .map(({ id, name, provider, direction }) => ({ id, name, provider, direction: direction ?? "BOTH" })),
    findStanding: (userId, id) => (db.tables.calendars.get(id)?.userId === userId ? "on" : null),
    wakeCredential(_sql, credentialId, now) {
      const { calendars, subscriptions, references } = db.tables;
      const woken = [...calendars.values()].filter((row) => row.credentialId === credentialId);
      for (const { id, lastPulledAt, pullRequestedAt } of woken) {
        const state = lastPulledAt === null ? "INITIAL" : "RETRYING";
        const wish = db.laterThan(pullRequestedAt);
        patchRow(calendars, id, { status: state, errorCount: 0, nextPollAt: now, pullRequestedAt: wish });
        for (const one of subscriptions.values())
          if (one.calendarSyncId === id && ["PENDING", "ERROR", "ACTIVE"].includes(one.status))
            patchRow(subscriptions, one.id, { nextAttemptAt: now, errorCount: 0 });
        for (const one of references.values())
          if (one.calendarSyncId === id && one.status === "ERROR")
            patchRow(references, one.id, { status: "PENDING", pushRequestedAt: db.now(), nextPushAt: null });
      }
      return woken.map(({ id }) => id);
    },
  };
}
