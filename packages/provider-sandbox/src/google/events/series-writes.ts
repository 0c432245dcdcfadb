import type { GoogleContext } from "../context.ts";
import type { Calendar } from "../GoogleStore.ts";
import type { GoogleEvent, StoredEvent } from "../types.ts";

const STRICTNESS: Record<string, number> = { default: 0, public: 0, private: 1, confidential: 1 };

/** Fields that an exception takes over from its series while it has not changed them itself. */
const INHERITED = [
  "summary",
  "description",
  "location",
  "attendees",
  "colorId",
  "transparency",
  "visibility",
  "conferenceData",
  "guestsCanInviteOthers",
  "guestsCanModify",
  "guestsCanSeeOtherGuests",
] as const satisfies readonly (keyof GoogleEvent)[];

/** A deleted series takes its exceptions along; lists report the series only. */
export function cancelExceptions(context: GoogleContext, calendar: Calendar, series: StoredEvent): void {
  for (const exception of calendar.events.exceptionsOf(series.id)) {
    if (exception.goneWithSeries || exception.body.status === "cancelled") continue;
    context.store.putEvent(calendar, {
      ...exception,
      body: { ...exception.body, status: "cancelled" },
      deletedAtMs: context.store.clock.nowMs(),
      goneWithSeries: true,
    });
  }
}

/** An exception as it was and as it is after a write to its series. */
export interface ExceptionChange {
  before: StoredEvent;
  after: StoredEvent;
}

/** A restored series brings back the exceptions that went with it. */
export function restoreExceptions(
  context: GoogleContext,
  calendar: Calendar,
  series: StoredEvent,
): ExceptionChange[] {
  const changes: ExceptionChange[] = [];
  for (const exception of calendar.events.exceptionsOf(series.id)) {
    if (!exception.goneWithSeries) continue;
    const restored: StoredEvent = { ...exception, body: { ...exception.body, status: "confirmed" } };
    delete restored.goneWithSeries;
    delete restored.deletedAtMs;
    changes.push({ before: exception, after: context.store.putEvent(calendar, restored) });
  }
  return changes;
}

/**
 * After a change of a series: exceptions follow it in the fields they had not changed themselves, and those whose
 * occurrence the new rule no longer has become cancelled.
 */
export function alignExceptions(
  context: GoogleContext,
  calendar: Calendar,
  before: StoredEvent,
  after: StoredEvent,
): ExceptionChange[] {
  const exceptions = calendar.events.exceptionsOf(after.id);
  const changes: ExceptionChange[] = [];
  if (exceptions.length === 0) return changes;
  const series = context.store.seriesOf(calendar, after);
  for (const exception of exceptions) {
    if (exception.body.status === "cancelled") continue;
    const updated = after.body.updated ?? null;
    const next: StoredEvent = { ...exception };
    if (!after.body.recurrence || !series.occurrence(exception.id)) {
      next.body = { ...exception.body, status: "cancelled", updated };
      next.deletedAtMs = context.store.clock.nowMs();
    } else {
      const body: GoogleEvent = { ...exception.body };
      for (const field of INHERITED) inherit(body, field, before.body, after.body);
      if (JSON.stringify(body) === JSON.stringify(exception.body)) continue;
      next.body = { ...body, updated };
    }
    changes.push({ before: exception, after: context.store.putEvent(calendar, next) });
  }
  return changes;
}

function inherit<K extends keyof GoogleEvent>(
  body: GoogleEvent,
  field: K,
  before: GoogleEvent,
  after: GoogleEvent,
): void {
  if (JSON.stringify(body[field]) !== JSON.stringify(before[field])) return;
  if (after[field] === undefined) delete body[field];
  else body[field] = after[field];
}

/**
 * Visibility of a written instance. A stricter one spreads to the whole series, a looser one is ignored
 * (release notes, July 2026).
 */
export function spreadVisibility(
  context: GoogleContext,
  calendar: Calendar,
  instance: StoredEvent,
  written: GoogleEvent,
): string | undefined {
  const seriesId = instance.body.recurringEventId as string;
  const series = calendar.events.get(seriesId);
  const kept = series?.body.visibility ?? undefined;
  const wanted = written.visibility ?? undefined;
  const change = strictness(wanted) - strictness(kept);
  if (!series || change === 0) return wanted ?? kept;
  if (change < 0) return kept;
  for (const event of [series, ...calendar.events.exceptionsOf(seriesId)]) {
    if (event.id === instance.id || event.body.status === "cancelled" || !wanted) continue;
    const updated = context.store.clock.nowIso();
    context.store.putEvent(calendar, { ...event, body: { ...event.body, visibility: wanted, updated } });
  }
  return wanted;
}

function strictness(visibility: string | undefined): number {
  return STRICTNESS[visibility ?? "default"] ?? 0;
}
