import type { Metadata } from "next";
import { readParam, uidSchema } from "../../../../../modules/api/params.ts";
import type { MassChangeDetails } from "../../../../../modules/api/question-types.ts";
import { readApiOr404, requireUser } from "../../../../../modules/api/server.ts";
import { MassChangePage } from "../../../../../modules/attention/MassChangePage.tsx";

export const metadata: Metadata = { title: "Many changes" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const id = readParam(uidSchema, (await params).id);
  const user = await requireUser(`/attention/mass-changes/${id}`);
  const { massChange } = await readApiOr404<{ massChange: MassChangeDetails }>(`/v1/mass-changes/${id}`);
  return (
    <div className="mx-auto max-w-3xl">
      <MassChangePage change={massChange} timeZone={user.timeZone} />
    </div>
  );
}
