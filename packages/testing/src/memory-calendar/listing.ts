import { CalendarError } from "@calsync/lib";
import type { ChangePage, Cursor, ExternalChange, PullOptions } from "@calsync/types";
import type { MemoryCalendarState } from "./calendar-state.ts";
import { copyEvent, type StoredEvent, touches } from "./stored-event.ts";

const PAGE_SIZE = 250;

/**
 * Where a pull stands. `since` is the last change that was passed on. While a full listing is under way, `after` is
 * the ordinal of the last event that it has gone past; it was begun at `since`.
 */
interface MemoryCursor {
  epoch: number;
  since: number;
  full: { after: number; start: number; end: number } | null;
}

/** One page of a calendar's events or changes. @throws CalendarError CURSOR_EXPIRED for a cursor that no longer counts. */
export function readPage(
  calendar: MemoryCalendarState,
  cursor: Cursor | null,
  options: PullOptions,
): ChangePage {
  const at = cursor === null ? begin(calendar, options) : parseCursor(cursor, calendar);
  const size = Math.max(1, Math.min(options.pageSize ?? PAGE_SIZE, PAGE_SIZE));
  return at.full ? fullPage(calendar, at, at.full, size) : incrementalPage(calendar, at, size);
}

function begin(calendar: MemoryCalendarState, { window }: PullOptions): MemoryCursor {
  return {
    epoch: calendar.epoch,
    since: calendar.seq,
    full: { after: 0, start: window.start.getTime(), end: window.end.getTime() },
  };
}

function fullPage(
  calendar: MemoryCalendarState,
  at: MemoryCursor,
  full: NonNullable<MemoryCursor["full"]>,
  size: number,
): ChangePage {
  const window = { start: new Date(full.start), end: new Date(full.end) };
  const changes: ExternalChange[] = [];
  let after = full.after;
  let complete = true;
  for (const stored of calendar.events.values()) {
    if (stored.ordinal <= full.after || !isListed(calendar, stored, window)) continue;
    if (changes.length === size) {
      complete = false;
      break;
    }
    changes.push(toChange(stored));
    after = stored.ordinal;
  }
  const next: MemoryCursor = { ...at, full: complete ? null : { ...full, after } };
  return { changes, cursor: JSON.stringify(next), complete, full: true };
}

function incrementalPage(calendar: MemoryCalendarState, at: MemoryCursor, size: number): ChangePage {
  const changes: ExternalChange[] = [];
  const { log } = calendar;
  // Sequence numbers count up by one from one, so that entry n stands at n - 1.
  let index = at.since;
  for (; index < log.length && changes.length < size; index++) {
    const entry = log[index];
    const stored = entry ? calendar.events.get(entry.eventId) : undefined;
    if (stored && stored.seq === entry?.seq) changes.push(toChange(stored));
  }
  const next: MemoryCursor = { epoch: at.epoch, since: index, full: null };
  return { changes, cursor: JSON.stringify(next), complete: index >= log.length, full: false };
}

/** Series that stand and their exceptions are listed wherever they lie; a listing may go beyond its window. */
function isListed(
  { events }: MemoryCalendarState,
  { event }: StoredEvent,
  window: { start: Date; end: Date },
): boolean {
  if (event.seriesId) return events.get(event.seriesId)?.event.status !== "cancelled";
  if (event.status === "cancelled") return false;
  return event.recurrence !== null || touches(event.time, window);
}

function toChange({ event }: StoredEvent): ExternalChange {
  if (event.status !== "cancelled") return { type: "upsert", event: copyEvent(event) };
  const { id, seriesId, originalStart, version } = event;
  return { type: "delete", eventId: id, seriesId, originalStart, version };
}

function parseCursor(cursor: Cursor, calendar: MemoryCalendarState): MemoryCursor {
  let parsed: unknown;
  try {
    parsed = JSON.parse(cursor);
  } catch {
    parsed = null;
  }
  const valid = isCursor(parsed) && parsed.epoch === calendar.epoch && parsed.since <= calendar.seq;
  if (!valid) throw new CalendarError("CURSOR_EXPIRED", "the cursor is no longer accepted; pull in full");
  return parsed as MemoryCursor;
}

function isCursor(value: unknown): value is MemoryCursor {
  return typeof value === "object" && value !== null && "epoch" in value && "since" in value;
}
