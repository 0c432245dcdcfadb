import { cutAfter, ruleChange, sameRecurrence, slotsOf } from "@calsync/icalendar";
import type { ExternalEvent } from "@calsync/types";
import type { LocalItem, LocalSeries, SeriesChange } from "../ports/BookingStore.ts";
import { type ClockTrust, calendarChangedLast } from "./clock-compare.ts";
import { type PlaceFinder, placesAfter, type SeriesOccurrence, slotOf } from "./occurrence-places.ts";
import {
  hasEnded,
  type InboundPlan,
  type PlannedReference,
  planInbound,
  type RemoteState,
} from "./plan-inbound.ts";
import { type PlannedSeries, seriesItem } from "./plan-series-outbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import { instanceAt } from "./series-state.ts";
import { type EventSnapshot, sameField, toSnapshot } from "./snapshot.ts";
import type { SeriesSnapshot, SyncedSeries } from "./synced-state.ts";

export interface SeriesInput {
  reference: PlannedSeries & { goneBookingIds: readonly number[] };
  local: LocalSeries;
  /** The recurring event as it is now; null when the page tells of its instances or copies only. */
  remote: RemoteState | null;
  /** Instances that the page tells of, by their original starts. */
  instances: ReadonlyMap<string, RemoteState>;
  occurrences: readonly SeriesOccurrence[];
  /** Recurring events that carry this series' marker: what "this and following" makes. */
  successors: readonly ExternalEvent[];
  /** Whether occurrences that dropped out of the rule have been waited for long enough. */
  settled: boolean;
  policy: SyncPolicy;
  now: Date;
  /** As in InboundInput. */
  clock?: ClockTrust | undefined;
  ownAddresses?: readonly string[];
}

/** What becomes of one occurrence. */
export interface PlannedOccurrence {
  occurrence: SeriesOccurrence;
  plan: InboundPlan;
  /** Where its event is from now on; null: nowhere, for now. */
  place?: { eventId: string; originalStart: string } | null;
  /** It stands alone from now on. */
  leaves?: true;
  /** Puts a plan for this occurrence into the words of series, when it is made once more. */
  inWords?: (plan: InboundPlan) => InboundPlan;
}

export interface SeriesPlan {
  reference: {
    status?: PlannedReference["status"];
    version?: string | null;
    sequence?: number;
    base?: SyncedSeries | null;
    clearPending?: true;
    /** The event is gone for good and is made again. */
    recreate?: true;
    goneBookingIds?: number[];
  };
  /** What changes of the series itself on our side. */
  change: Pick<SeriesChange, "set" | "changedAt" | "slots"> | null;
  occurrences: PlannedOccurrence[];
  /** The series that the later occurrences have moved into. */
  successor: { event: ExternalEvent; change: Pick<SeriesChange, "set" | "changedAt" | "slots"> } | null;
  /** Occurrences dropped out of the rule, and stand until it is clear whether they turn up in another series. */
  waiting: boolean;
  /** Whether the recurring event lacks something that the series has. */
  push: boolean;
  /** Whether the event has occurrences that nobody has booked: they make the host busy. */
  extras: boolean;
  /** The places that bookings have. */
  taken: string[];
}

/** Long before anything: whether a series is over is not told by its first occurrence. */
const BEFORE_ALL = new Date(0);
const FIELDS = ["time", "title", "description", "location"] as const;

/**
 * Decides what a change of a recurring event means for its series and for each occurrence that is still to come. Pure. The
 * series itself is merged as a single event would be; what the calendar has won is then asked of each occurrence, which is
 * merged for itself, so that one which was changed here stays changed. Occurrences are known by their original start;
 * where the rule has moved, by their order (SPEC.md, "Series").
 */
export function planSeries(input: SeriesInput): SeriesPlan {
  const merged = mergeSeries(input);
  if (merged.plan.reference.recreate) return startAgain(input, merged);
  const finder = placesAfter({
    before: merged.before,
    after: merged.after,
    occurrences: input.occurrences,
    instances: input.instances,
    now: input.now,
  });
  const found = planOccurrences(input, merged, finder);
  const dropped = planDropped(input, merged, finder);
  const occurrences = [...found, ...dropped.planned];
  const { restored } = merged;
  return {
    reference: {
      ...merged.reference,
      ...(merged.deleted ? { goneBookingIds: dropped.cancelled } : restored ? { goneBookingIds: [] } : {}),
    },
    change: changeOfSeries(input, merged, finder, occurrences),
    occurrences,
    successor: dropped.successor,
    waiting: dropped.waiting,
    push: merged.push,
    extras: finder.extras.length > 0,
    taken: [...finder.past, ...finder.placed.map(({ place }) => place.slot)],
  };
}

/** The series as it stands after the merge. */
interface Merged {
  plan: InboundPlan;
  reference: SeriesPlan["reference"];
  /** The event as it was and as it is now, as far as the calendar has won; null: it is gone. */
  before: SeriesSnapshot;
  after: SeriesSnapshot | null;
  event: ExternalEvent | null;
  /** Whether anything of the series itself is other than before. */
  changed: boolean;
  tookRule: boolean;
  tookFields: Partial<EventSnapshot>;
  deleted: boolean;
  /** The event has come back from the bin, and what went with it comes back too. */
  restored: boolean;
  push: boolean;
  changedAt: string;
}

function mergeSeries({
  reference,
  local,
  remote,
  occurrences,
  policy,
  now,
  clock,
  ownAddresses = [],
}: SeriesInput): Merged {
  const agreed = agreedSeries(reference, local, remote);
  const idle: Merged = {
    plan: { reason: "unchanged", actions: [], refusals: [], reference: {}, push: false },
    reference: {},
    before: agreed.remote,
    after: agreed.remote,
    event: null,
    changed: false,
    tookRule: false,
    tookFields: {},
    deleted: false,
    restored: false,
    push: false,
    changedAt: now.toISOString(),
  };
  if (remote === null) return idle;
  const changedAt = (remote.state === "present" ? remote.event.updatedAt : null) ?? now.toISOString();
  const plan = planInbound({
    reference,
    local: seriesItem(local, nextOf(occurrences, now)),
    remote:
      remote.state === "present"
        ? { state: "present", event: { ...remote.event, updatedAt: changedAt } }
        : remote,
    // Answers are matters of single appointments: a whole series is not declined away.
    policy: { ...forWholes(policy), allDeclined: "keep", hostDeclined: "keep" },
    now: BEFORE_ALL,
    clock,
    ownAddresses,
  });
  const { base: _base, ...update } = plan.reference;
  if (plan.reason === "echo") return idle;
  if (remote.state === "deleted" || remote.event.status === "cancelled") {
    const cancelled = plan.actions.some(({ kind }) => kind === "cancel");
    return {
      ...idle,
      plan,
      reference: update,
      after: cancelled ? null : agreed.remote,
      changed: cancelled,
      deleted: cancelled,
      push: plan.push,
      changedAt,
    };
  }
  const { event } = remote;
  const seen: SeriesSnapshot = { ...toSnapshot(event), recurrence: event.recurrence ?? [] };
  const tookFields = fieldsOf(plan);
  const ruleDiffers = !sameRecurrence(seen.recurrence, agreed.remote.recurrence);
  const tookRule = ruleDiffers && mayTakeRule(plan, local, agreed, policy, changedAt, clock);
  const after: SeriesSnapshot = {
    ...seen,
    recurrence: ruleDiffers && !tookRule ? agreed.remote.recurrence : seen.recurrence,
  };
  for (const field of FIELDS) {
    const refused =
      field in tookFields ||
      sameField(field, seen, toOwnSnapshot(local)) ||
      sameField(field, seen, agreed.remote);
    if (!refused) Object.assign(after, { [field]: agreed.remote[field] });
  }
  const keepsRule = ruleDiffers && !tookRule && !sameRecurrence(seen.recurrence, local.recurrence);
  return {
    plan,
    reference: {
      ...update,
      base: plan.reference.base
        ? {
            ...plan.reference.base,
            local: {
              ...plan.reference.base.local,
              recurrence: ruleDiffers ? seen.recurrence : agreed.local.recurrence,
            },
            remote: { ...plan.reference.base.remote, recurrence: seen.recurrence },
          }
        : null,
    },
    before: agreed.remote,
    after,
    event,
    changed:
      reference.status !== "SYNCED" ||
      ruleChange(agreed.remote, after) !== "same" ||
      !sameRecurrence(after.recurrence, agreed.remote.recurrence) ||
      FIELDS.some((field) => !sameField(field, after, agreed.remote)) ||
      !sameField("attendees", after, agreed.remote),
    tookRule,
    tookFields,
    deleted: false,
    restored: reference.status === "DELETED" && (local.active || plan.reason === "remote-restored"),
    push: plan.push || (keepsRule && policy.direction !== "FROM_CALENDAR"),
    changedAt,
  };
}

/** The occurrences that the event still has. */
function planOccurrences(input: SeriesInput, merged: Merged, finder: PlaceFinder): PlannedOccurrence[] {
  const { reference, local, instances, policy, now, clock, ownAddresses = [] } = input;
  const eventId = merged.event?.id ?? reference.externalEventId ?? "";
  const restored = new Set(merged.restored ? reference.goneBookingIds : []);
  const planned: PlannedOccurrence[] = [];
  for (const { occurrence, place } of finder.placed) {
    const { reference: one, local: item } = occurrence;
    const moved = one.originalStart !== place.slot || one.externalEventId !== eventId;
    const at = moved ? { place: { eventId, originalStart: place.slot } } : {};
    const told = instances.get(place.slot);
    if (told) {
      const plan = planInbound({
        reference: one,
        local: item,
        remote: told,
        policy,
        now,
        clock,
        ownAddresses,
      });
      const inWords = (again: InboundPlan) => renamed(again, OCCURRENCE_REASONS);
      planned.push({ ...withoutOwnEvent({ occurrence, plan: inWords(plan), ...at }), inWords });
      continue;
    }
    if (place.hole) {
      const remote: RemoteState = { state: "deleted", version: null };
      const plan = planInbound({ reference: one, local: item, remote, policy, now, clock, ownAddresses });
      planned.push(withoutOwnEvent({ occurrence, plan: renamed(plan, OCCURRENCE_REASONS), ...at }));
      continue;
    }
    const cancelled = one.status === "DELETED" || item?.active !== true;
    if (cancelled && !restored.has(one.bookingId)) {
      // The new place shows an instance again, and the cancellation stands.
      if (moved) planned.push({ occurrence, plan: deleteAgain(policy), ...at });
      continue;
    }
    const differs = one.version !== null;
    if (!merged.changed || !merged.after || !merged.event || (differs && !moved)) continue;
    const remote = {
      state: "present" as const,
      event: instanceAt({ ...merged.event, ...merged.after }, place.slot),
    };
    const plan = planInbound({
      reference: moved ? { ...one, version: null } : one,
      local: item,
      remote,
      policy: forWholes(policy),
      now,
      clock,
      ownAddresses,
    });
    planned.push({ occurrence, plan: renamed(plan, seriesReasons(finder), local.seriesId), ...at });
  }
  // What is over has no instance any more that could change it.
  for (const occurrence of finder.over) {
    planned.push({ occurrence, plan: nothing(), place: null });
  }
  return planned;
}

/** The occurrences that the event has not any more: they have gone elsewhere, are waited for, or are cancelled. */
function planDropped(input: SeriesInput, merged: Merged, finder: PlaceFinder) {
  const { successors, settled, policy, now, local, clock, ownAddresses = [] } = input;
  const result = {
    planned: [] as PlannedOccurrence[],
    cancelled: [] as number[],
    successor: null as SeriesPlan["successor"],
    waiting: false,
  };
  const heirs = adopted(finder.dropped, successors);
  if (heirs) {
    const { event, places } = heirs;
    for (const [occurrence, slot] of places) {
      const { reference: one, local: item } = occurrence;
      const place = { eventId: event.id, originalStart: slot };
      if (one.status === "DELETED" || item?.active !== true) {
        result.planned.push({ occurrence, plan: deleteAgain(policy), place });
        continue;
      }
      const remote = { state: "present" as const, event: instanceAt(event, slot) };
      const plan = planInbound({
        reference: { ...one, version: null },
        local: item,
        remote,
        policy: forWholes(policy),
        now,
      });
      result.planned.push({ occurrence, plan: renamed(plan, SPLIT_REASONS, "successor"), place });
    }
    const { time, title, description, location } = toSnapshot(event);
    const last = [...places.values()].at(-1);
    const recurrence = last
      ? withoutExtras(event.time, event.recurrence ?? [], last)
      : (event.recurrence ?? []);
    result.successor = {
      event,
      change: {
        set: { time, title, description, location, recurrence },
        changedAt: event.updatedAt ?? now.toISOString(),
        slots: [...places].map(([{ reference }, originalStart]) => ({
          bookingId: reference.bookingId,
          originalStart,
        })),
      },
    };
  }
  for (const occurrence of finder.dropped) {
    if (heirs?.places.has(occurrence)) continue;
    const { reference: one, local: item } = occurrence;
    if (one.status === "DELETED" || item?.active !== true) {
      result.planned.push({ occurrence, plan: nothing(), place: null });
      continue;
    }
    if (!merged.deleted && !settled && !heirs) {
      result.waiting = true;
      if (one.externalEventId !== null) result.planned.push({ occurrence, plan: nothing(), place: null });
      continue;
    }
    const remote: RemoteState = { state: "deleted", version: null };
    const plan = planInbound({
      reference: one,
      local: item,
      remote,
      policy: forWholes(policy),
      now,
      clock,
      ownAddresses,
    });
    const reasons = merged.deleted ? DELETED_REASONS : SHORTENED_REASONS;
    const end = withoutOwnEvent({ occurrence, plan: renamed(plan, reasons, local.seriesId), place: null });
    result.planned.push(end.plan.reference.recreate ? { ...end, leaves: true } : end);
    if (plan.actions.some(({ kind }) => kind === "cancel")) result.cancelled.push(one.bookingId);
  }
  return result;
}

/** Which copy of the series the dropped occurrences live on in, and where: at their own starts, else in their order. */
function adopted(
  dropped: readonly SeriesOccurrence[],
  successors: readonly ExternalEvent[],
): { event: ExternalEvent; places: Map<SeriesOccurrence, string> } | null {
  if (dropped.length === 0) return null;
  for (const event of successors) {
    const { slots } = slotsOf({ time: event.time, recurrence: event.recurrence ?? [] });
    const own = new Set(slots);
    const keeps = dropped.every((one) => own.has(slotOf(one)));
    const places = new Map<SeriesOccurrence, string>();
    dropped.forEach((one, index) => {
      const slot = keeps ? slotOf(one) : slots[index];
      if (slot !== undefined) places.set(one, slot);
    });
    if (places.size > 0) return { event, places };
  }
  return null;
}

function changeOfSeries(
  { local }: SeriesInput,
  { tookFields, tookRule, after, deleted, restored, changedAt }: Merged,
  finder: PlaceFinder,
  occurrences: readonly PlannedOccurrence[],
): SeriesPlan["change"] {
  if (deleted) {
    // Those that have taken place stay, in other calendars too.
    const last = finder.past.at(-1);
    const set = last ? { recurrence: cutAfter(local.recurrence, last) } : { active: false };
    return { set, changedAt, slots: [] };
  }
  const slots = occurrences.flatMap(({ occurrence: { reference, local: item }, place }) =>
    place &&
    item?.series &&
    item.series.originalStart !== place.originalStart &&
    finder.isPlaced(reference.bookingId)
      ? [{ bookingId: reference.bookingId, originalStart: place.originalStart }]
      : [],
  );
  const set: SeriesChange["set"] = {};
  const { time, title, description, location } = tookFields;
  if (time) set.time = time;
  if (title !== undefined) set.title = title;
  if (description !== undefined) set.description = description;
  if (location !== undefined) set.location = location;
  if (restored) set.active = true;
  const last = finder.lastSlot;
  if ((tookRule || time || restored) && after)
    set.recurrence = last ? withoutExtras(after.time, after.recurrence, last) : after.recurrence;
  return Object.keys(set).length > 0 || slots.length > 0 ? { set, changedAt, slots } : null;
}

/** A series never says more here than what is booked: others are not to be invited to what only its event has. */
function withoutExtras(time: SeriesSnapshot["time"], recurrence: readonly string[], last: string): string[] {
  const { slots } = slotsOf({ time, recurrence });
  return slots.some((slot) => slot > last) ? cutAfter(recurrence, last) : [...recurrence];
}

/** The event is gone, and the series wins: it is made again, and its occurrences with it. */
function startAgain({ occurrences, now }: SeriesInput, { plan }: Merged): SeriesPlan {
  const { base: _base, ...update } = plan.reference;
  return {
    reference: { ...update, base: null },
    change: null,
    occurrences: occurrences
      .filter(({ local }) => local !== null && !hasEnded(local, now))
      .map((occurrence) => ({
        occurrence,
        plan: {
          ...nothing(),
          refusals: plan.refusals,
          reason: plan.reason,
          reference: { base: null, version: null, clearPending: true },
        },
        place: null,
      })),
    successor: null,
    waiting: false,
    push: true,
    extras: false,
    taken: [],
  };
}

/** What both sides last agreed on about the series; a write whose answer was lost counts when the event shows it. */
function agreedSeries(
  reference: PlannedSeries,
  local: LocalSeries,
  remote: RemoteState | null,
): SyncedSeries {
  const own: SeriesSnapshot = { ...toOwnSnapshot(local), recurrence: local.recurrence };
  const agreed = reference.base ?? reference.pending.at(-1) ?? { local: own, remote: own };
  const seen = remote?.state === "present" ? (remote.event.recurrence ?? []) : null;
  const ours = seen && reference.pending.findLast((write) => sameRecurrence(write.remote.recurrence, seen));
  if (!ours) return agreed;
  return {
    local: { ...agreed.local, recurrence: ours.local.recurrence },
    remote: { ...agreed.remote, recurrence: ours.remote.recurrence },
  };
}

function toOwnSnapshot({ time, title, description, location }: LocalSeries): EventSnapshot {
  return { time, title, description, location, attendees: [] };
}

function mayTakeRule(
  plan: InboundPlan,
  local: LocalSeries,
  agreed: SyncedSeries,
  policy: SyncPolicy,
  changedAt: string,
  clock: ClockTrust | undefined,
): boolean {
  if (policy.direction === "TO_CALENDAR" || !policy.fields.includes("time")) return false;
  if (plan.refusals.some(({ action }) => action === "reschedule")) return false;
  if (sameRecurrence(local.recurrence, agreed.local.recurrence)) return true;
  if (policy.direction === "FROM_CALENDAR" || policy.conflict === "calendar-wins") return true;
  return (
    policy.conflict !== "booking-wins" &&
    calendarChangedLast(changedAt, local.changedAt.time ?? local.createdAt, clock)
  );
}

function fieldsOf({ actions }: InboundPlan): Partial<EventSnapshot> {
  const fields: Partial<EventSnapshot> = {};
  for (const action of actions) {
    if (action.kind === "reschedule" || (action.kind === "restore" && action.time))
      fields.time = action.time as EventSnapshot["time"];
    if (action.kind !== "change-details") continue;
    for (const field of ["title", "description", "location"] as const) {
      if (action[field] !== undefined) fields[field] = action[field];
    }
  }
  return fields;
}

/** A question is asked about one appointment, not about each of a hundred: for a whole series the later change wins. */
function forWholes(policy: SyncPolicy): SyncPolicy {
  const conflict = policy.conflict === "ask" ? "last-write-wins" : policy.conflict;
  return { ...policy, conflict };
}

/** The next occurrence, in whose name the series is compared: its guests are the series' guests. */
function nextOf(occurrences: readonly SeriesOccurrence[], now: Date): LocalItem | null {
  const items = occurrences
    .flatMap(({ local }) => local ?? [])
    .sort((a, b) => (a.snapshot.time.start < b.snapshot.time.start ? -1 : 1));
  return items.find((item) => item.active && !hasEnded(item, now)) ?? items.at(-1) ?? null;
}

type Reasons = Partial<Record<InboundPlan["actions"][number]["kind"], ReasonCode>>;

const OCCURRENCE_REASONS: Reasons = {
  reschedule: "occurrence-moved",
  "change-details": "occurrence-changed",
  cancel: "occurrence-deleted",
  restore: "occurrence-restored",
};
const SPLIT_REASONS: Reasons = { reschedule: "series-split-moved", "change-details": "series-split-changed" };
const DELETED_REASONS: Reasons = { cancel: "series-deleted" };
const SHORTENED_REASONS: Reasons = { cancel: "series-shortened" };

function seriesReasons({ change }: PlaceFinder): Reasons {
  return {
    reschedule: change === "rhythm" ? "series-rule-changed" : "series-moved",
    "change-details": "series-changed",
    restore: "series-restored",
  };
}

const EXPLANATIONS: Partial<Record<ReasonCode, string>> = {
  "occurrence-deleted": "This date was deleted in the calendar.",
  "series-deleted": "The series was deleted in the calendar.",
  "series-shortened": "The series was shortened in the calendar.",
};

/** The same plan in the words of series. A conflict that was decided, or an objection, keeps its reason. */
function renamed(plan: InboundPlan, reasons: Reasons, seriesId?: string): InboundPlan {
  const actions = plan.actions.map((action) => {
    const plain = action.reason.startsWith("remote-") && !action.reason.endsWith("-last-write");
    const reason = (plain ? reasons[action.kind] : undefined) ?? action.reason;
    const named = { ...action, reason, ...(seriesId === undefined ? {} : { seriesId }) };
    return named.kind === "cancel"
      ? { ...named, cancellationReason: EXPLANATIONS[reason] ?? named.cancellationReason }
      : named;
  });
  return { ...plan, actions, reason: actions[0]?.reason ?? plan.reason };
}

/** An occurrence is never made again by itself: the next write brings its instance back. */
function withoutOwnEvent(planned: PlannedOccurrence): PlannedOccurrence {
  if (!planned.plan.reference.recreate || planned.place === null) return planned;
  const { recreate: _recreate, ...reference } = planned.plan.reference;
  return { ...planned, plan: { ...planned.plan, reference } };
}

function deleteAgain(policy: SyncPolicy): InboundPlan {
  return {
    ...nothing(),
    reason: "booking-cancelled",
    reference: { status: "SYNCED", version: null, base: null, clearPending: true },
    push: policy.direction !== "FROM_CALENDAR",
  };
}

function nothing(): InboundPlan {
  return { reason: "unchanged", actions: [], refusals: [], reference: {}, push: false };
}
