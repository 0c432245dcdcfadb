"use client";

import { Alert, Button, Card } from "@calsync/ui";
import { RunReport } from "./RunReport.tsx";
import { useRun } from "./use-run.ts";

/** Compares all calendars with their bookings, shows what differs and why, and heals it when asked. */
export function CheckNow({ timeZone }: { timeZone: string }) {
  const { run, action, start } = useRun();
  const under = run !== null && run.status !== "done";
  const healable =
    run?.status === "done" &&
    !run.fix &&
    run.calendars.some(
      ({ result }) =>
        result?.type === "checked" && result.findings.some(({ healing }) => healing === "possible"),
    );
  return (
    <Card aria-labelledby="check-heading">
      <h2 id="check-heading" className="text-lg font-semibold">
        Check
      </h2>
      <p className="mt-1 text-muted">
        Compares every coming booking with its event. Checking changes nothing.
      </p>
      <div className="mt-4 flex flex-wrap gap-3">
        <Button
          busy={action.busy !== null || under}
          onClick={() => void start("/v1/sync/doctor", { fix: false })}
        >
          Check now
        </Button>
        {healable ? (
          <Button
            kind="primary"
            busy={action.busy !== null}
            onClick={() => void start("/v1/sync/doctor", { fix: true })}
          >
            Heal what can be healed
          </Button>
        ) : null}
      </div>
      {action.problem ? (
        <Alert tone="bad" role="alert" className="mt-4">
          {action.problem}
        </Alert>
      ) : null}
      {run ? <RunReport run={run} timeZone={timeZone} /> : null}
    </Card>
  );
}
