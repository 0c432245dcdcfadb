"use client";

import { Alert, Button, Card } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { type ChangeEvent, useRef } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { CalendarImportDetails } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";

/** Takes a calendar file and goes on to what it would do. */
export function UploadFile() {
  const router = useRouter();
  const input = useRef<HTMLInputElement>(null);
  const { busy, problem, cause, run } = useAction();
  const upload = (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.target.files ?? [];
    // The same file can be chosen again after it was put right.
    event.target.value = "";
    if (!file) return;
    void run("upload", async () => {
      const query = new URLSearchParams({ fileName: file.name.slice(0, 200) });
      const { import: made } = await callApi<{ import: CalendarImportDetails }>(`/v1/imports?${query}`, {
        method: "POST",
        calendarFile: file,
      });
      router.push(`/settings/files/${made.id}`);
    });
  };
  const lines = cause instanceof ApiProblem ? [...cause.fields] : [];
  return (
    <Card aria-labelledby="upload-heading">
      <h2 id="upload-heading" className="text-lg font-semibold">
        Import a calendar file
      </h2>
      <p className="mt-1 max-w-prose text-muted">
        Its busy events keep guests from booking you then. Invitations, cancellations and answers that came by
        mail can be brought the same way. You see first what it would do.
      </p>
      <input
        ref={input}
        type="file"
        accept=".ics,.ical,.ifb,text/calendar"
        aria-label="Calendar file"
        className="sr-only"
        tabIndex={-1}
        onChange={upload}
      />
      <Button kind="primary" className="mt-4" busy={busy !== null} onClick={() => input.current?.click()}>
        {busy ? "Reading the file…" : "Choose a file"}
      </Button>
      {problem ? (
        <Alert tone="bad" role="alert" className="mt-4" title="The file was not imported">
          <p>{problem}</p>
          {lines.length > 0 ? (
            <ul className="mt-2 grid gap-1 text-sm">
              {lines.map(([place, message]) => (
                <li key={place}>
                  <span className="font-medium">{place}:</span> {message}
                </li>
              ))}
            </ul>
          ) : null}
        </Alert>
      ) : null}
    </Card>
  );
}
