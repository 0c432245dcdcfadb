import { buttonClass, Card, EmptyState, PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import Link from "next/link";
import { z } from "zod";
import type { MassChange } from "../../../modules/api/question-types.ts";
import { readApi, requireUser } from "../../../modules/api/server.ts";
import type { Change } from "../../../modules/api/types.ts";
import { AnsweredMassChanges } from "../../../modules/attention/AnsweredMassChanges.tsx";
import { ChangeEntry } from "../../../modules/changes/ChangeEntry.tsx";

export const metadata: Metadata = { title: "Changes" };

const querySchema = z.object({ before: z.uuid().optional().catch(undefined) });
const PAGE = 30;

export default async function ChangesPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const user = await requireUser("/changes");
  const { before } = querySchema.parse(await searchParams);
  const query = new URLSearchParams({ limit: String(PAGE), ...(before ? { before } : {}) });
  const [{ changes }, { massChanges }] = await Promise.all([
    readApi<{ changes: Change[] }>(`/v1/changes?${query}`),
    readApi<{ massChanges: MassChange[] }>("/v1/mass-changes?state=any"),
  ]);
  const last = changes.length === PAGE ? changes.at(-1) : undefined;
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Changes">
        What sync did, refused or holds for you, of all bookings, and the way back.
      </PageHeading>
      {before ? null : <AnsweredMassChanges changes={massChanges} timeZone={user.timeZone} />}
      {changes.length === 0 ? (
        <EmptyState title={before ? "Nothing earlier" : "Nothing has been synced yet"} />
      ) : (
        <Card aria-label="Changes, newest first">
          <ol className="divide-y divide-line">
            {changes.map((change) => (
              <li key={change.id} data-change-reason={change.reason} className="py-4 first:pt-0 last:pb-0">
                <ChangeEntry change={change} timeZone={user.timeZone} named />
              </li>
            ))}
          </ol>
        </Card>
      )}
      <nav aria-label="Pages" className="mt-6 flex justify-between gap-3">
        {before ? (
          <Link href="/changes" className={buttonClass("secondary")}>
            Latest changes
          </Link>
        ) : (
          <span />
        )}
        {last ? (
          <Link href={`/changes?before=${last.id}`} className={buttonClass("secondary")}>
            Earlier changes
          </Link>
        ) : null}
      </nav>
    </div>
  );
}
