"use client";

import { Alert, Button, Card } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { CalendarFeed } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { MomentText } from "../time/TimeText.tsx";
import { AddressOnce } from "./AddressOnce.tsx";
import { FeedForm } from "./FeedForm.tsx";
import { PART_NAMES } from "./schedule-parts.ts";

/** The secret addresses of the host's schedule: made, told once, withdrawn. */
export function Feeds({ feeds, timeZone }: { feeds: CalendarFeed[]; timeZone: string }) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [making, setMaking] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const [ending, setEnding] = useState<CalendarFeed | null>(null);
  const revoke = (feed: CalendarFeed) =>
    run("revoke", async () => {
      await callApi(`/v1/calendar-feeds/${feed.id}`, { method: "DELETE" });
      setEnding(null);
      router.refresh();
    });
  return (
    <section aria-labelledby="feeds-heading">
      <h2 id="feeds-heading" className="text-lg font-semibold">
        Feeds
      </h2>
      <p className="mt-1 mb-3 max-w-prose text-muted">
        A secret address under which a calendar app subscribes to your schedule. Whoever knows it can read
        along.
      </p>
      {feeds.length > 0 ? (
        <ul className="mb-4 grid gap-3">
          {feeds.map((feed) => (
            <li key={feed.id}>
              <Card className="flex flex-wrap items-center justify-between gap-3">
                <div className="min-w-0">
                  <h3 className="font-semibold wrap-anywhere">{feed.name}</h3>
                  <p className="text-sm text-muted">
                    {feed.parts.map((part) => PART_NAMES[part]).join(", ")}
                    {feed.details ? "" : " · without details"}
                    {" · "}
                    {feed.lastReadAt ? (
                      <>
                        last read <MomentText instant={feed.lastReadAt} timeZone={timeZone} />
                      </>
                    ) : (
                      "never read"
                    )}
                  </p>
                </div>
                <Button size="small" kind="caution" onClick={() => setEnding(feed)}>
                  Withdraw<span className="sr-only"> {feed.name}</span>
                </Button>
              </Card>
            </li>
          ))}
        </ul>
      ) : null}
      <Button onClick={() => setMaking(true)}>New feed</Button>
      <Dialog open={making} title="New feed" onClose={() => setMaking(false)}>
        <FeedForm
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setMaking(false);
            setUrl(made);
            router.refresh();
          }}
        />
      </Dialog>
      {url ? <AddressOnce url={url} onClose={() => setUrl(null)} /> : null}
      <Dialog open={ending !== null} title="Withdraw this feed?" onClose={() => setEnding(null)}>
        <p className="text-muted">
          Calendars that subscribe to it get nothing more. Its address never works again.
        </p>
        {problem ? (
          <Alert tone="bad" role="alert" className="mt-4">
            {problem}
          </Alert>
        ) : null}
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <Button onClick={() => setEnding(null)}>Keep it</Button>
          <Button kind="danger" busy={busy !== null} onClick={() => ending && revoke(ending)}>
            Withdraw feed
          </Button>
        </div>
      </Dialog>
    </section>
  );
}
