"use client";

import { Alert, Button, SelectField, Spinner, TextField } from "@calsync/ui";
import { type FormEvent, useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";
import type { TablePlace } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";

/** Makes a database for bookings, with a column for each field, on a page that the account has shared. */
export function MakeTable({
  connectionId,
  onMade,
  onClose,
}: {
  connectionId: number;
  onMade: () => void;
  onClose: () => void;
}) {
  const { busy, problem, run } = useAction();
  const [places, setPlaces] = useState<TablePlace[] | null>(null);
  const [unread, setUnread] = useState<string | null>(null);
  useEffect(() => {
    const aborted = new AbortController();
    callApi<{ places: TablePlace[] }>(`/v1/connections/${connectionId}/table-places`, {
      signal: aborted.signal,
    })
      .then((answer) => setPlaces(answer.places))
      .catch((error: unknown) => {
        if (!aborted.signal.aborted) setUnread(explainProblem(error));
      });
    return () => aborted.abort();
  }, [connectionId]);

  const make = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const filled = new FormData(event.currentTarget);
    const body = { name: String(filled.get("name") ?? ""), placeId: String(filled.get("placeId") ?? "") };
    void run("make", async () => {
      await callApi(`/v1/connections/${connectionId}/tables`, { method: "POST", body });
      onMade();
    });
  };
  if (!places && !unread) {
    return (
      <p role="status" className="flex items-center gap-3 text-muted">
        <Spinner /> Looking for pages…
      </p>
    );
  }
  if (unread || places?.length === 0) {
    return (
      <Alert
        tone={unread ? "bad" : "neutral"}
        role={unread ? "alert" : "status"}
        title="A database cannot be made yet"
      >
        {unread ??
          "No page is shared with calsync. Share the page in Notion on which the database is to stand."}
      </Alert>
    );
  }
  return (
    <form onSubmit={make} className="grid gap-5" aria-busy={busy !== null}>
      {problem ? (
        <Alert tone="bad" role="alert" title="The database was not made">
          {problem}
        </Alert>
      ) : null}
      <TextField name="name" label="Name" defaultValue="Bookings" maxLength={100} required />
      <SelectField name="placeId" label="On the page" required>
        {places?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onClose} disabled={busy !== null}>
          Close without creating
        </Button>
        <Button kind="primary" type="submit" busy={busy !== null}>
          Create database
        </Button>
      </div>
    </form>
  );
}
