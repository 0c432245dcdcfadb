import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { z } from "zod";
import { requireUser } from "../../../modules/api/server.ts";
import { CalendarView } from "../../../modules/calendar-view/CalendarView.tsx";

export const metadata: Metadata = { title: "Calendar" };

const querySchema = z.object({ date: z.iso.date().optional().catch(undefined) });

export default async function CalendarPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const user = await requireUser("/calendar");
  const { date } = querySchema.parse(await searchParams);
  return (
    <>
      <PageHeading title="Calendar">
        Your bookings, your own entries and what your calendars hold. Drag to move; draw to add an entry.
      </PageHeading>
      <CalendarView timeZone={user.timeZone} date={date ?? null} />
    </>
  );
}
