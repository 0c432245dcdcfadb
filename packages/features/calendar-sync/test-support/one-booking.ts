import type { ExternalEvent } from "@calsync/types";
import type { PlannedReference, RemoteState } from "../engine/plan-inbound.ts";
import type { EventSnapshot } from "../engine/snapshot.ts";
import type { LocalItem } from "../ports/BookingStore.ts";

/** Builders of the three legs of a merge, for tests of pure decisions. Each takes what differs from both sides being equal. */
export interface OneBooking {
  local(changes?: Partial<EventSnapshot>, more?: Partial<LocalItem>): LocalItem;
  reference(changes?: Partial<PlannedReference>): PlannedReference;
  event(changes?: Partial<ExternalEvent>): ExternalEvent;
  /** The event, as what a calendar says of it. */
  present(changes?: Partial<ExternalEvent>): Extract<RemoteState, { state: "present" }>;
}

/** What a calendar says of an event that is gone. */
export const DELETED = { state: "deleted", version: null } as const satisfies RemoteState;

/**
 * One active booking that both sides agree on as `snapshot`, and its event, read again at version "v2".
 * @param made when the booking was made, ISO 8601
 * @param out what the event has beside that
 */
export function oneBooking(snapshot: EventSnapshot, made: string, out: Partial<ExternalEvent>): OneBooking {
  const event = (changes: Partial<ExternalEvent> = {}): ExternalEvent => ({
    id: "evt",
    calendarId: "cal",
    iCalUid: "uid@provider",
    version: "v2",
    sequence: 0,
    status: "confirmed",
    ...snapshot,
    organizer: null,
    selfResponse: null,
    transparency: "busy",
    visibility: "default",
    recurrence: null,
    seriesId: null,
    originalStart: null,
    marker: "ref",
    updatedAt: null,
    url: null,
    ...out,
    ...changes,
  });
  return {
    local: (changes = {}, more = {}) => ({
      bookingId: 1,
      uid: "018f0000-0000-7000-8000-000000000001",
      hostId: 1,
      active: true,
      snapshot: { ...snapshot, ...changes },
      changedAt: {},
      createdAt: made,
      iCalUid: "uid@calsync",
      sequence: 0,
      ...more,
    }),
    reference: (changes = {}) => ({
      id: "ref",
      status: "SYNCED",
      version: "v1",
      sequence: 0,
      base: { local: snapshot, remote: snapshot },
      pending: [],
      ...changes,
    }),
    event,
    present: (changes = {}) => ({ state: "present", event: event(changes) }),
  };
}
