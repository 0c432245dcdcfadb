"use client";

import { Alert, Badge, Spinner } from "@calsync/ui";
import Link from "next/link";
import type { DoctorFinding, PlannedChange, SyncRun } from "../api/types.ts";
import { explainCalendarError } from "../calendars/explain-error.ts";
import { describeChange } from "../changes/describe-change.ts";
import { useHourCycle } from "../time/HourCycleProvider.tsx";
import { MomentText } from "../time/TimeText.tsx";
import { detailOf, summaryOf } from "./run-words.ts";

/** How far a sync or a check is, and what came of each calendar. */
export function RunReport({ run, timeZone }: { run: SyncRun; timeZone: string }) {
  const { total, done, failed } = run.progress;
  const over = run.status === "done";
  return (
    <div className="mt-5" data-run-status={run.status}>
      <p role="status" className="flex items-center gap-3 font-medium">
        {over ? null : <Spinner />}
        {over ? "Done." : `${done + failed} of ${total} calendars…`}
      </p>
      {over ? null : (
        <progress
          aria-label="Progress"
          max={Math.max(1, total)}
          value={done + failed}
          className="mt-2 h-2 w-full accent-accent"
        />
      )}
      <ul className="mt-3 divide-y divide-line">
        {run.calendars.map((calendar) => (
          <li key={calendar.id} className="py-3">
            <h3 className="font-semibold wrap-anywhere">{calendar.name}</h3>
            {calendar.result ? <p>{summaryOf(calendar.result)}</p> : null}
            {calendar.error ? (
              <Alert tone="bad" className="mt-2">
                {explainCalendarError(calendar.error.code, calendar.error.message)}
              </Alert>
            ) : null}
            {calendar.result?.type === "checked" ? (
              <Findings findings={calendar.result.findings} timeZone={timeZone} />
            ) : null}
            {calendar.result?.type === "plan" ? (
              <Plan changes={calendar.result.changes} timeZone={timeZone} />
            ) : null}
          </li>
        ))}
      </ul>
    </div>
  );
}

const HEALING = {
  done: { tone: "good", text: "Being healed" },
  possible: { tone: "warn", text: "Can be healed" },
  "by-hand": { tone: "bad", text: "Needs you" },
} as const;

function Findings({ findings, timeZone }: { findings: DoctorFinding[]; timeZone: string }) {
  return (
    <ul className="mt-2 grid gap-3">
      {findings.map((finding, index) => (
        <li
          key={index}
          className="flex flex-wrap items-start justify-between gap-2 rounded-xl bg-sunken p-3"
          data-finding={finding.kind}
        >
          <div className="min-w-0 flex-1 text-sm">
            <Name booking={finding.booking} timeZone={timeZone} />
            <p>{finding.cause}</p>
            <p className="text-muted">{detailOf(finding)}</p>
          </div>
          <Badge tone={HEALING[finding.healing].tone}>{HEALING[finding.healing].text}</Badge>
        </li>
      ))}
    </ul>
  );
}

function Plan({ changes, timeZone }: { changes: PlannedChange[]; timeZone: string }) {
  const cycle = useHourCycle();
  return (
    <ul className="mt-2 grid gap-3">
      {changes.map((change, index) => (
        <li key={index} className="rounded-xl bg-sunken p-3 text-sm">
          <Name booking={change.booking} timeZone={timeZone} />
          <p>
            <span className="text-muted">
              {change.side === "booking" ? "In the booking: " : "In the calendar: "}
            </span>
            {change.explanation}
          </p>
          {describeChange(change.before, change.after, timeZone, cycle).map(({ field, before, after }) => (
            <p key={field} className="wrap-anywhere">
              <span className="font-medium">{field}: </span>
              <del className="text-muted">{before}</del>
              <span aria-hidden="true"> → </span>
              <ins className="no-underline">{after}</ins>
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Name({ booking, timeZone }: { booking: DoctorFinding["booking"]; timeZone: string }) {
  if (!booking) return null;
  return (
    <p className="font-medium wrap-anywhere">
      <Link href={`/booking/${booking.uid}`} className="link">
        {booking.title}
      </Link>{" "}
      <span className="font-normal text-muted">
        <MomentText instant={booking.start} timeZone={timeZone} />
      </span>
    </p>
  );
}
