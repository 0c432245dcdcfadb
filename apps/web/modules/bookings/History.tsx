"use client";

import { Badge, Card } from "@calsync/ui";
import type { Change } from "../api/types.ts";
import { useHourCycle } from "../time/HourCycleProvider.tsx";
import { MomentText } from "../time/TimeText.tsx";
import { describeChange } from "./describe-change.ts";

/** What sync did to a booking, newest first: when, where it came from, why, and what was before. */
export function History({ changes, timeZone }: { changes: Change[]; timeZone: string }) {
  return (
    <Card aria-labelledby="history-heading">
      <h2 id="history-heading" className="text-lg font-semibold">
        History
      </h2>
      {changes.length === 0 ? (
        <p className="mt-2 text-muted">Nothing has been synced yet.</p>
      ) : (
        <ol className="mt-4 space-y-5 border-l-2 border-line pl-5">
          {[...changes]
            .sort((a, b) => (a.at < b.at ? 1 : -1))
            .map((change) => (
              <li key={change.id} data-change-reason={change.reason}>
                <Entry change={change} timeZone={timeZone} />
              </li>
            ))}
        </ol>
      )}
    </Card>
  );
}

function Entry({ change, timeZone }: { change: Change; timeZone: string }) {
  const fields = describeChange(change.before, change.after, timeZone, useHourCycle());
  return (
    <>
      <p>
        {change.explanation} {change.result === "refused" ? <Badge tone="warn">not done</Badge> : null}
        {change.result === "held" ? <Badge tone="warn">waits for you</Badge> : null}
      </p>
      <p className="text-sm text-muted">
        <MomentText instant={change.at} timeZone={timeZone} />
        {change.calendar ? ` · ${change.calendar.name}` : ""}
      </p>
      {fields.length > 0 ? (
        <dl className="mt-2 space-y-1 text-sm">
          {fields.map(({ field, before, after }) => (
            <div key={field}>
              <dt className="inline font-medium">{field}: </dt>
              <dd className="inline wrap-anywhere">
                <span className="sr-only">before </span>
                <del className="text-muted">{before}</del>
                <span aria-hidden="true"> → </span>
                <span className="sr-only">, now </span>
                <ins className="no-underline">{after}</ins>
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
    </>
  );
}
