"use client";

import { Alert, Card, SelectField } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";
import type { CalendarChoice, Connection, Destination } from "../api/types.ts";

interface Option {
  connectionId: number;
  calendarId: string;
  name: string;
  account: string;
}

/** Where the bookings of one event type are written: the host's usual calendar, or another one. Saved when it is chosen. */
export function EventTypeDestination({
  eventTypeId,
  usual,
  own,
  connections,
}: {
  eventTypeId: number;
  usual: Destination | null;
  own: Destination | null;
  connections: Connection[];
}) {
  const router = useRouter();
  // Asked of the providers once, not each time that the page is drawn anew.
  const [accounts] = useState(connections);
  const [options, setOptions] = useState<Option[]>(own ? [optionOf(own)] : []);
  const [chosen, setChosen] = useState(own ? keyOf(own) : "");
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const aborted = new AbortController();
    readOptions(accounts, aborted.signal).then(
      (found) =>
        setOptions((before) => {
          const missing = before.filter((one) => !found.some((other) => keyOf(other) === keyOf(one)));
          return [...missing, ...found];
        }),
      (error: unknown) => aborted.signal.aborted || setProblem(explainProblem(error)),
    );
    return () => aborted.abort();
  }, [accounts]);

  const choose = async (key: string) => {
    const before = chosen;
    const option = options.find((one) => keyOf(one) === key);
    setChosen(key);
    setBusy(true);
    setSaid("");
    setProblem(null);
    try {
      if (option) {
        const { connectionId, calendarId } = option;
        await callApi("/v1/destination", { method: "PUT", body: { connectionId, calendarId, eventTypeId } });
      } else {
        await callApi(`/v1/destination/${eventTypeId}`, { method: "DELETE" });
      }
      setSaid("Saved. Bookings that exist already stay where they are.");
      router.refresh();
    } catch (error) {
      setChosen(before);
      setProblem(explainProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Card className="mt-6">
      <SelectField
        label="Write its bookings to"
        value={chosen}
        disabled={busy}
        aria-busy={busy}
        onChange={(event) => void choose(event.target.value)}
      >
        <option value="">{usual ? `Your usual calendar (${usual.name})` : "Your usual calendar"}</option>
        {options.map((option) => (
          <option key={keyOf(option)} value={keyOf(option)}>
            {option.name === option.account ? option.name : `${option.name} · ${option.account}`}
          </option>
        ))}
      </SelectField>
      <p role="status" className="mt-2 text-sm text-good">
        {said}
      </p>
      {problem ? (
        <Alert tone="bad" role="alert" className="mt-2">
          {problem}
        </Alert>
      ) : null}
    </Card>
  );
}

/** The calendars of all accounts that can be written to. Accounts that cannot be asked are left out; all failing is an error. */
async function readOptions(connections: readonly Connection[], signal: AbortSignal): Promise<Option[]> {
  const active = connections.filter(({ status }) => status === "active");
  const answers = await Promise.allSettled(
    active.map(async (connection) => {
      const path = `/v1/connections/${connection.id}/calendars` as const;
      const { calendars } = await callApi<{ calendars: CalendarChoice[] }>(path, { signal });
      return calendars
        .filter(({ writable }) => writable)
        .map(({ id, name }) => ({
          connectionId: connection.id,
          calendarId: id,
          name,
          account: connection.accountEmail ?? connection.accountName ?? connection.providerName,
        }));
    }),
  );
  const refused = answers.find((answer) => answer.status === "rejected");
  if (refused && answers.every((answer) => answer.status === "rejected")) throw refused.reason;
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
}

function optionOf({ connectionId, calendarId, name, accountEmail, provider }: Destination): Option {
  return { connectionId, calendarId, name, account: accountEmail ?? provider };
}

function keyOf({ connectionId, calendarId }: { connectionId: number; calendarId: string }): string {
  return `${connectionId} ${calendarId}`;
}
