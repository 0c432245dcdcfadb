import { buttonClass, PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import Link from "next/link";
import { z } from "zod";
import { readApi, requireUser } from "../../../modules/api/server.ts";
import type { BookingList as Page } from "../../../modules/api/types.ts";
import { BookingList } from "../../../modules/bookings/BookingList.tsx";

export const metadata: Metadata = { title: "Bookings" };

const querySchema = z.object({
  status: z.enum(["upcoming", "past", "cancelled"]).catch("upcoming"),
  cursor: z.string().min(1).max(200).optional().catch(undefined),
});

export default async function BookingsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const user = await requireUser("/bookings");
  const { status, cursor } = querySchema.parse(await searchParams);
  const query = new URLSearchParams({ status, limit: "20", ...(cursor ? { cursor } : {}) });
  const page = await readApi<Page>(`/v1/bookings?${query}`);
  return (
    <>
      <PageHeading
        title="Bookings"
        actions={
          <Link href="/changes" className={buttonClass("quiet", "small")}>
            What sync changed
          </Link>
        }
      />
      <BookingList page={page} status={status} isFirst={cursor === undefined} user={user} />
    </>
  );
}
