"use client";

import { Button, PageHeading } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { useTransition } from "react";

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
  const tryAgain = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  return (
    <div role="alert">
      <PageHeading title="This page could not be loaded">
        The service may be restarting. Nothing that you did before is lost.
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
