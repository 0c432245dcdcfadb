"use client";

import { Alert, Badge, Button, Card } from "@calsync/ui";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { QueueItem } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { explainCalendarError } from "../calendars/explain-error.ts";
import { RefreshWhile } from "../live/RefreshWhile.tsx";
import { RelativeTime } from "../time/RelativeTime.tsx";
import { MomentText } from "../time/TimeText.tsx";
import { lookOfWork, nameOfWork } from "./queue-words.ts";

/** What sync has to do and what it has given up, with the ways to go on. */
export function SyncQueue({
  items,
  more,
  timeZone,
}: {
  items: QueueItem[];
  /** There is more than is shown. */
  more: boolean;
  timeZone: string;
}) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [said, setSaid] = useState("");
  const act = async (name: string, text: string, work: () => Promise<unknown>) => {
    setSaid("");
    if (await run(name, work)) setSaid(text);
    router.refresh();
  };
  const process = ({ id }: QueueItem) =>
    act(`process ${id}`, "It is tried now.", () =>
      callApi(`/v1/sync/queue/${encodeURIComponent(id)}/process`, { method: "POST" }),
    );
  const discard = ({ id }: QueueItem) =>
    act(`discard ${id}`, "Discarded. The booking and its event stay as they are.", () =>
      callApi(`/v1/sync/queue/${encodeURIComponent(id)}`, { method: "DELETE" }),
    );
  const failed = items.filter(({ state }) => state === "failed");
  return (
    <Card aria-labelledby="queue-heading">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="queue-heading" className="text-lg font-semibold">
          On its way
        </h2>
        {failed.length > 1 ? (
          <Button
            size="small"
            busy={busy === "all"}
            onClick={() =>
              act("all", "All of it is tried now.", () => callApi("/v1/sync/queue/retry", { method: "POST" }))
            }
          >
            Try all that was given up again
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
      {items.length === 0 ? (
        <p className="mt-2 text-muted">Nothing waits: all that was changed is written and read.</p>
      ) : (
        <ul className="mt-3 divide-y divide-line">
          {items.map((item) => (
            <li
              key={item.id}
              data-queue-state={item.state}
              className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 py-3"
            >
              <Work item={item} timeZone={timeZone} />
              <div className="flex flex-wrap items-center gap-2">
                <Badge tone={lookOfWork(item).tone}>{lookOfWork(item).text}</Badge>
                {item.state === "running" || item.state === "blocked" ? null : (
                  <Button size="small" busy={busy === `process ${item.id}`} onClick={() => process(item)}>
                    {item.state === "failed" ? "Try again" : "Do it now"}
                    <span className="sr-only">: {nameOfWork(item)}</span>
                  </Button>
                )}
                {item.state === "failed" ? (
                  <Button
                    size="small"
                    kind="caution"
                    busy={busy === `discard ${item.id}`}
                    onClick={() => discard(item)}
                  >
                    Discard
                    <span className="sr-only">: {nameOfWork(item)}</span>
                  </Button>
                ) : null}
              </div>
            </li>
          ))}
        </ul>
      )}
      <RefreshWhile active={items.some(({ state }) => state === "running" || state === "waiting")} />
      {more ? <p className="mt-3 text-sm text-muted">There is more; the latest is shown.</p> : null}
    </Card>
  );
}

function Work({ item, timeZone }: { item: QueueItem; timeZone: string }) {
  const { booking, calendar, attempts, error, at, nextAt, state } = item;
  return (
    <div className="min-w-0 flex-1">
      <p className="font-medium wrap-anywhere">
        {booking ? (
          <Link href={`/booking/${booking.uid}`} className="link">
            {booking.title}
          </Link>
        ) : (
          nameOfWork(item)
        )}
      </p>
      <p className="text-sm text-muted">
        {booking ? (
          <>
            <MomentText instant={booking.start} timeZone={timeZone} /> ·{" "}
          </>
        ) : null}
        {calendar ? `${calendar.name} · ` : ""}
        {state === "failed" ? "given up " : "wanted "}
        <RelativeTime instant={at} timeZone={timeZone} />
        {attempts > 0 ? ` · ${attempts} failed ${attempts === 1 ? "try" : "tries"}` : ""}
        {nextAt && (state === "retrying" || state === "scheduled") ? (
          <>
            {" · next "}
            <RelativeTime instant={nextAt} timeZone={timeZone} />
          </>
        ) : null}
      </p>
      {error ? (
        <p className="mt-1 text-sm text-bad">{explainCalendarError(error.code ?? "", error.message)}</p>
      ) : null}
    </div>
  );
}
