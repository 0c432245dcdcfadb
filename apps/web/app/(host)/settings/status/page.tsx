import { EmptyState, PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import Link from "next/link";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type { QueueItem, SyncOverview, Team } from "../../../../modules/api/types.ts";
import { SyncList } from "../../../../modules/calendars/SyncList.tsx";
import { CheckNow } from "../../../../modules/sync-status/CheckNow.tsx";
import { ManualSync } from "../../../../modules/sync-status/ManualSync.tsx";
import { SyncQueue } from "../../../../modules/sync-status/SyncQueue.tsx";
import { SwitchedOffByTeam } from "../../../../modules/teams/SwitchedOffByTeam.tsx";

export const metadata: Metadata = { title: "Sync status" };

export default async function SyncStatusPage() {
  const user = await requireUser("/settings/status");
  const [{ calendars }, { items, nextCursor }, { teams }] = await Promise.all([
    readApi<SyncOverview>("/v1/sync/status"),
    readApi<{ items: QueueItem[]; nextCursor: string | null }>("/v1/sync/queue?limit=50"),
    readApi<{ teams: Team[] }>("/v1/teams"),
  ]);
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Sync status">
        Whether your calendars and your bookings are equal, and what is done about it.
      </PageHeading>
      <div className="grid gap-8">
        <SwitchedOffByTeam teams={teams} />
        {calendars.length === 0 ? (
          <EmptyState title="No calendar is in use">
            Choose one in{" "}
            <Link href="/settings/calendars" className="link">
              Calendars
            </Link>
            .
          </EmptyState>
        ) : null}
        <SyncList calendars={calendars} timeZone={user.timeZone} />
        <SyncQueue items={items} more={nextCursor !== null} timeZone={user.timeZone} />
        {calendars.length > 0 ? (
          <>
            <CheckNow timeZone={user.timeZone} />
            <ManualSync calendars={calendars} timeZone={user.timeZone} />
          </>
        ) : null}
      </div>
    </div>
  );
}
