"use client";

import { Button } from "@calsync/ui";
import { useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";

/** A pull that has not ended by then will show by itself later. */
const WAIT_MS = 15_000;

/** Asks for a calendar to be read now, and waits until the page says that it was. */
export function SyncNow({
  calendarId,
  name,
  lastPulledAt,
}: {
  calendarId: string;
  name: string;
  lastPulledAt: string | null;
}) {
  /** `lastPulledAt` at the time of asking; undefined while nothing was asked. */
  const [askedAt, setAskedAt] = useState<string | null | undefined>();
  const [text, setText] = useState("");
  const waiting = askedAt !== undefined;

  useEffect(() => {
    if (!waiting) return;
    if (lastPulledAt !== askedAt) {
      setAskedAt(undefined);
      setText("Read just now.");
      return;
    }
    const timer = setTimeout(() => {
      setAskedAt(undefined);
      setText("Still under way; the result will appear here.");
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [waiting, askedAt, lastPulledAt]);

  const sync = async () => {
    setText("");
    setAskedAt(lastPulledAt);
    try {
      await callApi(`/v1/sync/calendars/${calendarId}/pull`, { method: "POST" });
    } catch (error) {
      setAskedAt(undefined);
      setText(explainProblem(error));
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button size="small" busy={waiting} onClick={sync}>
        Sync now
        <span className="sr-only"> {name}</span>
      </Button>
      <p role="status" className="text-sm text-muted">
        {text}
      </p>
    </div>
  );
}
