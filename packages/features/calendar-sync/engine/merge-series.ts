import { ruleChange, sameRecurrence, slotsOf } from "@calsync/icalendar";
import type { ExternalEvent } from "@calsync/types";
import type { LocalItem, LocalSeries } from "../ports/BookingStore.ts";
import { calendarPrevails } from "./merge-fields.ts";
import type { SeriesOccurrence } from "./occurrence-places.ts";
import { hasEnded, type InboundPlan, planInbound, type RemoteState } from "./plan-inbound.ts";
import { type PlannedSeries, seriesItem } from "./plan-series-outbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { SeriesInput, SeriesPlan } from "./series-plan.ts";
import { linesAt } from "./series-state.ts";
import { type EventSnapshot, sameField, toSnapshot } from "./snapshot.ts";
import type { SeriesSnapshot, SyncedSeries } from "./synced-state.ts";

/** Long before anything: whether a series is over is not told by its first occurrence. */
const BEFORE_ALL = new Date(0);
const FIELDS = ["time", "title", "description", "location"] as const;

/** The series as it stands after the merge. */
export interface Merged {
  plan: InboundPlan;
  reference: SeriesPlan["reference"];
  /** The event as it was and as it is now, as far as the calendar has won; null: it is gone. */
  before: SeriesSnapshot;
  after: SeriesSnapshot | null;
  event: ExternalEvent | null;
  /** Whether anything of the series itself is other than before. */
  changed: boolean;
  tookRule: boolean;
  /** How many dates a cut made here leaves of the rule that was taken; null: there was none. */
  kept: number | null;
  tookFields: Partial<EventSnapshot>;
  deleted: boolean;
  /** The event has come back from the bin, and what went with it comes back too. */
  restored: boolean;
  push: boolean;
  changedAt: string;
}

/** Merges the event of a series with its booking, once for all dates: what the rule as a whole says of time, rhythm, texts and people. */
export function mergeSeries({
  reference,
  local,
  remote,
  unread = false,
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
    kept: null,
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
    local: cancelledHere(seriesItem(local, nextOf(occurrences, now)), occurrences),
    remote:
      remote.state === "present"
        ? { state: "present", event: { ...remote.event, updatedAt: changedAt } }
        : remote,
    // Answers are matters of single appointments: a whole series is not declined away.
    policy: { ...asWhole(policy), allDeclined: "keep", hostDeclined: "keep" },
    now: BEFORE_ALL,
    clock,
    ownAddresses,
  });
  const { base: _base, ...update } = plan.reference;
  if (plan.reason === "echo" && !plan.reference.recreate && !unread) return idle;
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
  const tookRule = ruleDiffers && mayTakeRule(plan, policy);
  const after: SeriesSnapshot = { ...seen };
  for (const field of FIELDS) {
    const refused =
      field in tookFields ||
      sameField(field, seen, toOwnSnapshot(local)) ||
      sameField(field, seen, agreed.remote);
    if (!refused) Object.assign(after, { [field]: agreed.remote[field] });
  }
  after.recurrence =
    ruleDiffers && !tookRule ? agreed.remote.recurrence : linesAt(after.time, seen.time, seen.recurrence);
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
      unread ||
      reference.status !== "SYNCED" ||
      ruleChange(agreed.remote, after) !== "same" ||
      !sameRecurrence(after.recurrence, agreed.remote.recurrence) ||
      FIELDS.some((field) => !sameField(field, after, agreed.remote)) ||
      !sameField("attendees", after, agreed.remote),
    tookRule,
    kept: tookRule ? keptHere(local, agreed, seen, { policy, changedAt, clock }) : null,
    tookFields,
    deleted: false,
    restored: reference.status === "DELETED" && (local.active || plan.reason === "remote-restored"),
    push: plan.push || (keepsRule && policy.direction !== "FROM_CALENDAR"),
    changedAt,
  };
}

/**
 * Which dates an event has is the calendar's to say, also while the series was cut or moved here: what becomes of each date is decided
 * date by date, and a copy that was made of the later ones is not unmade by writing the old rule again.
 */
function mayTakeRule(plan: InboundPlan, policy: SyncPolicy): boolean {
  if (policy.direction === "TO_CALENDAR" || !policy.fields.includes("time")) return false;
  return plan.refusals.every(
    ({ action, reason }) => action !== "reschedule" || reason === "local-wins-last-write",
  );
}

/** How many dates a cut that was made here leaves of a rule that the calendar has changed as well. */
function keptHere(
  local: LocalSeries,
  agreed: SyncedSeries,
  seen: SeriesSnapshot,
  { policy, changedAt, clock }: Pick<SeriesInput, "policy" | "clock"> & { changedAt: string },
): number | null {
  if (sameRecurrence(local.recurrence, agreed.local.recurrence)) return null;
  const kept = datesOf(local);
  if (kept >= datesOf(agreed.local)) return null;
  // Who makes it longer after that wants the dates.
  const lengthens = datesOf(seen) > datesOf(agreed.remote);
  const localAt = local.changedAt.time ?? local.createdAt;
  return lengthens && calendarPrevails(asWhole(policy), changedAt, localAt, clock) ? null : kept;
}

function datesOf(series: Pick<SeriesSnapshot, "time" | "recurrence">): number {
  const { slots, holes } = slotsOf(series);
  return slots.length + holes.length;
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

/**
 * Where the host wants to be asked, they are asked about each appointment that both sides have changed; the series itself follows
 * its event, so that each question is about the place that the appointment has out there.
 */
function asWhole(policy: SyncPolicy): SyncPolicy {
  return policy.conflict === "ask" ? { ...policy, conflict: "calendar-wins" } : policy;
}

/**
 * A series does not say who called it off; its occurrences do. Where all of them were cancelled in the app, an event that comes
 * out of the bin brings none of them back.
 */
function cancelledHere(item: LocalItem, occurrences: readonly SeriesOccurrence[]): LocalItem {
  const cancelled = occurrences.flatMap(({ local }) => (local && !local.active ? [local] : []));
  const status = cancelled[0]?.changedAt.status;
  if (item.active || status === undefined || cancelled.some((one) => one.changedAt.status === undefined))
    return item;
  return { ...item, changedAt: { ...item.changedAt, status } };
}

/** The next occurrence, in whose name the series is compared: its guests are the series' guests. */
function nextOf(occurrences: readonly SeriesOccurrence[], now: Date): LocalItem | null {
  const items = occurrences
    .flatMap(({ local }) => local ?? [])
    .sort((a, b) => (a.snapshot.time.start < b.snapshot.time.start ? -1 : 1));
  return items.find((item) => item.active && !hasEnded(item, now)) ?? items.at(-1) ?? null;
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
