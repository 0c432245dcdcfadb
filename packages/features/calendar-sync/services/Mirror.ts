import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalChange, ExternalEvent, Interval } from "@calsync/types";
import { blocksTime, expandSeries, toInterval } from "../engine/busy-times.ts";
import type {
  BusyRow,
  ExternalEventRepository,
  MirroredEvent,
  SeriesPart,
} from "../repositories/ExternalEventRepository.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";

/** Far ends of time stand for events whose own times cannot be read. */
const UNKNOWN_TIME = new Date(0);

/** What mirroring a page has done. */
export interface MirrorResult {
  mirrored: number;
  deleted: number;
  setAside: { externalEventId: string; reason: string }[];
}

/**
 * Keeps the mirror of events that are not ours, and the busy times that follow from it. An event that cannot be read or
 * expanded is set aside alone: kept with its reason, blocking nothing, tried again when it changes.
 */
export class Mirror {
  readonly #events: ExternalEventRepository;
  constructor(events: ExternalEventRepository) {
    this.#events = events;
  }

  /**
   * Applies changes of events that are not ours. At most four statements. `window` bounds how far series
   * reach; `linked` are events that turned out to be ours and leave the mirror.
   */
  async apply(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    changes: readonly ExternalChange[],
    window: Interval,
    linked: readonly string[] = [],
  ): Promise<MirrorResult> {
    const upserts = new Map<string, MirroredEvent>();
    const deleted = new Set<string>();
    const seriesIds = new Set<string>();
    const setAside: MirrorResult["setAside"] = [];
    for (const change of changes) {
      if (change.type === "upsert") {
        const { event } = change;
        if (event.recurrence) seriesIds.add(event.id);
        if (event.seriesId) seriesIds.add(event.seriesId);
        if (event.status === "cancelled" && !event.seriesId) deleted.add(event.id);
        else upserts.set(event.id, this.#toMirrored(event, calendar.userTimeZone));
      } else if (change.type === "delete") {
        // The hole that a cancelled occurrence leaves is known by this record alone.
        if (change.seriesId && change.originalStart) {
          seriesIds.add(change.seriesId);
          upserts.set(
            change.eventId,
            hole(change.eventId, change.seriesId, change.originalStart, calendar.userTimeZone),
          );
        } else {
          deleted.add(change.eventId);
        }
      } else if (change.eventId) {
        setAside.push({ externalEventId: change.eventId, reason: change.reason });
        upserts.set(change.eventId, unreadable(change.eventId, change.reason));
      }
    }
    for (const id of deleted) upserts.delete(id);
    await this.#events.deleteMany(tx, calendar.id, [...deleted, ...linked]);
    const rows = await this.#events.upsertMany(
      tx,
      calendar.id,
      [...upserts.values()],
      calendar.fullPullGeneration,
    );
    const rowIds = new Map(rows.map((row) => [row.externalEventId, row.id]));
    const busy: BusyRow[] = [];
    for (const [eventId, mirrored] of upserts) {
      const rowId = rowIds.get(eventId);
      const event = mirrored.snapshot;
      if (!rowId || !event || event.recurrence || !blocksTime(event)) continue;
      busy.push({ externalEventRowId: rowId, start: mirrored.startTime, end: mirrored.endTime });
    }
    const series = await this.#events.findSeries(tx, [calendar.id], [...seriesIds]);
    const expanded = this.#expand(series, window, calendar.userTimeZone);
    busy.push(...expanded.busy);
    // What cannot be read any more goes on making its owner busy as it did: that it is free is not known (invariant 6).
    const readable = rows.flatMap(({ id, externalEventId }) =>
      upserts.get(externalEventId)?.setAsideReason === null ? [id] : [],
    );
    await this.#events.replaceBusy(tx, calendar.id, [...readable, ...expanded.rowIds], busy);
    return { mirrored: upserts.size, deleted: deleted.size, setAside: [...setAside, ...expanded.setAside] };
  }

  /** Expands all series of a calendar anew, as far as `window` reaches. */
  async extend(
    tx: PrismaTransaction,
    calendar: Pick<CalendarSyncRow, "id" | "userTimeZone">,
    window: Interval,
  ): Promise<void> {
    const expanded = this.#expand(
      await this.#events.findSeries(tx, [calendar.id], null),
      window,
      calendar.userTimeZone,
    );
    await this.#events.replaceBusy(tx, calendar.id, expanded.rowIds, expanded.busy);
  }

  #expand(parts: readonly SeriesPart[], window: Interval, timeZone: string) {
    const exceptions = Map.groupBy(
      parts.filter((part) => part.seriesId !== null),
      (part) => part.seriesId,
    );
    const rowIds: string[] = [];
    const busy: BusyRow[] = [];
    const setAside: MirrorResult["setAside"] = [];
    for (const part of parts) {
      if (!part.snapshot?.recurrence) continue;
      rowIds.push(part.id);
      if (!blocksTime(part.snapshot)) continue;
      try {
        const occurrences = expandSeries(
          part.snapshot,
          exceptions.get(part.externalEventId) ?? [],
          window,
          timeZone,
        );
        busy.push(...occurrences.map((occurrence) => ({ externalEventRowId: part.id, ...occurrence })));
      } catch (error) {
        setAside.push({
          externalEventId: part.externalEventId,
          reason: error instanceof Error ? error.message : "The series cannot be expanded.",
        });
      }
    }
    return { rowIds, busy, setAside };
  }

  #toMirrored(event: ExternalEvent, timeZone: string): MirroredEvent {
    const { start, end } = toInterval(event.time, timeZone);
    return {
      externalEventId: event.id,
      originalStart: event.originalStart ?? "",
      seriesId: event.seriesId,
      iCalUid: event.iCalUid,
      version: event.version,
      snapshot: event,
      startTime: start,
      endTime: end,
      status: event.status,
      setAsideReason: null,
      externalUpdatedAt: event.updatedAt,
    };
  }
}

function hole(eventId: string, seriesId: string, originalStart: string, timeZone: string): MirroredEvent {
  const time = originalStart.includes("T")
    ? new Date(originalStart)
    : toInterval({ allDay: true, start: originalStart, end: originalStart }, timeZone).start;
  return { ...empty(eventId), seriesId, originalStart, startTime: time, endTime: time, status: "cancelled" };
}

function unreadable(eventId: string, reason: string): MirroredEvent {
  return { ...empty(eventId), status: "unreadable", setAsideReason: reason };
}

function empty(externalEventId: string): MirroredEvent {
  return {
    externalEventId,
    originalStart: "",
    seriesId: null,
    iCalUid: null,
    version: null,
    snapshot: null,
    startTime: UNKNOWN_TIME,
    endTime: UNKNOWN_TIME,
    status: "confirmed",
    setAsideReason: null,
    externalUpdatedAt: null,
  };
}
