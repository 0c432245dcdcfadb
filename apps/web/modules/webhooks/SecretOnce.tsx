"use client";

import { Button } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useState } from "react";

/** Shows a signing secret: it cannot be read again afterwards. */
export function SecretOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      setCopied(true);
    } catch {
      // The field is there to copy from by hand.
    }
  };
  return (
    <Dialog open title="The signing secret" onClose={onClose}>
      <div className="grid gap-4">
        <p>Keep it where the receiver can read it. It is shown this once.</p>
        <input
          readOnly
          aria-label="Signing secret"
          value={secret}
          onFocus={(event) => event.target.select()}
          className="h-11 w-full rounded-lg border border-line-strong bg-sunken px-3 font-mono text-sm"
        />
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>
          <Button kind="primary" onClick={onClose}>
            I have kept it
          </Button>
        </div>
        <p role="status" className="sr-only">
          {copied ? "Copied" : ""}
        </p>
      </div>
    </Dialog>
  );
}
