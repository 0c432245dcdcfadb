"use client";

import { Badge } from "@calsync/ui";
import Link from "next/link";
import type { Change } from "../api/types.ts";
import { useHourCycle } from "../time/HourCycleProvider.tsx";
import { MomentText } from "../time/TimeText.tsx";
import { describeChange } from "./describe-change.ts";
import { UndoChange } from "./UndoChange.tsx";

/** One change that sync made, refused or holds: why, when, where, what was before, and the way back. */
export function ChangeEntry({
  change,
  timeZone,
  named = false,
}: {
  change: Change;
  timeZone: string;
  /** Say of which booking it is: in lists of more than one. */
  named?: boolean;
}) {
  const fields = describeChange(change.before, change.after, timeZone, useHourCycle());
  const { booking, calendar, explanation, result, undoneBy, undoes } = change;
  return (
    <>
      {named && booking ? (
        <p className="font-semibold wrap-anywhere">
          <Link href={`/booking/${booking.uid}`} className="link">
            {booking.title}
          </Link>
        </p>
      ) : null}
      <p>
        {explanation} {result === "refused" ? <Badge tone="warn">not done</Badge> : null}
        {result === "held" ? <Badge tone="warn">you were asked</Badge> : null}
        {undoneBy ? <Badge>taken back</Badge> : null}
        {undoes ? <Badge tone="accent">undo</Badge> : null}
      </p>
      <p className="text-sm text-muted">
        <MomentText instant={change.at} timeZone={timeZone} />
        {calendar ? ` · ${calendar.name}` : ""}
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
      <UndoChange change={change} />
    </>
  );
}
