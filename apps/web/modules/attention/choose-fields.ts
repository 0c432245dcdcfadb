import type { FieldComparison } from "../api/question-types.ts";

/** What is chosen for a field: a side, or a text of one's own. */
export type Choice = "local" | "remote" | { text: string };
export type Choices = Partial<Record<FieldComparison["field"], Choice>>;

/** The fields that can be chosen: those on which the two sides differ. */
export function fieldsToChoose(comparison: readonly FieldComparison[]): FieldComparison[] {
  return comparison.filter(({ differs }) => differs);
}

/** What is proposed: a field that one side changed follows that side. */
export function proposedChoices(comparison: readonly FieldComparison[]): Choices {
  return Object.fromEntries(fieldsToChoose(comparison).map(({ field, proposal }) => [field, proposal]));
}

/** The request that the choices amount to; all of one side is that side as a whole. */
export function answerOf(
  comparison: readonly FieldComparison[],
  choices: Choices,
): { choice: "local" | "remote" } | { choice: "merge"; fields: Choices } {
  const fields = fieldsToChoose(comparison).map(({ field, proposal }) => [field, choices[field] ?? proposal]);
  for (const side of ["local", "remote"] as const) {
    if (fields.every(([, choice]) => choice === side)) return { choice: side };
  }
  return { choice: "merge", fields: Object.fromEntries(fields) as Choices };
}
