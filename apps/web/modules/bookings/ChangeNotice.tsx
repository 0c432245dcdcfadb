"use client";

import { Alert } from "@calsync/ui";
import { useState } from "react";
import type { Booking } from "../api/types.ts";
import { WhenText } from "../time/TimeText.tsx";
import { isActive } from "./booking-state.ts";

type Seen = Pick<Booking, "start" | "end" | "allDay" | "status">;

/** Tells a viewer what changed under their eyes: the page is drawn anew without a reload, and this says so, also aloud. */
export function ChangeNotice({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const { start, end, allDay, status } = booking;
  const [seen, setSeen] = useState<Seen>({ start, end, allDay, status });
  const [before, setBefore] = useState<Seen | null>(null);
  if (seen.start !== start || seen.end !== end || seen.status !== status) {
    setSeen({ start, end, allDay, status });
    setBefore(seen);
  }
  return (
    <div role="status" className={before ? undefined : "-mt-6"}>
      {before ? <Notice before={before} booking={booking} timeZone={timeZone} /> : null}
    </div>
  );
}

function Notice({ before, booking, timeZone }: { before: Seen; booking: Booking; timeZone: string }) {
  if (isActive(before) && !isActive(booking)) {
    return <Alert tone="bad" title="This booking has just been cancelled" />;
  }
  if (!isActive(before) && isActive(booking)) {
    return <Alert tone="good" title="This booking takes place after all" />;
  }
  if (before.start === booking.start && before.end === booking.end) return null;
  return (
    <Alert tone="accent" title="This booking has just been moved">
      <p>
        Before: <WhenText when={before} timeZone={timeZone} />
      </p>
      <p>
        Now: <WhenText when={booking} timeZone={timeZone} />
      </p>
    </Alert>
  );
}
