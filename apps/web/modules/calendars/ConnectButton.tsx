"use client";

import { Alert, Button, type ButtonKind } from "@calsync/ui";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";

/** Leads to the provider's consent page, which leads back here. */
export function ConnectButton({
  provider,
  label,
  kind = "secondary",
}: {
  provider: string;
  label: string;
  kind?: ButtonKind;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const connect = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { url } = await callApi<{ url: string }>(
        `/v1/connections/${encodeURIComponent(provider)}/authorize`,
        { method: "POST", body: { returnTo: "/settings/calendars" } },
      );
      window.location.assign(url);
    } catch (error) {
      setProblem(explainProblem(error));
      setBusy(false);
    }
  };
  return (
    <div className="grid gap-3">
      <Button kind={kind} busy={busy} onClick={connect}>
        {label}
      </Button>
      {problem ? (
        <Alert tone="bad" role="alert">
          {problem}
        </Alert>
      ) : null}
    </div>
  );
}
