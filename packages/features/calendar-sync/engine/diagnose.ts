import type { ExternalEvent } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import { needsPush } from "./agreement.ts";
import { type CheckedReference, isOccurrence } from "./checked-reference.ts";
import { datesOf } from "./diagnose-series.ts";
import { hasEnded, planInbound, type RemoteState } from "./plan-inbound.ts";
import type { SyncPolicy } from "./policy.ts";
import { differingFields, type EventSnapshot, type SnapshotField, toSnapshot } from "./snapshot.ts";
import { FULL_VIEW, shownSnapshot } from "./view.ts";

/** What can be wrong with a calendar, as a closed list with a sentence for people. */
export const FINDINGS = {
  "event-missing": "The booking stands, but its event is gone from the calendar.",
  "event-unreadable":
    "The booking stands, but its event cannot be read: it is hidden from us, deleted for good, or has no time.",
  "field-differs": "The booking and its event do not say the same.",
  "not-written": "The booking was never written to the calendar, and nothing is on its way.",
  "no-reference": "The booking should be in this calendar, but nothing links it to one.",
  "event-still-there": "The booking is cancelled, but its event still stands in the calendar.",
  "duplicate-event": "A second event carries the mark of the same booking.",
  "series-copy":
    "A copy of a series has a date at which one of its bookings stands already, and nothing follows it.",
  "orphan-event": "The event carries our mark, but there is no booking that it stands for.",
  "push-forgotten": "A change of the booking has been waiting for long, and nothing works on it.",
  "push-failed": "The calendar refused a change of the booking, and it was given up.",
  "subscription-stale":
    "The push channel is over or has missed its time, so that changes are found by polling alone.",
  "lease-stuck": "A worker holds the calendar for longer than any worker may.",
  "not-read-lately": "The calendar has not been read for longer than it should be.",
  "not-syncing":
    "Sync of this calendar stands still until its account is connected again or it is switched on.",
} as const;
/** What the doctor can find. */
export type FindingKind = keyof typeof FINDINGS;

/** Which side was changed last, so far as it is known. */
export type ChangedLast = "booking" | "calendar" | "both" | "unknown";

/** What heals a finding; null when a person has to. */
export type Remedy =
  | "push"
  | "pull-everything"
  | "pull"
  | "delete-event"
  /** The same, for one that we have a record of having made. */
  | "delete-own-event"
  | "link-bookings"
  | "maintain-subscription"
  | "free-lease";

/** One difference, with its cause. */
export interface Finding {
  kind: FindingKind;
  bookingId: number | null;
  referenceId: string | null;
  eventId: string | null;
  fields: SnapshotField[];
  changedLast: ChangedLast | null;
  remedy: Remedy | null;
}

/** What is known of a marker that a listed event carries. */
export interface KnownMarker {
  marker: string;
  /** Null for a series, whose events the series itself looks after. */
  externalEventId: string | null;
  isSeries: boolean;
  /** Of a series that nothing is on its way for: its bookings that stand and are to come, with their starts as ISO 8601 UTC. */
  standing: readonly { bookingId: number; start: string }[];
}

/** Both sides of one calendar, as they were read at the same time. */
export interface DiagnosisInput {
  references: readonly CheckedReference[];
  items: ReadonlyMap<number, LocalItem>;
  /** Everything that the calendar lists from now on, and what was read directly because it was not listed. */
  events: readonly ExternalEvent[];
  /** Ids of events that the calendar lists, or answers for, without letting them be read. Nothing is concluded from them. */
  unreadable?: ReadonlySet<string>;
  /** The instances of occurrences, by the references' ids; see `instancesOf`. */
  instances: ReadonlyMap<string, ExternalEvent | null>;
  /** Dates that are listed as gone from their series, `seriesId originalStart`. */
  gone?: ReadonlySet<string>;
  /** Of all markers of listed events that belong to no reference above. */
  markers: readonly KnownMarker[];
  /** Ids of events that we have a record of having made. */
  ourEventIds: ReadonlySet<string>;
  policy: SyncPolicy;
  /** Addresses of the host, which are nobody's guests; see `InboundInput`. */
  ownAddresses?: readonly string[];
  /** A pull is on its way, or changes wait for their host: what the calendar has changed is known. */
  calendarSideIsKnown: boolean;
  now: Date;
}

/** A wish that is older and nobody works on is forgotten; an edit that is younger is still on its way. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;
const ON_ITS_WAY_MS = 60_000;

/** References whose event the listing does not show: each is to be read directly before anything is said about it. */
export function missingFromListing(
  references: readonly CheckedReference[],
  events: readonly ExternalEvent[],
): CheckedReference[] {
  const listed = new Set(events.map(({ id }) => id));
  return references.filter(
    ({ externalEventId, status }) =>
      externalEventId !== null && status !== "DELETED" && !listed.has(externalEventId),
  );
}

/** Compares the coming bookings of one calendar with its events. Pure; an empty list means that both sides are equal. */
export function diagnose(input: DiagnosisInput): Finding[] {
  const events = new Map(input.events.map((event) => [event.id, event]));
  const found = input.references.flatMap((reference) => {
    const local = input.items.get(reference.bookingId) ?? null;
    const { id, externalEventId } = reference;
    const event =
      externalEventId === null
        ? null
        : isOccurrence(reference)
          ? (input.instances.get(id) ?? null)
          : (events.get(externalEventId) ?? null);
    return ofReference(input, reference, local, event);
  });
  return [...found, ...ofMarkers(input)];
}

function ofReference(
  input: DiagnosisInput,
  reference: CheckedReference,
  local: LocalItem | null,
  event: ExternalEvent | null,
): Finding[] {
  const { policy, calendarSideIsKnown, now } = input;
  // Over, or a question to the host is open, or it is looked for already: nothing is to be done here.
  if (local === null || hasEnded(local, now) || reference.status === "CONFLICT") return [];
  if (reference.recheckAt !== null) return [];
  const about = finding(reference, event);
  const { pushRequestedAt, nextPushAt } = reference;
  if (pushRequestedAt !== null) {
    const since = Math.max(pushRequestedAt.getTime(), nextPushAt?.getTime() ?? 0);
    return now.getTime() - since > FORGOTTEN_AFTER_MS ? [about("push-forgotten", "push")] : [];
  }
  if (reference.status === "ERROR") return [about("push-failed", "push")];
  const writes = policy.direction !== "FROM_CALENDAR";
  if (reference.externalEventId === null) {
    return local.active && writes ? [about("not-written", "push")] : [];
  }
  const alive = event !== null && event.status !== "cancelled";
  if (!local.active) {
    if (!alive || !writes) return [];
    // A deleted event that came back is the calendar's word; else our own deletion is missing. A date that its series gives anew
    // is nobody's word.
    if (reference.status !== "DELETED") return [about("event-still-there", "push")];
    return [about("event-still-there", isOccurrence(reference) ? null : "pull-everything")];
  }
  if (!alive && input.unreadable?.has(reference.externalEventId)) return [about("event-unreadable", null)];
  if (!alive) return calendarSideIsKnown ? [] : [about("event-missing", "pull-everything")];
  return compared(input, reference, local, event, about);
}

function compared(
  { policy, ownAddresses = [], calendarSideIsKnown, now }: DiagnosisInput,
  reference: CheckedReference,
  local: LocalItem,
  event: ExternalEvent,
  about: ReturnType<typeof finding>,
): Finding[] {
  const remote = toSnapshot(event);
  const { base, view = FULL_VIEW } = reference;
  const shown = shownSnapshot(local, view);
  const there = base ? differingFields(remote, base.remote) : [];
  const here = base ? differingFields(shown, base.local) : [];
  const justNow = event.updatedAt !== null && now.getTime() - Date.parse(event.updatedAt) < ON_ITS_WAY_MS;
  const state: RemoteState = { state: "present", event };
  const plan = planInbound({ reference, local, remote: state, policy, ownAddresses, now });
  const pulls = plan.actions.length > 0 || plan.push || plan.hold !== undefined;
  const fields = [...new Set([...there, ...here])];
  if (pulls && fields.length > 0 && !calendarSideIsKnown && !justNow) {
    const changedLast = whoWasLast(local, event, { there, here });
    return [{ ...about("field-differs", "pull-everything"), fields, changedLast }];
  }
  if (policy.direction !== "FROM_CALENDAR" && base && there.length === 0 && needsPush(shown, base, view)) {
    return [{ ...about("field-differs", "push"), fields: here, changedLast: "booking" }];
  }
  if (!base) {
    const differing = differingFields(shown, remote);
    if (differing.length > 0 && pulls && !justNow)
      return [{ ...about("field-differs", "pull-everything"), fields: differing, changedLast: "unknown" }];
  }
  return [];
}

function whoWasLast(
  local: LocalItem,
  event: ExternalEvent,
  { there, here }: { there: SnapshotField[]; here: SnapshotField[] },
): ChangedLast {
  if (here.length === 0) return "calendar";
  if (there.length === 0) return "booking";
  if (event.updatedAt === null) return "both";
  const remoteAt = Date.parse(event.updatedAt);
  const localAt = Math.max(...here.map((field) => Date.parse(local.changedAt[field] ?? local.createdAt)));
  return remoteAt >= localAt ? "calendar" : "booking";
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Events that carry our mark and are not the one that their reference names. */
export function markedStrangers(
  references: readonly CheckedReference[],
  events: readonly ExternalEvent[],
): ExternalEvent[] {
  const linked = new Set(references.map(({ externalEventId }) => externalEventId));
  return events.filter(
    ({ id, marker, status, seriesId }) =>
      marker !== null && UUID.test(marker) && status !== "cancelled" && seriesId === null && !linked.has(id),
  );
}

function ofMarkers(input: DiagnosisInput): Finding[] {
  const { references, events, markers, ourEventIds, now } = input;
  const own = new Map(references.map((reference) => [reference.id, reference]));
  const known = new Map(markers.map((one) => [one.marker, one]));
  const eventOf = new Map(events.map((event) => [event.id, event]));
  return markedStrangers(references, events).flatMap((event): Finding[] => {
    const reference = own.get(event.marker ?? "");
    const about = finding(reference ?? null, event);
    if (isOver(event, now)) return [];
    if (reference) {
      // Its own create, whose answer was lost: the next pull or push finds it.
      if (reference.externalEventId === null) return [];
      const original = eventOf.get(reference.externalEventId);
      // A copy at another time is something that a person made of it; it is theirs.
      const same = original !== undefined && sameTime(toSnapshot(original), toSnapshot(event));
      const remedy = ourEventIds.has(event.id) ? "delete-own-event" : "delete-event";
      return [about("duplicate-event", same ? remedy : null)];
    }
    const marker = known.get(event.marker ?? "");
    if (marker?.externalEventId === event.id) return [];
    if (marker?.isSeries) {
      const twice = doubledBy(event, marker, input);
      const remedy = ourEventIds.has(event.id) ? "delete-own-event" : null;
      return twice === null ? [] : [{ ...about("series-copy", remedy), bookingId: twice }];
    }
    return [about("orphan-event", ourEventIds.has(event.id) ? "delete-own-event" : null)];
  });
}

/** The first booking of a series that a copy of it has a date for too; null when there is none. */
function doubledBy(
  copy: ExternalEvent,
  { standing, externalEventId }: KnownMarker,
  { events, gone }: DiagnosisInput,
): number | null {
  // Its own create, whose answer was lost.
  if (externalEventId === null || standing.length === 0) return null;
  const dates = new Set(datesOf(copy, events, gone));
  return standing.find(({ start }) => dates.has(start))?.bookingId ?? null;
}

function sameTime(a: EventSnapshot, b: EventSnapshot): boolean {
  return !differingFields(a, b).includes("time");
}

function isOver(event: ExternalEvent, now: Date): boolean {
  return event.recurrence === null && Date.parse(event.time.end) <= now.getTime();
}

function finding(reference: CheckedReference | null, event: ExternalEvent | null) {
  return (kind: FindingKind, remedy: Remedy | null): Finding => ({
    kind,
    bookingId: reference?.bookingId ?? null,
    referenceId: reference?.id ?? null,
    eventId: event?.id ?? reference?.externalEventId ?? null,
    fields: [],
    changedLast: null,
    remedy,
  });
}
