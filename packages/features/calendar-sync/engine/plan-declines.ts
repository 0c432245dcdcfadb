import type { ExternalEvent, InstantString } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { InboundPlan, PlannedReference } from "./inbound-plan.ts";
import { type AttendeeMerge, allDeclined } from "./merge-attendees.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";

/** Why a booking is cancelled whose people do not come, as those who are told read it. */
const CANCELLATION_REASONS = {
  "host-declined": "The host declined the event in the calendar.",
  "all-attendees-declined": "Everyone who was invited has declined.",
} as const satisfies Partial<Record<ReasonCode, string>>;

/**
 * What a plan becomes when the host, or everyone who is invited, has just declined: the booking is cancelled where the host
 * prefers it, and its event goes as with every cancellation. Otherwise it is kept and the refusal recorded.
 *
 * @param declined what has come about with this change: that the host declined, and the attendees where they are followed
 */
export function plannedDeclines(
  plan: InboundPlan,
  declined: { host: boolean; people: Pick<AttendeeMerge, "attendees" | "changed" | "removed"> | null },
  policy: SyncPolicy,
  changedAt: InstantString,
): InboundPlan {
  const { people } = declined;
  const lastOne = people !== null && people.changed.length + people.removed.length > 0;
  const reasons: { reason: keyof typeof CANCELLATION_REASONS; choice: "keep" | "cancel" }[] = [];
  if (declined.host) reasons.push({ reason: "host-declined", choice: policy.hostDeclined });
  if (lastOne && allDeclined(people.attendees))
    reasons.push({ reason: "all-attendees-declined", choice: policy.allDeclined });
  if (reasons.length === 0) return plan;
  if (policy.direction === "TO_CALENDAR") {
    const refusal = { action: "cancel", reason: "direction-to-calendar-only" } as const;
    return { ...plan, refusals: [...plan.refusals, refusal] };
  }
  const cancels = reasons.find(({ choice }) => choice === "cancel");
  if (!cancels) {
    const refusals = reasons.map(({ reason }) => ({ action: "cancel" as const, reason }));
    return { ...plan, refusals: [...plan.refusals, ...refusals] };
  }
  const { reason } = cancels;
  // What the host was to be asked about a move does not matter any more.
  const { hold: _hold, objection: _objection, ...rest } = plan;
  return {
    ...rest,
    reference: { ...plan.reference, status: "SYNCED" },
    reason,
    // The answers are kept with the booking; where and when it would have been matters to nobody any more.
    actions: [
      ...plan.actions.filter(({ kind }) => kind === "change-attendees"),
      { kind: "cancel", reason, changedAt, cancellationReason: CANCELLATION_REASONS[reason] },
    ],
    push: policy.direction !== "FROM_CALENDAR",
  };
}

/** Whether the host has declined their own event since it was last looked at. */
export function hostHasDeclined(event: ExternalEvent, reference: PlannedReference): boolean {
  return event.selfResponse === "declined" && reference.base?.selfResponse !== "declined";
}

/** Whether the reason for which sync cancelled the booking is gone, while its event is still there. */
export function hasUndeclined(local: LocalItem, event: ExternalEvent): boolean {
  if (local.cancelledFor === "host-declined") return event.selfResponse !== "declined";
  return (
    local.cancelledFor === "all-attendees-declined" &&
    event.attendees.some(({ response }) => response !== "declined")
  );
}
