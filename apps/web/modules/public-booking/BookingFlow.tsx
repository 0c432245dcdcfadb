"use client";

import { Alert, Card } from "@calsync/ui";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { Booked, PublicEventType } from "../api/types.ts";
import { RepeatField } from "../series/RepeatField.tsx";
import { nameRule } from "../series/series-words.ts";
import { useBrowserZone } from "../time/browser-zone.ts";
import { formatDuration } from "../time/format.ts";
import { WhenText } from "../time/TimeText.tsx";
import { createAttemptKeys } from "./attempt-key.ts";
import { type GuestDetails, GuestForm } from "./GuestForm.tsx";
import { SlotPicker } from "./SlotPicker.tsx";
import type { Slot } from "./slot-days.ts";

/** A guest books: choose a time, say who you are, confirm. A time that went meanwhile leads back to fresh ones. */
export function BookingFlow({ host, eventType }: PublicEventType) {
  const router = useRouter();
  const browserZone = useBrowserZone();
  const [chosenZone, setChosenZone] = useState<string | null>(null);
  const timeZone = chosenZone ?? browserZone;
  const [slot, setSlot] = useState<Slot | null>(null);
  const [lastStart, setLastStart] = useState<string | null>(null);
  const [count, setCount] = useState(1);
  const [taken, setTaken] = useState(false);
  const [version, setVersion] = useState(0);
  const [details, setDetails] = useState<GuestDetails>({ name: "", email: "", notes: "" });
  const [keyOf] = useState(createAttemptKeys);

  const confirm = async () => {
    if (!slot || !timeZone) return;
    const { name, email, notes } = details;
    const body = {
      username: host.username,
      eventType: eventType.slug,
      start: slot.start,
      timeZone,
      guest: { name, email },
      ...(notes.trim() === "" ? {} : { notes }),
      ...(count > 1 ? { recurrence: { count } } : {}),
    };
    try {
      const { booking, guestToken } = await callApi<Booked>("/v1/bookings", {
        method: "POST",
        body,
        headers: { "idempotency-key": keyOf(body) },
      });
      const query = new URLSearchParams({ token: guestToken, booked: "1" });
      router.push(`/booking/${booking.uid}?${query}`);
    } catch (error) {
      if (!(error instanceof ApiProblem) || !GONE.has(error.code)) throw error;
      setSlot(null);
      setTaken(true);
      setVersion((before) => before + 1);
    }
  };

  return (
    <div>
      <p className="text-muted">
        <Link href={`/${host.username}`} className="link">
          {host.name}
        </Link>
      </p>
      <h1 className="mt-1 text-3xl font-semibold tracking-tight text-balance">{eventType.title}</h1>
      <p className="mt-2 text-muted">
        {formatDuration(eventType.durationMinutes)}
        {eventType.location ? ` · ${eventType.location}` : ""}
      </p>
      {eventType.description ? (
        <p className="mt-3 max-w-prose whitespace-pre-line">{eventType.description}</p>
      ) : null}
      <Card className="mt-8">
        {slot && timeZone ? (
          <div className="mx-auto max-w-lg">
            <div className="mb-6 rounded-xl bg-accent-soft px-4 py-3">
              <p className="text-sm font-medium text-accent">Your time</p>
              <p className="font-semibold">
                <WhenText when={slot} timeZone={timeZone} zone />
              </p>
              {eventType.recurrence && count > 1 ? (
                <p>
                  and {nameRule(eventType.recurrence)} after that, {count} times in all
                </p>
              ) : null}
            </div>
            <GuestForm
              details={details}
              onDetails={setDetails}
              onConfirm={confirm}
              onBack={() => setSlot(null)}
            />
          </div>
        ) : (
          <>
            {taken ? <TakenNotice /> : null}
            {eventType.recurrence ? (
              <div className="mb-6 max-w-sm">
                <RepeatField rule={eventType.recurrence} value={count} onChange={setCount} />
              </div>
            ) : null}
            <SlotPicker
              count={count}
              username={host.username}
              slug={eventType.slug}
              timeZone={timeZone}
              onTimeZone={setChosenZone}
              maximumDaysAhead={eventType.maximumDaysAhead}
              around={lastStart}
              chosen={null}
              version={version}
              onChoose={(chosen) => {
                setTaken(false);
                setSlot(chosen);
                setLastStart(chosen.start);
              }}
            />
          </>
        )}
      </Card>
    </div>
  );
}

/** Answers that mean: this time cannot be had any more. */
const GONE = new Set(["slot_taken", "occurrences_taken", "slot_not_offered", "time_in_past"]);

function TakenNotice() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div ref={box} tabIndex={-1} className="mb-6">
      <Alert tone="warn" role="alert" title="This time has just been taken">
        Somebody else was quicker. These times are free now; what you typed is kept.
      </Alert>
    </div>
  );
}
