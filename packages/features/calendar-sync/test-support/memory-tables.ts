import type { EventSnapshot, SnapshotField } from "../engine/snapshot.ts";
import type { LocalItem, LocalSeries } from "../ports/BookingStore.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { FoundConflict, Resolution } from "../repositories/ConflictRepository.ts";
import type { MirroredEvent } from "../repositories/ExternalEventRepository.ts";
import type { MassChangeRow, StagedChange } from "../repositories/HeldChangeRepository.ts";
import type { CalendarSyncRow, ReferenceRow, SeriesReferenceRow } from "../repositories/rows.ts";
import type { SubscriptionRow } from "../repositories/SubscriptionRepository.ts";

/** A CalendarSync with all that the twins keep of it. */
export interface CalendarRecord
  extends Omit<
    CalendarSyncRow,
    "watchedSince" | "preferences" | "userTimeZone" | "direction" | "hasHeld" | "massChange"
  > {
  direction: CalendarSyncRow["direction"] | null;
  enabled: boolean;
  inUse: boolean;
  status: "INITIAL" | "HEALTHY" | "RETRYING" | "FAILED";
  leaseOwner: string | null;
  leaseUntil: Date | null;
  lastPushedAt: Date | null;
  nextPollAt: Date;
  lastError: string | null;
  usageCheckAt: Date | null;
  currentSubscriptionId: string | null;
}

/** A row of references. */
export interface ReferenceRecord extends ReferenceRow {
  iCalUid: string | null;
  seenGeneration: number;
  nextPushAt: Date | null;
  lastError: string | null;
}

/** A row of bookings. */
export interface BookingRecord {
  id: number;
  uid: string;
  hostId: number;
  active: boolean;
  snapshot: EventSnapshot;
  changedAt: Partial<Record<SnapshotField | "status", string>>;
  createdAt: string;
  sequence: number;
  /** As LocalItem.series. */
  series?: LocalItem["series"];
}

/** A row of references of series. */
export interface SeriesReferenceRecord extends SeriesReferenceRow {
  seenGeneration: number;
  nextPushAt: Date | null;
  lastError: string | null;
}

/** A row of the mirror. */
export interface EventRecord extends MirroredEvent {
  id: string;
  calendarSyncId: string;
  seenGeneration: number;
  missingSince: Date | null;
}

/** A row of push channels. */
export interface SubscriptionRecord
  extends Omit<SubscriptionRow, "credentialId" | "externalCalendarId" | "credentialActive" | "wanted"> {
  secretHash: Uint8Array | null;
  activatedAt: Date | null;
  nextAttemptAt: Date | null;
}

/** A row of questions. */
export interface ConflictRecord extends FoundConflict {
  id: string;
  resolution: Resolution | null;
}

/** A row of changes that were put by. */
export interface HeldRecord extends StagedChange {
  id: number;
  calendarSyncId: string;
  heldAt: Date;
}

/** A row of mass changes. */
export interface MassChangeRecord
  extends Pick<MassChangeRow, "id" | "calendarSyncId" | "status" | "decidedAt"> {
  userId: number;
  finished: boolean;
}

/** One wait in the queue; see MemoryJobs. */
export interface JobRecord {
  id: number;
  name: string;
  key: string | null;
  payload: unknown;
  priority: number;
  /** Null: as soon as possible. */
  runAt: Date | null;
  attempts: number;
  maxAttempts: number;
  /** Being run, or held by a worker that has died or stalled. */
  held: boolean;
}

/** A mail that people got: what it said of the booking. */
export interface NoticeRecord {
  bookingId: number;
  active: boolean;
  snapshot: EventSnapshot;
}

/**
 * Everything that is stored. Rows are replaced and never changed in place, so that a copy of the maps is a snapshot of it
 * all.
 */
export interface MemoryTables {
  calendars: Map<string, CalendarRecord>;
  credentials: Map<number, { id: number; userId: number; active: boolean }>;
  /** Calendars that are chosen, by use and CalendarSync. */
  destinations: Map<string, { userId: number; calendarSyncId: string }>;
  selections: Map<string, { userId: number; calendarSyncId: string }>;
  references: Map<string, ReferenceRecord>;
  series: Map<string, LocalSeries>;
  seriesReferences: Map<string, SeriesReferenceRecord>;
  bookings: Map<number, BookingRecord>;
  notices: Map<number, NoticeRecord>;
  appliedActions: Map<string, { before: EventSnapshot; after: EventSnapshot }>;
  events: Map<string, EventRecord>;
  /** Busy stretches by the id of the event's row. */
  busy: Map<string, { start: Date; end: Date }[]>;
  records: Map<number, NewChangeRecord & { createdAt: Date }>;
  subscriptions: Map<string, SubscriptionRecord>;
  conflicts: Map<string, ConflictRecord>;
  held: Map<number, HeldRecord>;
  massChanges: Map<string, MassChangeRecord>;
  jobs: Map<number, JobRecord>;
}

/** Tables without a row. */
export function emptyTables(): MemoryTables {
  return {
    calendars: new Map(),
    credentials: new Map(),
    destinations: new Map(),
    selections: new Map(),
    references: new Map(),
    series: new Map(),
    seriesReferences: new Map(),
    bookings: new Map(),
    notices: new Map(),
    appliedActions: new Map(),
    events: new Map(),
    busy: new Map(),
    records: new Map(),
    subscriptions: new Map(),
    conflicts: new Map(),
    held: new Map(),
    massChanges: new Map(),
    jobs: new Map(),
  };
}

/** Puts changes on a row that exists; gives the new row, or null when there is none. */
export function patchRow<K, T>(table: Map<K, T>, key: K, patch: Partial<T>): T | null {
  const row = table.get(key);
  if (row === undefined) return null;
  const next = { ...row, ...patch };
  table.set(key, next);
  return next;
}
