"use client";

import { Alert, Badge, Button, Card } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { MassChangeDetails } from "../api/question-types.ts";
import { useAction } from "../api/use-action.ts";
import { RefreshWhile } from "../live/RefreshWhile.tsx";
import { MomentText, WhenText } from "../time/TimeText.tsx";
import { countMassChange } from "./question-words.ts";
import { UndoMassChange } from "./UndoMassChange.tsx";

/** What a calendar would do to many bookings at once, and the host's word on it. */
export function MassChangePage({ change, timeZone }: { change: MassChangeDetails; timeZone: string }) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [asks, setAsks] = useState(false);
  const decide = async (word: "confirm" | "restore") => {
    await run(word, () => callApi(`/v1/mass-changes/${change.id}/${word}`, { method: "POST" }));
    setAsks(false);
    router.refresh();
  };
  const open = change.status === "open";
  return (
    <div className="grid gap-6">
      <p>
        <Link href="/attention" className="link">
          All that needs you
        </Link>
      </p>
      <Card data-mass-change-status={change.status}>
        <h1 className="text-2xl font-semibold text-balance">Many changes in {change.calendar.name}</h1>
        <p className="mt-1 text-lg">{countMassChange(change)}</p>
        <p className="mt-1 text-muted">
          {open ? `You let at most ${change.limit} pass at once, so nothing has been done. Seen ` : "Seen "}
          <MomentText instant={change.openedAt} timeZone={timeZone} />.
        </p>
        {problem ? (
          <Alert tone="bad" role="alert" className="mt-4">
            {problem}
          </Alert>
        ) : null}
        {open ? (
          <div className="mt-6 flex flex-wrap gap-3">
            <Button kind="primary" busy={busy === "restore"} onClick={() => void decide("restore")}>
              Keep my bookings
            </Button>
            <Button kind="caution" onClick={() => setAsks(true)}>
              Do all of it
            </Button>
            <p className="w-full text-sm text-muted">
              Keeping them writes every event to the calendar again as its booking is.
            </p>
          </div>
        ) : (
          <>
            <Outcome change={change} />
            <UndoMassChange change={change} />
          </>
        )}
      </Card>
      {open ? <Concerned items={change.items} timeZone={timeZone} /> : null}
      <Dialog open={asks} title="Do all of it?" onClose={() => setAsks(false)}>
        <p className="text-muted">{countMassChange(change)} Their guests will be told by mail.</p>
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <Button onClick={() => setAsks(false)}>Not now</Button>
          <Button kind="danger" busy={busy === "confirm"} onClick={() => void decide("confirm")}>
            Do all of it
          </Button>
        </div>
      </Dialog>
    </div>
  );
}

/** What would become of each booking. */
function Concerned({ items, timeZone }: { items: MassChangeDetails["items"]; timeZone: string }) {
  return (
    <Card aria-labelledby="items-heading">
      <h2 id="items-heading" className="text-lg font-semibold">
        Bookings concerned
      </h2>
      {items.length === 0 ? <p className="mt-2 text-muted">None any more.</p> : null}
      <ul className="mt-2 divide-y divide-line">
        {items.map((item) => (
          <li key={item.bookingUid} className="flex flex-wrap items-center justify-between gap-3 py-3">
            <div className="min-w-0">
              <Link href={`/booking/${item.bookingUid}`} className="link font-medium">
                {item.title}
              </Link>
              <p className="text-sm text-muted">
                <WhenText when={item} timeZone={timeZone} />
              </p>
              {item.newTime ? (
                <p className="text-sm">
                  <span className="text-muted">to </span>
                  <WhenText when={item.newTime} timeZone={item.newTime.allDay ? "UTC" : timeZone} />
                </p>
              ) : null}
            </div>
            <Badge tone={item.action === "cancel" ? "bad" : "warn"}>
              {item.action === "cancel" ? "Cancelled" : "Moved"}
            </Badge>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What has become of it. */
function Outcome({ change: { status, finishedAt } }: { change: MassChangeDetails }) {
  const underWay = finishedAt === null && status !== "withdrawn";
  const texts = {
    confirmed: "You let it happen.",
    restored: "You kept your bookings.",
    withdrawn: "The calendar took the changes back itself.",
    open: "",
  };
  return (
    <Alert tone="good" className="mt-4" role="status" title={texts[status]}>
      <RefreshWhile active={underWay} />
      {underWay ? "It is being carried out." : "All of it is done."}
    </Alert>
  );
}
