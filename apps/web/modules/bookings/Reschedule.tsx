"use client";

import { Alert, Button, TextField } from "@calsync/ui";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem, explainProblem } from "../api/problem.ts";
import type { Booking, EventType } from "../api/types.ts";
import { SlotPicker } from "../public-booking/SlotPicker.tsx";
import { ScopeFields } from "../series/ScopeFields.tsx";
import { BOOKING_SCOPES, type BookingScope } from "../series/series-words.ts";
import { nameZone, wallClock } from "../time/format.ts";
import { MomentText, WhenText } from "../time/TimeText.tsx";
import { instantOf } from "../time/zoned.ts";

/** Moves a booking, with others of its series where that is wanted: a guest chooses among the free times, the host may also name any other time. */
export function Reschedule({
  booking,
  eventType,
  timeZone: usualZone,
  token,
  onMoved,
  onClose,
}: {
  booking: Booking;
  eventType: EventType | null;
  timeZone: string;
  token: string | null;
  onMoved: () => void;
  onClose: () => void;
}) {
  const [timeZone, setTimeZone] = useState(usualZone);
  const [start, setStart] = useState<string | null>(null);
  const [scope, setScope] = useState<BookingScope>("one");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [version, setVersion] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  const move = async () => {
    if (!start) return;
    setBusy(true);
    setProblem(null);
    try {
      const body = { start, ...(token ? { token } : {}), ...(booking.series ? { scope } : {}) };
      await callApi(`/v1/bookings/${booking.uid}/reschedule`, { method: "POST", body });
      onMoved();
    } catch (error) {
      setProblem(error);
      setStart(null);
      setVersion((before) => before + 1);
    } finally {
      setBusy(false);
    }
  };

  const choose = (chosen: string) => {
    setProblem(null);
    setStart(chosen);
  };
  return (
    <div className="mt-6">
      <h2 ref={heading} tabIndex={-1} className="mb-4 text-xl font-semibold">
        Choose a new time
      </h2>
      {problem ? (
        <Alert tone="warn" role="alert" className="mb-4" title={titleOf(problem)}>
          <RefusalText {...{ problem, timeZone }} />
        </Alert>
      ) : null}
      {start ? (
        <div className="rounded-xl bg-accent-soft p-4">
          <p>
            <span className="text-muted">From </span>
            <WhenText when={booking} timeZone={timeZone} />
          </p>
          <p className="mt-1 font-semibold">
            <span className="font-normal text-muted">to </span>
            <WhenText when={{ start, end: endFor(booking, start) }} timeZone={timeZone} zone />
          </p>
          {booking.series ? <p className="mt-2 text-muted">{WHAT_FOLLOWS[scope]}</p> : null}
          <div className="mt-4 flex flex-wrap gap-3">
            <Button kind="primary" busy={busy} onClick={move} autoFocus>
              Move booking
            </Button>
            <Button kind="quiet" disabled={busy} onClick={() => setStart(null)}>
              Choose another time
            </Button>
          </div>
        </div>
      ) : (
        <>
          {booking.series ? (
            <div className="mb-6">
              <ScopeFields
                legend="What is moved?"
                scopes={BOOKING_SCOPES}
                value={scope}
                onChange={setScope}
              />
            </div>
          ) : null}
          {eventType ? (
            <SlotPicker
              username={booking.host.username}
              slug={eventType.slug}
              timeZone={timeZone}
              onTimeZone={setTimeZone}
              maximumDaysAhead={eventType.maximumDaysAhead}
              around={booking.start}
              moving={{ uid: booking.uid, token, scope }}
              chosen={null}
              version={version}
              onChoose={(slot) => choose(slot.start)}
            />
          ) : null}
          {token === null ? <OtherTime {...{ booking, timeZone }} onChoose={choose} /> : null}
          <div className="mt-6">
            <Button kind="quiet" onClick={onClose}>
              Keep the time as it is
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

/** Hosts are not bound to their own hours. */
function OtherTime({
  booking,
  timeZone,
  onChoose,
}: {
  booking: Booking;
  timeZone: string;
  onChoose: (start: string) => void;
}) {
  const now = wallClock(booking.start, timeZone);
  const [local, setLocal] = useState(`${now.date}T${now.time}`);
  const [error, setError] = useState<string | undefined>();
  const choose = (event: FormEvent) => {
    event.preventDefault();
    const instant = instantOf(local, timeZone);
    if (!instant) return setError("Enter a date and a time.");
    if (Date.parse(instant) <= Date.now()) return setError("Choose a time to come.");
    setError(undefined);
    onChoose(instant);
  };
  return (
    <form
      onSubmit={choose}
      noValidate
      className="mt-6 flex flex-wrap items-end gap-3 border-t border-line pt-6"
    >
      <TextField
        label="Any other time"
        type="datetime-local"
        required
        hint={`Also outside your hours. Zone: ${nameZone(booking.start, timeZone)}`}
        value={local}
        onChange={(event) => setLocal(event.target.value)}
        error={error}
      />
      <Button type="submit">Choose this time</Button>
    </form>
  );
}

const WHAT_FOLLOWS: Record<BookingScope, string> = {
  one: "The other appointments of the series stay.",
  following: "All later ones move by as much. One that has a time of its own keeps it.",
  all: "All that are still to come move by as much. One that has a time of its own keeps it.",
};

/** Why it was not moved; of a series, with the dates that do not fit. */
function RefusalText({ problem, timeZone }: { problem: unknown; timeZone: string }) {
  if (!(problem instanceof ApiProblem) || problem.code !== "occurrences_taken")
    return explainProblem(problem);
  const gone = [...problem.fields.values()].map((text) => text.split(" ")[0] ?? "");
  return (
    <>
      These dates do not fit:
      <ul className="my-1 list-disc pl-5">
        {gone.map((instant) => (
          <li key={instant}>
            <MomentText {...{ instant, timeZone }} />
          </li>
        ))}
      </ul>
      Nothing was moved. Choose another time.
    </>
  );
}

function titleOf(problem: unknown): string {
  return problem instanceof ApiProblem && problem.code === "slot_taken"
    ? "This time has just been taken"
    : "The booking was not moved";
}

function endFor(booking: Booking, start: string): string {
  return new Date(Date.parse(start) + Date.parse(booking.end) - Date.parse(booking.start)).toISOString();
}
