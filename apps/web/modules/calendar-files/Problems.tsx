import { Badge, Card } from "@calsync/ui";
import type { CalendarImport } from "../api/types.ts";
import { describeErrors } from "./import-words.ts";

/** What is wrong with a file, line by line; nothing when all is well. */
export function Problems({
  problems,
  errors,
  warnings,
  status,
}: Pick<CalendarImport, "problems" | "errors" | "warnings" | "status">) {
  if (problems.length === 0) return null;
  const more = errors + warnings - problems.length;
  return (
    <Card aria-labelledby="problems-heading">
      <h2 id="problems-heading" className="text-lg font-semibold">
        What is wrong with the file
      </h2>
      <p className="mt-1 text-muted">
        {describeErrors({ errors, status }) ?? "Everything was read; these lines were read with a guess."}
      </p>
      <ul className="mt-4 grid max-h-96 gap-2 overflow-auto text-sm">
        {problems.map(({ line, property, message, severity }, index) => (
          <li key={index} className="flex items-baseline gap-3">
            <Badge tone={severity === "error" ? "bad" : "warn"}>{`Line ${line}`}</Badge>
            <span className="min-w-0 wrap-anywhere">
              {property ? <span className="font-mono">{property}: </span> : null}
              {message}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="mt-3 text-sm text-muted">{`And ${more} more.`}</p> : null}
    </Card>
  );
}
