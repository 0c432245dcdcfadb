"use client";

import { SelectField } from "@calsync/ui";
import type { RecurrenceRule } from "../api/types.ts";
import { nameRule } from "./series-words.ts";

/** Asks how many appointments are booked at once. */
export function RepeatField({
  rule,
  value,
  onChange,
}: {
  rule: RecurrenceRule;
  /** 1 for a single one. */
  value: number;
  onChange: (count: number) => void;
}) {
  return (
    <SelectField
      label="How often"
      hint="Only times are offered at which all of them are free."
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      <option value={1}>Once</option>
      {Array.from({ length: rule.maxCount - 1 }, (_, index) => index + 2).map((count) => (
        <option key={count} value={count}>
          {count} times, {nameRule(rule)}
        </option>
      ))}
    </SelectField>
  );
}
