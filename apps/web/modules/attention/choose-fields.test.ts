import { expect, it } from "vitest";
import type { FieldComparison } from "../api/question-types.ts";
import { answerOf, fieldsToChoose, proposedChoices } from "./choose-fields.ts";

const field = (name: FieldComparison["field"], change: Partial<FieldComparison> = {}): FieldComparison => ({
  field: name,
  base: "a",
  local: "b",
  remote: "c",
  changedBy: "both",
  proposal: "local",
  differs: true,
  ...change,
});
const sides = [
  field("title"),
  field("location", { proposal: "remote", changedBy: "remote" }),
  field("description", { differs: false }),
];

it("only fields on which the sides differ are chosen, each as it is proposed at first", () => {
  expect(fieldsToChoose(sides).map((one) => one.field)).toEqual(["title", "location"]);
  expect(proposedChoices(sides)).toEqual({ title: "local", location: "remote" });
});

it("a mix is a merge of all fields, one side throughout is that side", () => {
  expect(answerOf(sides, {})).toEqual({ choice: "merge", fields: { title: "local", location: "remote" } });
  expect(answerOf(sides, { location: "local" })).toEqual({ choice: "local" });
  expect(answerOf(sides, { title: "remote" })).toEqual({ choice: "remote" });
  expect(answerOf(sides, { title: { text: "Ours" } })).toEqual({
    choice: "merge",
    fields: { title: { text: "Ours" }, location: "remote" },
  });
});
