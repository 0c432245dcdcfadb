"use client";

import { Alert, Badge, Button, Choice, Spinner } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";
import type { CalendarChoice, Destination } from "../api/types.ts";
import { isSame, useDestinationChoice } from "./DestinationChoice.tsx";
import { Tables } from "./Tables.tsx";

/**
 * The calendars of one account: where bookings are written (one of all accounts) and which are read for busy times. Asked of the
 * provider when the page opens and when `version` changes, not each time that the page is drawn.
 */
export function CalendarChoices({
  connectionId,
  accountName,
  destination,
  tables,
  version,
}: {
  connectionId: number;
  accountName: string;
  destination: Destination | null;
  /** Whether the calendars are tables with columns to assign. */
  tables: boolean;
  version: number;
}) {
  const router = useRouter();
  const { chosen, show } = useDestinationChoice();
  const [calendars, setCalendars] = useState<CalendarChoice[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState("");

  const load = useCallback(
    async (signal?: AbortSignal) => {
      setProblem(null);
      try {
        const path = `/v1/connections/${connectionId}/calendars` as const;
        setCalendars((await callApi<Answer>(path, signal ? { signal } : {})).calendars);
      } catch (error) {
        if (!signal?.aborted) setProblem(explainProblem(error));
      }
    },
    [connectionId],
  );
  useEffect(() => {
    const aborted = new AbortController();
    void load(aborted.signal);
    return () => aborted.abort();
  }, [load, version]);

  const save = async (text: string, request: () => Promise<void>, takeBack: () => void) => {
    setSaving(true);
    setProblem(null);
    setSaved("");
    try {
      await request();
      setSaved(text);
      router.refresh();
    } catch (error) {
      takeBack();
      setProblem(explainProblem(error));
    } finally {
      setSaving(false);
    }
  };
  const chooseDestination = ({ id, name }: CalendarChoice) => {
    const place = { connectionId, calendarId: id };
    show(place);
    return save(
      `Bookings are now written to ${name}.`,
      async () => {
        await callApi("/v1/destination", { method: "PUT", body: place });
      },
      () => show(null),
    );
  };
  const toggle = (calendar: CalendarChoice, selected: boolean) => {
    const before = calendars ?? [];
    const after = before.map((one) => (one.id === calendar.id ? { ...one, selected } : one));
    setCalendars(after);
    return save(
      selected ? `${calendar.name} now makes you busy.` : `${calendar.name} no longer makes you busy.`,
      async () => {
        const calendarIds = after.filter((one) => one.selected).map(({ id }) => id);
        const path = `/v1/connections/${connectionId}/selected` as const;
        setCalendars((await callApi<Answer>(path, { method: "PUT", body: { calendarIds } })).calendars);
      },
      () => setCalendars(before),
    );
  };

  if (!calendars) {
    return problem ? (
      <Alert tone="bad" role="alert" className="mt-4" title="The calendars could not be listed">
        <p>{problem}</p>
        <Button size="small" className="mt-3" onClick={() => void load()}>
          Try again
        </Button>
      </Alert>
    ) : (
      <div className="mt-5 grid gap-6 sm:grid-cols-2">
        {destination?.connectionId === connectionId ? (
          <fieldset disabled className="min-w-0">
            <legend className="font-medium">Write bookings to</legend>
            <div className="mt-3">
              <Choice type="radio" name="destination-known" checked readOnly label={destination.name} />
            </div>
          </fieldset>
        ) : null}
        <p role="status" className="flex items-center gap-3 text-muted">
          <Spinner /> Reading the list of calendars…
        </p>
      </div>
    );
  }
  const isDestination = ({ id }: CalendarChoice) => isSame(chosen, { connectionId, calendarId: id });
  return (
    <div className="mt-5 grid gap-6 sm:grid-cols-2" aria-busy={saving}>
      <fieldset disabled={saving} className="min-w-0">
        <legend className="font-medium">Write bookings to</legend>
        <div className="mt-3 grid gap-3">
          {calendars.map((calendar) => (
            <Choice
              key={calendar.id}
              type="radio"
              // One group over all accounts: there is one destination.
              name="destination"
              checked={isDestination(calendar)}
              disabled={!calendar.writable}
              onChange={() => void chooseDestination(calendar)}
              label={<CalendarName calendar={calendar} />}
              {...(calendar.writable ? {} : { detail: "Can only be read." })}
            />
          ))}
        </div>
      </fieldset>
      <fieldset disabled={saving} className="min-w-0">
        <legend className="font-medium">Busy when these have events</legend>
        <div className="mt-3 grid gap-3">
          {calendars.map((calendar) => (
            <Choice
              key={calendar.id}
              type="checkbox"
              name={`busy-${connectionId}`}
              checked={calendar.selected}
              onChange={(event) => void toggle(calendar, event.target.checked)}
              label={<CalendarName calendar={calendar} />}
            />
          ))}
        </div>
      </fieldset>
      {tables ? (
        <Tables connectionId={connectionId} calendars={calendars} onMade={() => void load()} />
      ) : null}
      <div className="sm:col-span-2">
        <p role="status" className="text-sm text-good">
          {saved}
        </p>
        {problem ? (
          <Alert tone="bad" role="alert" title={`The choice for ${accountName} was not saved`}>
            {problem}
          </Alert>
        ) : null}
      </div>
    </div>
  );
}

interface Answer {
  calendars: CalendarChoice[];
}

function CalendarName({ calendar: { name, color, primary } }: { calendar: CalendarChoice }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-2 wrap-anywhere">
      {color ? (
        <span
          aria-hidden="true"
          className="size-3 shrink-0 rounded-full border border-line-strong"
          style={{ backgroundColor: color }}
        />
      ) : null}
      {name}
      {primary ? <Badge>main</Badge> : null}
    </span>
  );
}
