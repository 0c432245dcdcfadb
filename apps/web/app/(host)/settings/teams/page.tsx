import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type { Team } from "../../../../modules/api/types.ts";
import { TeamList } from "../../../../modules/teams/TeamList.tsx";

export const metadata: Metadata = { title: "Teams" };

export default async function TeamsPage() {
  await requireUser("/settings/teams");
  const { teams } = await readApi<{ teams: Team[] }>("/v1/teams");
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Teams">Whether the calendars of a team’s members are kept in sync.</PageHeading>
      <TeamList teams={teams} />
    </div>
  );
}
