"use client";

import { Choice } from "@calsync/ui";
import { useId } from "react";
import { SCOPES, type Scope } from "./series-words.ts";

/** Asks how much of a series is meant. */
export function ScopeFields({
  legend,
  value,
  onChange,
}: {
  legend: string;
  value: Scope;
  onChange: (scope: Scope) => void;
}) {
  const name = useId();
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 font-medium">{legend}</legend>
      {SCOPES.map((one) => (
        <Choice
          key={one.scope}
          type="radio"
          name={name}
          label={one.name}
          checked={value === one.scope}
          onChange={() => onChange(one.scope)}
        />
      ))}
    </fieldset>
  );
}
