"use client";

import { Alert, Button } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { Change } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { tellsWhyNot } from "./undo-words.ts";

/** Takes a change back, or says why that cannot be done. */
export function UndoChange({ change }: { change: Change }) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [done, setDone] = useState(false);
  const undo = async () => {
    if (await run("undo", () => callApi(`/v1/changes/${change.id}/undo`, { method: "POST" }))) setDone(true);
    router.refresh();
  };
  const why = tellsWhyNot(change) ? change.whyNotUndoable?.message : undefined;
  return (
    <div className="mt-2">
      {change.undoable && !done ? (
        <Button size="small" busy={busy !== null} onClick={undo}>
          Undo<span className="sr-only">: {change.explanation}</span>
        </Button>
      ) : null}
      {why ? <p className="text-sm text-muted">Cannot be undone: {why}</p> : null}
      <p role="status" className={done ? "text-sm text-good" : "sr-only"}>
        {done ? "Undone; calendars and guests follow." : ""}
      </p>
      {problem ? (
        <Alert tone="bad" role="alert" className="mt-2" title="It was not undone">
          {problem}
        </Alert>
      ) : null}
    </div>
  );
}
