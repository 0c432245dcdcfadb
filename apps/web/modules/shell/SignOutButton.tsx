"use client";

import { Button } from "@calsync/ui";
import { useState } from "react";
import { callApi } from "../api/browser.ts";

/** Ends the session and leaves for the front page by a full load, so that nothing of the host's stays in the browser. */
export function SignOutButton({ name }: { name: string }) {
  const [busy, setBusy] = useState(false);
  const signOut = async () => {
    setBusy(true);
    try {
      await callApi("/v1/session", { method: "DELETE" });
      window.location.assign("/");
    } catch {
      // Still signed in: the button is there to try again.
      setBusy(false);
    }
  };
  return (
    <Button kind="quiet" size="small" busy={busy} onClick={signOut} title={`Signed in as ${name}`}>
      Sign out
    </Button>
  );
}
