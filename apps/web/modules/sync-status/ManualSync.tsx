"use client";

import { Alert, Button, Card, Choice, SelectField } from "@calsync/ui";
import { type FormEvent, useState } from "react";
import type { SyncRun, SyncStatus } from "../api/types.ts";
import { RunReport } from "./RunReport.tsx";
import { useRun } from "./use-run.ts";

const DIRECTIONS: { direction: SyncRun["direction"]; name: string }[] = [
  { direction: "both", name: "Both ways" },
  { direction: "from_calendar", name: "Read the calendar only" },
  { direction: "to_calendar", name: "Write the bookings only" },
];

/** Syncs one or all calendars now, or shows what that would change. */
export function ManualSync({ calendars, timeZone }: { calendars: SyncStatus[]; timeZone: string }) {
  const { run, action, start } = useRun();
  const [direction, setDirection] = useState<SyncRun["direction"]>("both");
  const [calendar, setCalendar] = useState("");
  const [dryRun, setDryRun] = useState(true);
  const under = run !== null && run.status !== "done";
  const begin = (event: FormEvent) => {
    event.preventDefault();
    void start("/v1/sync/runs", { direction, dryRun, ...(calendar ? { calendars: [calendar] } : {}) });
  };
  return (
    <Card aria-labelledby="sync-by-hand-heading">
      <h2 id="sync-by-hand-heading" className="text-lg font-semibold">
        Sync by hand
      </h2>
      <form onSubmit={begin} className="mt-4 grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField label="Calendar" value={calendar} onChange={({ target }) => setCalendar(target.value)}>
            <option value="">All calendars</option>
            {calendars.map(({ id, name, accountEmail }) => (
              <option key={id} value={id}>
                {accountEmail && accountEmail !== name ? `${name} · ${accountEmail}` : name}
              </option>
            ))}
          </SelectField>
          <SelectField
            label="Direction"
            value={direction}
            onChange={({ target }) => setDirection(target.value as SyncRun["direction"])}
          >
            {DIRECTIONS.map((one) => (
              <option key={one.direction} value={one.direction}>
                {one.name}
              </option>
            ))}
          </SelectField>
        </div>
        <Choice
          type="checkbox"
          checked={dryRun}
          onChange={({ target }) => setDryRun(target.checked)}
          label="Only show what would change"
          detail="Nothing is written, here or in the calendar."
        />
        <div>
          <Button kind="primary" type="submit" busy={action.busy !== null || under}>
            {dryRun ? "Show the plan" : "Sync now"}
          </Button>
        </div>
      </form>
      {action.problem ? (
        <Alert tone="bad" role="alert" className="mt-4">
          {action.problem}
        </Alert>
      ) : null}
      {run ? <RunReport run={run} timeZone={timeZone} /> : null}
    </Card>
  );
}
