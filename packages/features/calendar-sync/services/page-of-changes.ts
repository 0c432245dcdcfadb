import type { ExternalChange } from "@calsync/types";
import type { RemoteState } from "../engine/plan-inbound.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A page may name one event twice; the later word counts. */
export function latestPerEvent(changes: readonly ExternalChange[]): ExternalChange[] {
  const latest = new Map<string | symbol, ExternalChange>();
  for (const change of changes) latest.set(eventIdOf(change) ?? Symbol(), change);
  return [...latest.values()];
}

/** The event that a change is about; null for one that the provider could not name. */
export function eventIdOf(change: ExternalChange): string | null {
  return change.type === "upsert" ? change.event.id : change.eventId;
}

/** The markers that events carry and that may be ours. */
export function markersOf(changes: readonly ExternalChange[]): string[] {
  return changes.flatMap((change) =>
    change.type === "upsert" && change.event.marker && UUID.test(change.event.marker)
      ? [change.event.marker]
      : [],
  );
}

/** The UID of a single event that is there; null for anything else. */
export function uidOf(change: ExternalChange): string | null {
  if (change.type !== "upsert") return null;
  const { status, seriesId, recurrence, iCalUid } = change.event;
  return status === "cancelled" || seriesId !== null || recurrence !== null ? null : iCalUid;
}

/** The series that the changed event is an instance of. */
export function seriesIdOf(change: ExternalChange): string | null {
  if (change.type === "unreadable") return null;
  return change.type === "upsert" ? change.event.seriesId : change.seriesId;
}

/** What we cannot read says nothing about a booking (invariant 6). */
export function remoteOf(change: ExternalChange): RemoteState | null {
  if (change.type === "upsert") return { state: "present", event: change.event };
  return change.type === "delete" ? { state: "deleted", version: change.version } : null;
}

/** Whether an event, or a series as a whole, is not in its calendar any more. A single date that is gone says something of its series. */
export function hasGone(change: ExternalChange): boolean {
  if (change.type === "unreadable") return false;
  if (change.type === "delete") return change.seriesId === null;
  return change.event.status === "cancelled" && change.event.seriesId === null;
}
