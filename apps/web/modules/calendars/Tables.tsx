"use client";

import { Alert, Button, Spinner } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";
import type { CalendarChoice, CalendarTable } from "../api/types.ts";
import { MakeTable } from "./MakeTable.tsx";
import { TableColumns } from "./TableColumns.tsx";

/** Calendars that are tables: which column holds what, and a new one made for the purpose. */
export function Tables({
  connectionId,
  calendars,
  onMade,
}: {
  connectionId: number;
  calendars: readonly CalendarChoice[];
  onMade: () => void;
}) {
  const [open, setOpen] = useState<CalendarChoice | "new" | null>(null);
  return (
    <fieldset className="min-w-0 sm:col-span-2">
      <legend className="font-medium">Columns</legend>
      <p className="mt-1 text-sm text-muted">
        Which column of a database holds the title, the date and the rest. What is not chosen is guessed at
        the first use.
      </p>
      <div className="mt-3 flex flex-wrap gap-3">
        {calendars.map((calendar) => (
          <Button key={calendar.id} size="small" onClick={() => setOpen(calendar)}>
            {`Columns of ${calendar.name}`}
          </Button>
        ))}
        <Button size="small" onClick={() => setOpen("new")}>
          Create a database
        </Button>
      </div>
      <Dialog
        open={open !== null}
        title={open === null || open === "new" ? "Create a database for bookings" : `Columns of ${open.name}`}
        onClose={() => setOpen(null)}
      >
        {open === "new" ? (
          <MakeTable
            connectionId={connectionId}
            onClose={() => setOpen(null)}
            onMade={() => {
              setOpen(null);
              onMade();
            }}
          />
        ) : open ? (
          <TableLoader connectionId={connectionId} calendarId={open.id} onClose={() => setOpen(null)} />
        ) : null}
      </Dialog>
    </fieldset>
  );
}

function TableLoader({
  connectionId,
  calendarId,
  onClose,
}: {
  connectionId: number;
  calendarId: string;
  onClose: () => void;
}) {
  const router = useRouter();
  const [table, setTable] = useState<CalendarTable | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const path = `/v1/connections/${connectionId}/tables/${encodeURIComponent(calendarId)}` as const;
  useEffect(() => {
    const aborted = new AbortController();
    callApi<{ table: CalendarTable }>(path, { signal: aborted.signal })
      .then((answer) => setTable(answer.table))
      .catch((error: unknown) => {
        if (!aborted.signal.aborted) setProblem(explainProblem(error));
      });
    return () => aborted.abort();
  }, [path]);
  if (problem) {
    return (
      <Alert tone="bad" role="alert" title="The columns could not be read">
        {problem}
      </Alert>
    );
  }
  if (!table) {
    return (
      <p role="status" className="flex items-center gap-3 text-muted">
        <Spinner /> Reading the columns…
      </p>
    );
  }
  return (
    <TableColumns
      path={path}
      table={table}
      onClose={onClose}
      onSaved={() => {
        onClose();
        router.refresh();
      }}
    />
  );
}
