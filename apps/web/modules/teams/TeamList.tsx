"use client";

import { Alert, Badge, Button, Card, EmptyState } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { Team } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { consequenceOf, countMembers, maySwitch, ROLE_NAMES, resultOf } from "./team-words.ts";

/** The host's teams, and the switch of sync for those who own or run them. */
export function TeamList({ teams }: { teams: Team[] }) {
  if (teams.length === 0) {
    return (
      <EmptyState title="You are in no team">Whoever runs your installation can add you to one.</EmptyState>
    );
  }
  return (
    <ul className="grid gap-4">
      {teams.map((team) => (
        <li key={team.id}>
          <TeamCard team={team} />
        </li>
      ))}
    </ul>
  );
}

function TeamCard({ team }: { team: Team }) {
  const router = useRouter();
  const { busy, problem, run, clear } = useAction();
  const [asks, setAsks] = useState(false);
  const [said, setSaid] = useState("");
  const on = team.twoWaySyncEnabled;
  const may = maySwitch(team);
  const switchTo = async (enabled: boolean) => {
    setSaid("");
    const path = `/v1/teams/${team.id}/sync` as const;
    if (await run("switch", () => callApi(path, { method: "PATCH", body: { enabled } }))) {
      setAsks(false);
      setSaid(resultOf({ ...team, twoWaySyncEnabled: enabled }));
    }
    router.refresh();
  };
  const close = () => {
    setAsks(false);
    clear();
  };
  const alert = problem ? (
    <Alert tone="bad" role="alert" className="mt-4" title="It was not switched">
      {problem}
    </Alert>
  ) : null;
  return (
    <Card aria-labelledby={`team-${team.id}`}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 id={`team-${team.id}`} className="text-lg font-semibold wrap-anywhere">
            {team.name}
          </h2>
          <p className="text-sm text-muted">
            {ROLE_NAMES[team.role]} · {countMembers(team)}
          </p>
        </div>
        <Badge tone={on ? "good" : "warn"}>{on ? "Sync is on" : "Sync is off"}</Badge>
      </div>
      <p className="mt-3 text-muted">
        {on
          ? "The calendars of its members are kept equal to their bookings."
          : "No calendar of its members is read or written. Nothing is lost: what changes meanwhile is brought together afterwards."}
      </p>
      {asks ? null : alert}
      <div className="mt-4 flex flex-wrap items-center gap-4">
        {may && on ? (
          <Button kind="caution" className="-ml-3" onClick={() => setAsks(true)}>
            Switch sync off<span className="sr-only"> for {team.name}</span>
          </Button>
        ) : null}
        {may && !on ? (
          <Button kind="primary" busy={busy !== null} onClick={() => void switchTo(true)}>
            Switch sync on<span className="sr-only"> for {team.name}</span>
          </Button>
        ) : null}
        {may ? null : <p className="text-sm text-muted">Only its owners and admins can switch it.</p>}
        <p role="status" className="text-sm text-good">
          {said}
        </p>
      </div>
      <Dialog open={asks} title={`Switch sync of ${team.name} off?`} onClose={close}>
        <p>{consequenceOf(team)}</p>
        {alert}
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <Button onClick={close}>Leave it on</Button>
          <Button kind="danger" busy={busy !== null} onClick={() => void switchTo(false)}>
            Switch off for {countMembers(team)}
          </Button>
        </div>
      </Dialog>
    </Card>
  );
}
