"use client";

import { Alert, Button } from "@calsync/ui";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { MassChangeDetails, MassUndoOutcome } from "../api/question-types.ts";
import { useAction } from "../api/use-action.ts";
import { toUndo, undoOutcomeText } from "./mass-undo-words.ts";

/** Takes all of a mass change back that its host has let happen, and says what could not be. */
export function UndoMassChange({ change }: { change: MassChangeDetails }) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [outcome, setOutcome] = useState<MassUndoOutcome | null>(null);
  const left = toUndo(change);
  const undo = async () => {
    await run("undo", async () => {
      const path = `/v1/mass-changes/${change.id}/undo` as const;
      const { undone, refused } = await callApi<MassUndoOutcome>(path, { method: "POST" });
      // What had been taken back before is counted in its answer once more.
      setOutcome({ undone: Math.max(undone - change.undone, 0), refused });
    });
    router.refresh();
  };
  return (
    <div className="mt-4">
      {left > 0 ? (
        <>
          <Button busy={busy !== null} aria-describedby="undo-effect" onClick={() => void undo()}>
            {change.undone === 0 ? "Take all of it back" : `Take the other ${left} back`}
          </Button>
          <p id="undo-effect" className="mt-1.5 text-sm text-muted">
            Every booking whose time is still free becomes as it was; its guests are told and its event is
            written again.
          </p>
        </>
      ) : null}
      {problem ? (
        <Alert tone="bad" role="alert" className="mt-4" title="It was not taken back">
          {problem}
        </Alert>
      ) : null}
      {outcome ? (
        <Alert
          tone={outcome.refused.length === 0 ? "good" : "warn"}
          role="status"
          className="mt-4"
          title={undoOutcomeText(outcome)}
        >
          {outcome.refused.length > 0 ? (
            <ul className="grid gap-1">
              {outcome.refused.map(({ changeId, booking, message }) => (
                <li key={changeId}>
                  {booking ? (
                    <Link href={`/booking/${booking.uid}`} className="link">
                      {booking.title}
                    </Link>
                  ) : (
                    "A booking"
                  )}
                  : {message}
                </li>
              ))}
            </ul>
          ) : null}
        </Alert>
      ) : null}
    </div>
  );
}
