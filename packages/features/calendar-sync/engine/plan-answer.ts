import type { AttendeeResponse, InstantString } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { PlannedAction, PlannedRefusal } from "./inbound-plan.ts";
import { plannedDeclines } from "./plan-declines.ts";
import { hasEnded } from "./plan-inbound.ts";
import type { SyncPolicy } from "./policy.ts";

/** An answer to our invitation that came as a message (iTIP REPLY), not through a calendar. */
export interface Answer {
  /** In lower case. */
  email: string;
  response: Exclude<AttendeeResponse, "needs-action">;
  /** When it was given. */
  answeredAt: InstantString;
}

/** What an answer means for its booking. */
export interface AnswerPlan {
  /** `changes`: there is something to do. The others say why there is not. */
  outcome: "changes" | "same" | "not-invited" | "cancelled" | "ended";
  actions: PlannedAction[];
  refusals: PlannedRefusal[];
}

/**
 * Decides what an answer changes, by the same rules as an answer that a calendar shows: the attendee's response, and the
 * booking's cancellation where its host prefers that once everyone has declined. Somebody who is not invited changes nothing.
 */
export function planAnswer(local: LocalItem, answer: Answer, policy: SyncPolicy, now: Date): AnswerPlan {
  const nothing = (outcome: AnswerPlan["outcome"]): AnswerPlan => ({ outcome, actions: [], refusals: [] });
  if (hasEnded(local, now)) return nothing("ended");
  if (!local.active) return nothing("cancelled");
  const known = local.snapshot.attendees.find(({ email }) => email === answer.email);
  if (!known) return nothing("not-invited");
  if (known.response === answer.response) return nothing("same");
  const taken = { ...known, response: answer.response };
  const attendees = local.snapshot.attendees.map((one) => (one === known ? taken : one));
  const change = {
    kind: "change-attendees",
    attendees,
    added: [],
    removed: [],
    changed: [taken],
    reason: "answer-received",
    changedAt: answer.answeredAt,
  } as const satisfies PlannedAction;
  const { actions, refusals } = plannedDeclines(
    { reason: "answer-received", actions: [change], refusals: [], reference: {}, push: true },
    { host: false, people: { attendees, changed: [taken], removed: [] } },
    // Sync's direction is about calendars; an answer by message goes to the booking itself.
    { ...policy, direction: "BOTH" },
    answer.answeredAt,
  );
  return { outcome: "changes", actions, refusals };
}
