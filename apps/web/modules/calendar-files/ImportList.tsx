"use client";

import { Badge, Card } from "@calsync/ui";
import Link from "next/link";
import type { CalendarImport } from "../api/types.ts";
import { MomentText } from "../time/TimeText.tsx";
import { describeEvents, describeResult, lookOfImport, nameOfImport } from "./import-words.ts";

/** The files that were imported, newest first. */
export function ImportList({ imports, timeZone }: { imports: CalendarImport[]; timeZone: string }) {
  if (imports.length === 0) return null;
  return (
    <section aria-labelledby="imports-heading">
      <h2 id="imports-heading" className="mb-3 text-lg font-semibold">
        Your imports
      </h2>
      <ul className="grid gap-3">
        {imports.map((one) => {
          const look = lookOfImport(one);
          return (
            <li key={one.id}>
              <Card className="relative hover:bg-sunken/60">
                <div className="flex flex-wrap items-start justify-between gap-3">
                  <div className="min-w-0">
                    <h3 className="font-semibold wrap-anywhere">
                      <Link
                        href={`/settings/files/${one.id}`}
                        className="after:absolute after:inset-0 hover:underline"
                      >
                        {nameOfImport(one)}
                      </Link>
                    </h3>
                    <p className="text-sm text-muted">
                      <MomentText instant={one.createdAt} timeZone={timeZone} />
                      {one.mail ? ` · by mail${one.mail.from ? ` from ${one.mail.from}` : ""}` : ""}
                      {` · ${one.result ? describeResult(one) : describeEvents(one.events)}`}
                    </p>
                  </div>
                  <Badge tone={look.tone}>{look.text}</Badge>
                </div>
              </Card>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
