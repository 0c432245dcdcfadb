"use client";

import { Button, PageHeading } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useTransition } from "react";

/** Pause before the page is tried again by itself. */
const RETRY_MS = 4_000;

/** What a page shows that could not be drawn, most often because the API is restarting. */
export default function PageError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  const router = useRouter();
  const [trying, startTransition] = useTransition();
  const tryAgain = useCallback(
    () =>
      startTransition(() => {
        router.refresh();
        reset();
      }),
    [router, reset],
  );
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) tryAgain();
    }, RETRY_MS);
    return () => clearInterval(timer);
  }, [tryAgain]);
  return (
    <div role="alert">
      <PageHeading title="This page could not be loaded">
        The service may be restarting. Nothing that you did before is lost, and it is tried again every few
        seconds.
      </PageHeading>
      <Button kind="primary" busy={trying} onClick={tryAgain}>
        Try again
      </Button>
      {error.digest ? (
        <p className="mt-6 text-sm text-muted">Reference for the operator: {error.digest}</p>
      ) : null}
    </div>
  );
}
