"use client";

import { Alert, Button } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useState } from "react";
import { explainProblem } from "../api/problem.ts";
import { ScopeFields } from "../series/ScopeFields.tsx";
import { EVENT_SCOPES, type Scope } from "../series/series-words.ts";
import { WhenText } from "../time/TimeText.tsx";
import { repeats, type WritableItem } from "./calendar-items.ts";
import { instantsOf, type Span } from "./span.ts";
import { saveTime } from "./write-item.ts";

/** Asks before something is moved of which other people hear, or which repeats. */
export function MoveBooking({
  item,
  to,
  timeZone,
  onClose,
  onDone,
}: {
  item: WritableItem;
  to: Span;
  timeZone: string;
  onClose: () => void;
  onDone: (said: string) => void;
}) {
  const [scope, setScope] = useState<Scope>("one");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const external = item.kind === "external";
  const guests = external ? [] : item.source.attendees;

  const move = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await saveTime(item, to, timeZone, repeats(item) ? scope : undefined);
      onDone(`${item.title} moved.`);
    } catch (error) {
      setProblem(explainProblem(error));
      setBusy(false);
    }
  };
  const when = (span: Span) => ({ ...instantsOf(span, timeZone), allDay: span.allDay });
  return (
    <Dialog open title={`Move “${item.title}”?`} onClose={onClose}>
      <div className="grid gap-4">
        <div>
          <p>
            <span className="text-muted">From </span>
            <WhenText when={when(item.span)} timeZone={timeZone} />
          </p>
          <p className="mt-1 font-semibold">
            <span className="font-normal text-muted">to </span>
            <WhenText when={when(to)} timeZone={timeZone} zone />
          </p>
        </div>
        {guests.length > 0 ? (
          <p className="text-muted">{guests.map(({ name }) => name).join(", ")} will be told by mail.</p>
        ) : null}
        {repeats(item) ? (
          <ScopeFields legend="It repeats" scopes={EVENT_SCOPES} value={scope} onChange={setScope} />
        ) : null}
        {problem ? (
          <Alert tone="bad" role="alert" title="It was not moved">
            {problem}
          </Alert>
        ) : null}
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={onClose} disabled={busy}>
            Leave it
          </Button>
          <Button kind="primary" busy={busy} onClick={move} autoFocus>
            Move
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
