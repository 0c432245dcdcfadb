import { Alert } from "@calsync/ui";
import Link from "next/link";
import type { Team } from "../api/types.ts";
import { switchedOffBy } from "./team-words.ts";

/** Says that nothing is synced because of a team; nothing while no team is switched off. */
export function SwitchedOffByTeam({ teams }: { teams: readonly Team[] }) {
  const names = switchedOffBy(teams);
  if (names === null) return null;
  return (
    <Alert tone="warn" title={`Sync is switched off by ${names}`}>
      <p>
        Your calendars are neither read nor written until it is switched on again. Nothing is lost meanwhile.
      </p>
      <p className="mt-2">
        <Link href="/settings/teams" className="link">
          Teams
        </Link>
      </p>
    </Alert>
  );
}
