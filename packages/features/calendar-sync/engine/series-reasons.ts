import type { PlaceFinder } from "./occurrence-places.ts";
import type { InboundPlan } from "./plan-inbound.ts";
import type { ReasonCode } from "./reasons.ts";

/** What an action is called when it comes of a series; what is left out keeps its name. */
export type Reasons = Partial<Record<InboundPlan["actions"][number]["kind"], ReasonCode>>;

/** A single date was changed by itself. */
export const OCCURRENCE_REASONS: Reasons = {
  reschedule: "occurrence-moved",
  "change-details": "occurrence-changed",
  cancel: "occurrence-deleted",
  restore: "occurrence-restored",
};

/** The series was cut in two, and the date belongs to its later part. */
export const SPLIT_REASONS: Reasons = {
  reschedule: "series-split-moved",
  "change-details": "series-split-changed",
};

/** The series was deleted as a whole. */
export const DELETED_REASONS: Reasons = { cancel: "series-deleted" };

/** The series ends before the date. */
export const SHORTENED_REASONS: Reasons = { cancel: "series-shortened" };

/** The series was changed as a whole, by this change of its times. */
export function seriesReasons({ change }: PlaceFinder): Reasons {
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
export function renamed(plan: InboundPlan, reasons: Reasons, seriesId?: string): InboundPlan {
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

/** A plan that does nothing. */
export function nothing(): InboundPlan {
  return { reason: "unchanged", actions: [], refusals: [], reference: {}, push: false };
}
