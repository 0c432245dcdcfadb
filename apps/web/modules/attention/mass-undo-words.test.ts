import { expect, it } from "vitest";
import { toUndo, undoOutcomeText } from "./mass-undo-words.ts";

const refused = (code: string) => ({ changeId: code, booking: null, code, message: "…" });

it("a mass change is taken back once it was carried out, as far as it was not yet", () => {
  const done = { status: "confirmed", finishedAt: "2031-01-06T00:00:00Z", applied: 39, undone: 37 } as const;
  expect(toUndo(done)).toBe(2);
  expect(toUndo({ ...done, finishedAt: null })).toBe(0);
  expect(toUndo({ ...done, status: "restored" })).toBe(0);
});

it("what came of it is counted, each reason named once", () => {
  expect(undoOutcomeText({ undone: 39, refused: [] })).toBe("39 restored.");
  const taken = { undone: 37, refused: [refused("slot_taken"), refused("slot_taken")] };
  expect(undoOutcomeText(taken)).toBe("37 restored, 2 could not: time taken.");
  const both = { undone: 0, refused: [refused("slot_taken"), refused("something_new")] };
  expect(undoOutcomeText(both)).toBe("0 restored, 2 could not: time taken, see below.");
});
