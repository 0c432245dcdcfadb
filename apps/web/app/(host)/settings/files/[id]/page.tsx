import type { Metadata } from "next";
import { readParam, uidSchema } from "../../../../../modules/api/params.ts";
import { readApiOr404, requireUser } from "../../../../../modules/api/server.ts";
import type { CalendarImportDetails } from "../../../../../modules/api/types.ts";
import { ImportPage } from "../../../../../modules/calendar-files/ImportPage.tsx";

export const metadata: Metadata = { title: "Import" };

export default async function OneImportPage({ params }: { params: Promise<{ id: string }> }) {
  const id = readParam(uidSchema, (await params).id);
  const user = await requireUser(`/settings/files/${id}`);
  const { import: found } = await readApiOr404<{ import: CalendarImportDetails }>(`/v1/imports/${id}`);
  return (
    <div className="mx-auto max-w-3xl">
      <ImportPage found={found} timeZone={user.timeZone} />
    </div>
  );
}
