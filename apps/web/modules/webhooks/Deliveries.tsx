"use client";

import { Alert, Badge, Button, buttonClass, Card } from "@calsync/ui";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { callApi } from "../api/browser.ts";
import type { WebhookDelivery } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { RefreshWhile } from "../live/RefreshWhile.tsx";
import { MomentText } from "../time/TimeText.tsx";
import { lookOfDelivery, wordsOf } from "./webhook-words.ts";

/** What reaches back this far can be sent again in one go. */
const REPLAY_DAYS = 7;

/** What was sent to a webhook, newest first, and sending it again. */
export function Deliveries({
  webhookId,
  deliveries,
  nextCursor,
  timeZone,
}: {
  webhookId: string;
  deliveries: WebhookDelivery[];
  nextCursor: string | null;
  timeZone: string;
}) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [said, setSaid] = useState("");
  const path = `/v1/webhooks/${webhookId}` as const;
  const replay = async (id: string) => {
    setSaid("");
    const done = await run(id, () => callApi(`${path}/deliveries/${id}/replay`, { method: "POST" }));
    if (done) setSaid("It is sent again.");
    router.refresh();
  };
  const replayFailed = async () => {
    setSaid("");
    const since = new Date(Date.now() - REPLAY_DAYS * 86_400_000).toISOString();
    await run("failed", async () => {
      const { queued } = await callApi<{ queued: number }>(`${path}/replay`, {
        method: "POST",
        body: { since },
      });
      setSaid(queued === 0 ? "Nothing has failed." : `${queued} sent again.`);
    });
    router.refresh();
  };
  return (
    <Card aria-labelledby="deliveries-heading">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="deliveries-heading" className="text-lg font-semibold">
          What was sent
        </h2>
        {deliveries.some(({ status }) => status === "failed") ? (
          <Button size="small" busy={busy === "failed"} onClick={replayFailed}>
            Send what failed again
          </Button>
        ) : null}
      </div>
      <p role="status" className="text-sm text-good">
        {said}
      </p>
      {problem ? (
        <Alert tone="bad" role="alert" className="mt-3">
          {problem}
        </Alert>
      ) : null}
      {deliveries.length === 0 ? (
        <p className="mt-2 text-muted">Nothing yet. A test message shows whether the receiver answers.</p>
      ) : (
        <ul className="mt-3 divide-y divide-line">
          {deliveries.map((delivery) => (
            <li key={delivery.id} className="py-3" data-delivery-status={delivery.status}>
              <Delivery delivery={delivery} timeZone={timeZone}>
                {delivery.status === "queued" ? null : (
                  <Button size="small" busy={busy === delivery.id} onClick={() => void replay(delivery.id)}>
                    Send again<span className="sr-only">: {wordsOf(delivery.event)}</span>
                  </Button>
                )}
              </Delivery>
            </li>
          ))}
        </ul>
      )}
      <RefreshWhile
        active={deliveries.some(({ status, attempts }) => status === "queued" && attempts === 0)}
      />
      {nextCursor ? (
        <p className="mt-4">
          <Link
            href={`/settings/webhooks/${webhookId}?${new URLSearchParams({ cursor: nextCursor })}`}
            className={buttonClass("secondary", "small")}
          >
            Earlier
          </Link>
        </p>
      ) : null}
    </Card>
  );
}

function Delivery({
  delivery,
  timeZone,
  children,
}: {
  delivery: WebhookDelivery;
  timeZone: string;
  children: ReactNode;
}) {
  const look = lookOfDelivery(delivery);
  const { event, createdAt, nextAttemptAt, attempts, responseStatus, error, responseExcerpt } = delivery;
  const answer = responseStatus === null ? error : `answered ${responseStatus}`;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-2">
        <div className="min-w-0">
          <p className="font-medium">{wordsOf(event)}</p>
          <p className="text-sm wrap-anywhere text-muted">
            <MomentText instant={createdAt} timeZone={timeZone} />
            {attempts > 1 ? ` · ${attempts} tries` : ""}
            {answer ? ` · ${answer}` : ""}
            {delivery.status === "queued" && attempts > 0 && nextAttemptAt ? (
              <>
                {" "}
                · next try <MomentText instant={nextAttemptAt} timeZone={timeZone} />
              </>
            ) : null}
          </p>
        </div>
        <div className="flex items-center gap-3">
          <Badge tone={look.tone}>{look.text}</Badge>
          {children}
        </div>
      </div>
      <details className="mt-1 text-sm">
        <summary className="text-muted">
          What it said<span className="sr-only"> of {wordsOf(event)}</span>
        </summary>
        <pre className="mt-2 max-h-60 overflow-auto rounded-lg bg-sunken p-3 text-xs">
          {JSON.stringify(delivery.data, null, 2)}
        </pre>
        {responseExcerpt ? (
          <>
            <p className="mt-2 text-muted">The answer:</p>
            <pre className="mt-1 max-h-40 overflow-auto rounded-lg bg-sunken p-3 text-xs whitespace-pre-wrap">
              {responseExcerpt}
            </pre>
          </>
        ) : null}
      </details>
    </>
  );
}
