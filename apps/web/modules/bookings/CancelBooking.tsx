"use client";

import { Alert, Button, TextArea } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";
import type { Booking } from "../api/types.ts";
import { ScopeFields } from "../series/ScopeFields.tsx";
import { BOOKING_SCOPES, type BookingScope } from "../series/series-words.ts";

/** Asks before a booking is cancelled, and for the reason that the other side will read. */
export function CancelBooking({
  open,
  booking,
  token,
  onCancelled,
  onClose,
}: {
  open: boolean;
  booking: Booking;
  token: string | null;
  onCancelled: () => void;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [scope, setScope] = useState<BookingScope>("one");
  const others = token === null ? booking.attendees.map(({ name }) => name).join(", ") : booking.host.name;

  const cancel = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get("reason") ?? "").trim();
    setBusy(true);
    setProblem(null);
    try {
      const body = {
        ...(reason ? { reason } : {}),
        ...(token ? { token } : {}),
        ...(booking.series ? { scope } : {}),
      };
      await callApi(`/v1/bookings/${booking.uid}/cancel`, { method: "POST", body });
      onCancelled();
    } catch (error) {
      setProblem(explainProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog open={open} title="Cancel this booking?" onClose={onClose}>
      <form onSubmit={cancel} className="grid gap-5">
        <p className="text-muted">
          {others ? `${others} will be told by mail. ` : ""}This cannot be taken back.
        </p>
        {problem ? (
          <Alert tone="bad" role="alert">
            {problem}
          </Alert>
        ) : null}
        {booking.series ? (
          <ScopeFields
            legend="What is cancelled?"
            scopes={BOOKING_SCOPES}
            value={scope}
            onChange={setScope}
          />
        ) : null}
        <TextArea label="Reason" name="reason" rows={3} maxLength={1_000} autoFocus />
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={onClose} disabled={busy}>
            Keep booking
          </Button>
          <Button kind="danger" type="submit" busy={busy}>
            Cancel booking
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
