"use client";

import { Button } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { Booking, EventType } from "../api/types.ts";
import { CancelBooking } from "./CancelBooking.tsx";
import { Reschedule } from "./Reschedule.tsx";

/** What can be done to a booking that is still to come. `token` for guests, null for the host. */
export function BookingActions({
  booking,
  eventType,
  timeZone,
  token,
}: {
  booking: Booking;
  eventType: EventType | null;
  timeZone: string;
  token: string | null;
}) {
  const router = useRouter();
  const [open, setOpen] = useState<"reschedule" | "cancel" | null>(null);
  const obstacle = token === null ? null : obstacleForGuest(booking, eventType);
  const done = () => {
    setOpen(null);
    router.refresh();
  };
  return (
    <div className="mt-8 border-t border-line pt-6">
      <div className="flex flex-wrap gap-3">
        {obstacle ? null : (
          <Button
            aria-expanded={open === "reschedule"}
            aria-controls="reschedule"
            onClick={() => setOpen((before) => (before === "reschedule" ? null : "reschedule"))}
          >
            Reschedule
          </Button>
        )}
        <Button kind="caution" onClick={() => setOpen("cancel")}>
          Cancel booking
        </Button>
      </div>
      {obstacle ? <p className="mt-3 text-sm text-muted">{obstacle}</p> : null}
      <div id="reschedule">
        {open === "reschedule" ? (
          <Reschedule
            {...{ booking, eventType, timeZone, token }}
            onMoved={done}
            onClose={() => setOpen(null)}
          />
        ) : null}
      </div>
      <CancelBooking
        open={open === "cancel"}
        {...{ booking, token }}
        onCancelled={done}
        onClose={() => setOpen(null)}
      />
    </div>
  );
}

/** Why a guest cannot move the booking themselves. */
function obstacleForGuest(booking: Booking, eventType: EventType | null): string | null {
  if (!eventType)
    return `To move it, ask ${booking.host.name}: this kind of appointment is no longer offered.`;
  if (eventType.seats > 1)
    return "Others take part at this time. To change yours, cancel it and book another one.";
  return null;
}
