"use client";

import { Choice } from "@calsync/ui";
import { useId } from "react";
import type { SeriesScope } from "./write-item.ts";

/** Asks how much of an event that repeats is meant. */
export function ScopeChoice({
  value,
  onChange,
}: {
  value: SeriesScope;
  onChange: (scope: SeriesScope) => void;
}) {
  const name = useId();
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-medium">This event repeats</legend>
      <Choice
        type="radio"
        name={name}
        label="Only this one"
        checked={value === "one"}
        onChange={() => onChange("one")}
      />
      <Choice
        type="radio"
        name={name}
        label="The whole series"
        checked={value === "all"}
        onChange={() => onChange("all")}
      />
    </fieldset>
  );
}
