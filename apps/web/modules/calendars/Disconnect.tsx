"use client";

import { Alert, Button } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";

/** Unlinks an account, after asking. */
export function Disconnect({ connectionId, name }: { connectionId: number; name: string }) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const disconnect = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await callApi(`/v1/connections/${connectionId}`, { method: "DELETE" });
      setOpen(false);
      // Away from `?connected=…`, whose account is gone.
      router.replace("/settings/calendars");
      router.refresh();
    } catch (error) {
      setProblem(explainProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button kind="caution" size="small" className="-ml-3" onClick={() => setOpen(true)}>
        Disconnect
        <span className="sr-only"> {name}</span>
      </Button>
      <Dialog open={open} title={`Disconnect ${name}?`} onClose={() => setOpen(false)}>
        <p className="text-muted">
          Its calendars no longer make you busy, and bookings are no longer kept equal with their events.
          Bookings and events that exist stay where they are.
        </p>
        {problem ? (
          <Alert tone="bad" role="alert" className="mt-4">
            {problem}
          </Alert>
        ) : null}
        <div className="mt-6 flex flex-wrap justify-end gap-3">
          <Button onClick={() => setOpen(false)} disabled={busy}>
            Keep it
          </Button>
          <Button kind="danger" busy={busy} onClick={disconnect}>
            Disconnect
          </Button>
        </div>
      </Dialog>
    </>
  );
}
