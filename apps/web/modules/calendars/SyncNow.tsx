"use client";

import { Button } from "@calsync/ui";
import { useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";
import { type ReadState, whatCame } from "./what-came.ts";

/** A pull that has not ended by then will show by itself later. */
const WAIT_MS = 15_000;

/** Asks for a calendar to be read now, and waits until the page says that it was. */
export function SyncNow({
  calendarId,
  name,
  lastPulledAt,
  lastErrorAt,
}: { calendarId: string; name: string } & ReadState) {
  /** What stood there at the time of asking; null while nothing was asked. */
  const [asked, setAsked] = useState<ReadState | null>(null);
  const [text, setText] = useState("");

  useEffect(() => {
    if (asked === null) return;
    const came = whatCame(asked, { lastPulledAt, lastErrorAt });
    if (came !== null) {
      setAsked(null);
      setText(came);
      return;
    }
    const timer = setTimeout(() => {
      setAsked(null);
      setText("Still under way; the result will appear here.");
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [asked, lastPulledAt, lastErrorAt]);

  const sync = async () => {
    setText("");
    setAsked({ lastPulledAt, lastErrorAt });
    try {
      await callApi(`/v1/sync/calendars/${calendarId}/pull`, { method: "POST" });
    } catch (error) {
      setAsked(null);
      setText(explainProblem(error));
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button size="small" busy={asked !== null} onClick={sync}>
        Sync now
        <span className="sr-only"> {name}</span>
      </Button>
      <p role="status" className="text-sm text-muted">
        {text}
      </p>
    </div>
  );
}
