import type { MassChangeDetails, MassUndoOutcome } from "../api/question-types.ts";

/** How many changes of a mass change can be tried to be taken back; none while it is still being carried out. */
export function toUndo({
  status,
  finishedAt,
  applied,
  undone,
}: Pick<MassChangeDetails, "status" | "finishedAt" | "applied" | "undone">): number {
  return status === "confirmed" && finishedAt !== null ? applied - undone : 0;
}

/** Why something could not be taken back, in a few words; the answer's own sentence stands beside each booking. */
const SHORT: Readonly<Record<string, string>> = {
  slot_taken: "time taken",
  changed_since: "changed since",
  booking_over: "over",
  time_over: "its time has passed",
  booking_gone: "gone",
};

/** `37 restored, 2 could not: time taken.` */
export function undoOutcomeText({ undone, refused }: MassUndoOutcome): string {
  if (refused.length === 0) return `${undone} restored.`;
  const reasons = new Set(refused.map(({ code }) => SHORT[code] ?? "see below"));
  return `${undone} restored, ${refused.length} could not: ${[...reasons].join(", ")}.`;
}
