import type { EventTime } from "@calsync/types";
import type { FieldComparison } from "./engine/conflict.ts";
import type { TimeFacts } from "./engine/guards.ts";
import { explainReason, type ReasonCode } from "./engine/reasons.ts";
import { type EventSnapshot, toSnapshot } from "./engine/snapshot.ts";
import type { ConflictRow, Resolution } from "./repositories/ConflictRepository.ts";
import type { MassChangeItem, MassChangeRow } from "./repositories/HeldChangeRepository.ts";

/** The calendar that a question is about. */
interface CalendarName {
  id: string;
  name: string;
  provider: string;
}

/** What a question is about: a field changed on both sides, one side gone, or a time that the host may not want. */
export type QuestionKind = "fields" | "deleted" | "cancelled" | "outside-hours" | "overlap";

/** A question about one booking. Times are instants. */
export interface ConflictView {
  id: string;
  kind: QuestionKind;
  state: "open" | "resolved" | "over";
  /** The question as a sentence. */
  question: string;
  booking: { uid: string; title: string };
  calendar: CalendarName;
  /** The fields that are asked about. */
  fields: string[];
  /** What stands in the way of a held move. */
  facts: TimeFacts | null;
  openedAt: Date;
  resolvedAt: Date | null;
  resolution: Resolution | null;
}

/** A question with all that an answer needs. */
export interface ConflictDetails extends ConflictView {
  /** Names what is shown here: an answer says which version it was given to. */
  version: string;
  base: EventSnapshot | null;
  /** The booking as it is now; null when it is cancelled. */
  local: EventSnapshot | null;
  /** The event as it was last seen; null when it is gone. */
  remote: EventSnapshot | null;
  comparison: FieldComparison[];
  /** What a merge would make of both sides. */
  proposal: (Omit<EventSnapshot, "attendees"> & Partial<Pick<EventSnapshot, "attendees">>) | null;
}

const QUESTION: Record<ConflictRow["kind"], ReasonCode> = {
  FIELDS: "conflict-both-changed",
  DELETED: "conflict-deleted-and-changed",
  CANCELLED: "conflict-cancelled-and-changed",
  OUTSIDE_HOURS: "held-outside-hours",
  OVERLAP: "held-overlapping",
};

/** A question as its host is shown it; one whose booking has ended meanwhile is over. */
export function toConflictView(row: ConflictRow, now: Date): ConflictView {
  const { id, kind, bookingUid, bookingTitle, bookingEnd, calendarSyncId, calendarName, provider } = row;
  return {
    id,
    kind: kind.toLowerCase().replace("_", "-") as QuestionKind,
    state: row.resolvedAt ? "resolved" : bookingEnd <= now ? "over" : "open",
    question: explainReason(QUESTION[kind]),
    booking: { uid: bookingUid, title: bookingTitle },
    calendar: { id: calendarSyncId, name: calendarName, provider },
    fields: [...row.fields],
    facts: row.facts,
    openedAt: row.openedAt,
    resolvedAt: row.resolvedAt,
    resolution: row.resolution,
  };
}

/** @param live the booking as it is now, compared with the event; null once the question is over */
export function toConflictDetails(
  row: ConflictRow,
  live: { local: EventSnapshot | null; comparison: FieldComparison[] } | null,
  version: string,
  now: Date,
): ConflictDetails {
  const remote = row.remote ? toSnapshot(row.remote) : null;
  const comparison = live?.comparison ?? [];
  return {
    ...toConflictView(row, now),
    version,
    base: row.base?.local ?? null,
    local: live ? live.local : (row.resolved ?? row.local),
    remote,
    comparison,
    proposal:
      remote && comparison.length > 0
        ? (Object.fromEntries(
            comparison.map((one) => [one.field, one.proposal === "remote" ? one.remote : one.local]),
          ) as ConflictDetails["proposal"])
        : null,
  };
}

/** A pull that would change more bookings than the host allows. Times are instants. */
export interface MassChangeView {
  id: string;
  status: "open" | "confirmed" | "restored" | "withdrawn";
  calendar: CalendarName;
  /** How many bookings would be cancelled, and moved. */
  cancellations: number;
  moves: number;
  limit: number;
  openedAt: Date;
  decidedAt: Date | null;
  /** When the answer was carried out in full. */
  finishedAt: Date | null;
}

/** A mass change with what would happen to each booking. */
export interface MassChangeDetails extends MassChangeView {
  items: MassChangeEntry[];
  /** How many changes were carried out, once the host has said yes. */
  applied: number;
  /** How many of those were taken back. */
  undone: number;
}

/** One booking that a mass change would cancel or move. */
export interface MassChangeEntry {
  bookingUid: string;
  title: string;
  action: "cancel" | "reschedule";
  start: Date;
  end: Date;
  /** Where the booking would be moved; null when it would be cancelled, or when the time is that of a whole series. */
  newTime: EventTime | null;
}

/** A mass change as its host is shown it. */
export function toMassChangeView(row: MassChangeRow): MassChangeView {
  const { calendarSyncId, calendarName, provider, status, ...rest } = row;
  return {
    ...rest,
    status: status.toLowerCase() as Lowercase<typeof status>,
    calendar: { id: calendarSyncId, name: calendarName, provider },
  };
}

/** A mass change with the bookings that it is about. @param done what was carried out of it so far */
export function toMassChangeDetails(
  row: MassChangeRow,
  items: readonly MassChangeItem[],
  done: readonly { undone: boolean }[],
): MassChangeDetails {
  return {
    ...toMassChangeView(row),
    applied: done.length,
    undone: done.filter(({ undone }) => undone).length,
    items: items.map(({ change, ...item }) => ({
      ...item,
      newTime:
        item.action === "reschedule" && change.type === "upsert" && change.event.recurrence === null
          ? change.event.time
          : null,
    })),
  };
}
