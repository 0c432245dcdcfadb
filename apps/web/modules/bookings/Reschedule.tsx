"use client";

import { Alert, Button, TextField } from "@calsync/ui";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem, explainProblem } from "../api/problem.ts";
import type { Booking, EventType } from "../api/types.ts";
import { SlotPicker } from "../public-booking/SlotPicker.tsx";
import { nameZone, wallClock } from "../time/format.ts";
import { WhenText } from "../time/TimeText.tsx";
import { instantOf } from "../time/zoned.ts";

/** Moves a booking: a guest chooses among the free times, the host may also name any other time. */
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
      const body = { start, ...(token ? { token } : {}) };
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
          {explainProblem(problem)}
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
          {booking.series ? (
            <p className="mt-2 text-muted">The other appointments of the series stay.</p>
          ) : null}
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
          {eventType ? (
            <SlotPicker
              username={booking.host.username}
              slug={eventType.slug}
              timeZone={timeZone}
              onTimeZone={setTimeZone}
              maximumDaysAhead={eventType.maximumDaysAhead}
              around={booking.start}
              moving={{ uid: booking.uid, token }}
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

function titleOf(problem: unknown): string {
  return problem instanceof ApiProblem && problem.code === "slot_taken"
    ? "This time has just been taken"
    : "The booking was not moved";
}

function endFor(booking: Booking, start: string): string {
  return new Date(Date.parse(start) + Date.parse(booking.end) - Date.parse(booking.start)).toISOString();
}
