import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type { CalendarFeed, CalendarImport, Inbox as InboxView } from "../../../../modules/api/types.ts";
import { DownloadSchedule } from "../../../../modules/calendar-files/DownloadSchedule.tsx";
import { Feeds } from "../../../../modules/calendar-files/Feeds.tsx";
import { ImportList } from "../../../../modules/calendar-files/ImportList.tsx";
import { Inbox } from "../../../../modules/calendar-files/Inbox.tsx";
import { UploadFile } from "../../../../modules/calendar-files/UploadFile.tsx";

export const metadata: Metadata = { title: "Import & export" };

export default async function FilesPage() {
  const user = await requireUser("/settings/files");
  const [{ imports }, { feeds }, { inbox }] = await Promise.all([
    readApi<{ imports: CalendarImport[] }>("/v1/imports"),
    readApi<{ feeds: CalendarFeed[] }>("/v1/calendar-feeds"),
    readApi<{ inbox: InboxView | null }>("/v1/inbox"),
  ]);
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Import & export">
        Calendar files (.ics) that you bring, and your schedule as a file or as an address that other
        calendars subscribe to.
      </PageHeading>
      <div className="grid gap-8">
        <UploadFile />
        {inbox ? <Inbox inbox={inbox} timeZone={user.timeZone} /> : null}
        <ImportList imports={imports} timeZone={user.timeZone} />
        <Feeds feeds={feeds} timeZone={user.timeZone} />
        <DownloadSchedule />
      </div>
    </div>
  );
}
