import type { Change } from "../api/types.ts";

/** Refusals that say nothing new: what was never of that kind, and what shows by itself that it was taken back. */
const SILENT = new Set(["not_undoable", "undone_already"]);

/** Whether a reader wants to know why a change cannot be taken back. */
export function tellsWhyNot({
  undoable,
  whyNotUndoable,
}: Pick<Change, "undoable" | "whyNotUndoable">): boolean {
  return !undoable && whyNotUndoable ? !SILENT.has(whyNotUndoable.code) : false;
}
