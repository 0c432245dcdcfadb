import { expect, it } from "vitest";
import { tellsWhyNot } from "./undo-words.ts";

it("why a change cannot be undone is told where somebody might want to undo it", () => {
  const refusal = (code: string) => ({ undoable: false, whyNotUndoable: { code, message: "…" } });
  expect(tellsWhyNot(refusal("slot_taken"))).toBe(true);
  expect(tellsWhyNot(refusal("not_undoable"))).toBe(false);
  expect(tellsWhyNot(refusal("undone_already"))).toBe(false);
  expect(tellsWhyNot({ undoable: true, whyNotUndoable: null })).toBe(false);
});
