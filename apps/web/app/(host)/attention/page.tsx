import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { requireUser } from "../../../modules/api/server.ts";
import { AttentionList } from "../../../modules/attention/AttentionList.tsx";
import { readAttention } from "../../../modules/attention/attention.ts";

export const metadata: Metadata = { title: "Needs you" };

export default async function AttentionPage() {
  const user = await requireUser("/attention");
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Needs you">
        What only you can decide. Everything else goes on meanwhile.
      </PageHeading>
      <AttentionList attention={await readAttention()} timeZone={user.timeZone} />
    </div>
  );
}
