"use client";

import { Button } from "@calsync/ui";
import { useEffect, useState } from "react";

/** Puts the address of a booking page on the clipboard; shows it for copying by hand where the browser allows no access. */
export function CopyLink({ path, title }: { path: string; title: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state !== "copied") return;
    const timer = setTimeout(() => setState("idle"), 3_000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(new URL(path, window.location.origin).href);
      setState("copied");
    } catch {
      setState("refused");
    }
  };
  return (
    <>
      <Button size="small" onClick={copy}>
        {state === "copied" ? "Link copied" : "Copy link"}
        <span className="sr-only"> of {title}</span>
      </Button>
      <span role="status" className="sr-only">
        {state === "copied" ? "Link copied" : ""}
      </span>
      {state === "refused" ? (
        <input
          readOnly
          aria-label={`Link of ${title}`}
          value={new URL(path, window.location.origin).href}
          onFocus={(event) => event.target.select()}
          className="w-full rounded-lg border border-line-strong bg-surface px-3 py-2 text-sm"
        />
      ) : null}
    </>
  );
}
