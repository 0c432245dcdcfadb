"use client";

import { Choice } from "@calsync/ui";
import { useId } from "react";

/** Asks how much of a series is meant. `scopes` are the choices in words. */
export function ScopeFields<Scope extends string>({
  legend,
  scopes,
  value,
  onChange,
}: {
  legend: string;
  scopes: Record<Scope, string>;
  value: NoInfer<Scope>;
  onChange: (scope: NoInfer<Scope>) => void;
}) {
  const name = useId();
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 font-medium">{legend}</legend>
      {(Object.keys(scopes) as Scope[]).map((scope) => (
        <Choice
          key={scope}
          type="radio"
          name={name}
          label={scopes[scope]}
          checked={value === scope}
          onChange={() => onChange(scope)}
        />
      ))}
    </fieldset>
  );
}
