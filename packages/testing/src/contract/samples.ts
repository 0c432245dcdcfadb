import type {
  CalendarEvent,
  CalendarService,
  ChangePage,
  Cursor,
  EventTime,
  ExternalChange,
  ExternalEvent,
  PullOptions,
} from "@calsync/types";

/** The window that the suite's full listings ask for; every sample lies in it. */
export const SAMPLE_WINDOW = {
  start: new Date("2027-05-01T00:00:00.000Z"),
  end: new Date("2027-09-01T00:00:00.000Z"),
};

/** A timed hour on a day of June 2027, in UTC unless told otherwise. `start` is `hh:mm` in UTC. */
export function hour(day: number, start = "10:00", timeZone = "UTC"): EventTime {
  const at = new Date(`2027-06-${String(day).padStart(2, "0")}T${start}:00.000Z`);
  return {
    allDay: false,
    start: at.toISOString(),
    end: new Date(at.getTime() + 3_600_000).toISOString(),
    timeZone,
  };
}

/** Whole days of June 2027, the last one not included. */
export function days(first: number, end: number): EventTime {
  const day = (n: number) => `2027-06-${String(n).padStart(2, "0")}`;
  return { allDay: true, start: day(first), end: day(end) };
}

/** An event as the engine would write it. */
export function sampleEvent(fields: Partial<CalendarEvent> = {}): CalendarEvent {
  return {
    title: "Consultation",
    description: "First line\nSecond line",
    location: "Room 4",
    time: hour(8),
    attendees: [],
    recurrence: null,
    transparency: "busy",
    visibility: "default",
    iCalUid: "sample-0001@calsync.example",
    sequence: 0,
    marker: "reference-0001",
    ...fields,
  };
}

/** A key that no other test uses. */
export function sampleKey(): string {
  return `contract_${crypto.randomUUID()}`.slice(0, 40);
}

/** A whole pull, put together. */
export interface DrainedPull {
  pages: ChangePage[];
  changes: ExternalChange[];
  cursor: Cursor;
}

/** Pulls until the last page. */
export async function drain(
  service: CalendarService,
  calendarId: string,
  cursor: Cursor | null,
  options: Partial<PullOptions> = {},
): Promise<DrainedPull> {
  const pages: ChangePage[] = [];
  for await (const page of service.onWatchedCalendarChange(calendarId, cursor, {
    window: SAMPLE_WINDOW,
    ...options,
  })) {
    pages.push(page);
  }
  const last = pages.at(-1);
  if (!last) throw new Error("a pull yields at least one page");
  return { pages, changes: pages.flatMap((page) => page.changes), cursor: last.cursor };
}

/** The events among changes, by id; a later change of one event replaces an earlier. */
export function upserts(changes: readonly ExternalChange[]): Map<string, ExternalEvent> {
  const found = new Map<string, ExternalEvent>();
  for (const change of changes) if (change.type === "upsert") found.set(change.event.id, change.event);
  return found;
}

/** The deletions among changes. */
export function deletions(changes: readonly ExternalChange[]): Extract<ExternalChange, { type: "delete" }>[] {
  return changes.filter((change) => change.type === "delete");
}

/** Tries until `check` gives something other than null, for at most five seconds. */
export async function eventually<T>(check: () => T | null): Promise<T> {
  const giveUpAt = performance.now() + 5_000;
  for (;;) {
    const value = check();
    if (value !== null) return value;
    if (performance.now() > giveUpAt) throw new Error("it did not happen within five seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
