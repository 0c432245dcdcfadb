import { Alert, Badge, Card, Dot } from "@calsync/ui";
import type { ReactNode } from "react";
import type { SyncStatus } from "../api/types.ts";
import { RelativeTime } from "../time/RelativeTime.tsx";
import { explainCalendarError } from "./explain-error.ts";
import { SyncNow } from "./SyncNow.tsx";
import { explainNotifications, lookOfSync } from "./sync-look.ts";

/** How the sync of each calendar stands: the host's answer to "is my calendar up to date?". */
export function SyncList({ calendars, timeZone }: { calendars: SyncStatus[]; timeZone: string }) {
  if (calendars.length === 0) return null;
  return (
    <section aria-labelledby="sync-heading" className="grid gap-4">
      <h2 id="sync-heading" className="text-xl font-semibold">
        Sync
      </h2>
      {calendars.map((calendar) => (
        <SyncCard key={calendar.id} calendar={calendar} timeZone={timeZone} />
      ))}
    </section>
  );
}

function SyncCard({ calendar, timeZone }: { calendar: SyncStatus; timeZone: string }) {
  const look = lookOfSync(calendar);
  const { id, name, accountEmail, usedFor, lastError, lastErrorMessage, status } = calendar;
  return (
    <Card aria-labelledby={`sync-${id}`} data-calendar-sync-id={id} data-sync-state={status}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 id={`sync-${id}`} className="font-semibold wrap-anywhere">
            {name}
          </h3>
          <p className="text-sm wrap-anywhere text-muted">
            {[accountEmail, ...usedFor].filter(Boolean).join(" · ")}
          </p>
        </div>
        <Badge tone={look.tone}>
          <Dot tone={look.tone} />
          {look.text}
        </Badge>
      </div>
      {lastError && status !== "healthy" ? (
        <Alert tone={status === "failed" ? "bad" : "warn"} className="mt-4">
          {explainCalendarError(lastError, lastErrorMessage)}
        </Alert>
      ) : null}
      {calendar.pushError && calendar.failingPushes + calendar.failedPushes > 0 ? (
        <Alert tone={calendar.failedPushes > 0 ? "bad" : "warn"} className="mt-4" title={titleOf(calendar)}>
          {explainCalendarError(calendar.pushError)}
        </Alert>
      ) : null}
      <dl className="mt-4 grid gap-x-6 gap-y-1 text-sm sm:grid-cols-2">
        <Fact name="Last read">
          <Moment instant={calendar.lastPulledAt} timeZone={timeZone} never="not yet" />
        </Fact>
        <Fact name="Last written">
          <Moment instant={calendar.lastPushedAt} timeZone={timeZone} never="never" />
        </Fact>
        <Fact name="Changes">{explainNotifications(calendar.notifications)}</Fact>
        <Fact name="Next check">
          {calendar.enabled ? <Moment instant={calendar.nextPollAt} timeZone={timeZone} never="—" /> : "none"}
        </Fact>
        {calendar.pendingPushes > 0 ? (
          <Fact name="On their way">{count(calendar.pendingPushes, "booking")}</Fact>
        ) : null}
        {calendar.setAside > 0 ? (
          <Fact name="Could not be read">
            {count(calendar.setAside, "event")}; everything else is in sync
          </Fact>
        ) : null}
      </dl>
      {calendar.enabled ? (
        <div className="mt-4">
          <SyncNow
            calendarId={id}
            name={name}
            lastPulledAt={calendar.lastPulledAt}
            lastErrorAt={calendar.lastErrorAt}
          />
        </div>
      ) : null}
    </Card>
  );
}

/** What cannot be written, in words. */
function titleOf({ failedPushes, failingPushes }: SyncStatus): string {
  return failedPushes > 0
    ? `${count(failedPushes, "booking")} could not be written`
    : `${count(failingPushes, "booking")} not written yet`;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="inline text-muted">{name}: </dt>
      <dd className="inline">{children}</dd>
    </div>
  );
}

function Moment({ instant, timeZone, never }: { instant: string | null; timeZone: string; never: string }) {
  return instant ? <RelativeTime instant={instant} timeZone={timeZone} /> : never;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
