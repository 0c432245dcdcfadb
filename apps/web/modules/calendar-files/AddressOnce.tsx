"use client";

import { Button } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useState } from "react";

/** Shows a feed's address: it cannot be read again afterwards. */
export function AddressOnce({ url, onClose }: { url: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
    } catch {
      // The field is there to copy from by hand.
    }
  };
  return (
    <Dialog open title="The feed's address" onClose={onClose}>
      <div className="grid gap-4">
        <p>
          Give it to the calendar app that is to subscribe. It is shown this once; withdraw the feed when
          somebody has it who should not.
        </p>
        <input
          readOnly
          aria-label="Address of the feed"
          value={url}
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
