import type { InstantString } from "@calsync/types";
import type { BookingAction } from "../ports/BookingStore.ts";
import { pick } from "./agreement.ts";
import type { TimeObjection } from "./guards.ts";
import type { PlannedAction, PlannedRefusal } from "./inbound-plan.ts";
import type { AttendeeMerge } from "./merge-attendees.ts";
import type { ReasonCode } from "./reasons.ts";
import type { EventSnapshot, SnapshotField } from "./snapshot.ts";

/**
 * What the booking is to do for the fields that it takes over from its event: at most one action for its time, one for its details
 * and one for its people.
 * @param winner why the event prevailed where both sides had changed, if so
 * @param objection what speaks against the new time, which is taken all the same
 */
export function actionsFor(
  taken: readonly SnapshotField[],
  remote: EventSnapshot,
  people: AttendeeMerge,
  { winner, objection }: { winner: ReasonCode | null; objection: TimeObjection | null },
  changedAt: InstantString,
): PlannedAction[] {
  const actions: PlannedAction[] = [];
  if (taken.includes("time")) {
    actions.push({
      kind: "reschedule",
      time: remote.time,
      reason: objection?.reason ?? winner ?? "remote-time-changed",
      changedAt,
    });
  }
  const details = pick(
    remote,
    taken.filter(
      (field): field is Exclude<SnapshotField, "time" | "attendees"> =>
        field !== "time" && field !== "attendees",
    ),
  );
  if (Object.keys(details).length > 0) {
    actions.push({
      kind: "change-details",
      ...details,
      reason: winner ?? "remote-details-changed",
      changedAt,
    });
  }
  const { attendees, added, removed, changed } = people;
  if (taken.includes("attendees") && added.length + removed.length + changed.length > 0) {
    const reason = added.length + removed.length > 0 ? "remote-attendees-changed" : "remote-answer-changed";
    actions.push({ kind: "change-attendees", attendees, added, removed, changed, reason, changedAt });
  }
  return actions;
}

/** The one code that says why a plan is what it is, when nothing is held. */
export function reasonOf(
  changed: readonly SnapshotField[],
  actions: readonly PlannedAction[],
  refusals: readonly PlannedRefusal[],
  winner: ReasonCode | null,
): ReasonCode {
  if (changed.length === 0) return "unchanged";
  return winner ?? actions[0]?.reason ?? refusals[0]?.reason ?? "converged";
}

/** What taking these fields over would be called, for the record of a refusal. */
export function actionFor(fields: readonly SnapshotField[]): BookingAction["kind"] {
  if (fields.includes("time")) return "reschedule";
  return fields.every((field) => field === "attendees") ? "change-attendees" : "change-details";
}
