import { Badge, Card } from "@calsync/ui";
import Link from "next/link";
import type { Booking } from "../api/types.ts";
import { isActive, lookOfStatus } from "../bookings/booking-state.ts";
import { WhenText } from "../time/TimeText.tsx";

/** All appointments of a series, in order; the one that is being looked at is marked. `linked` for its host. */
export function Occurrences({
  bookings,
  current,
  timeZone,
  linked,
}: {
  bookings: Booking[];
  /** Uid of the booking whose page it is. */
  current: string;
  timeZone: string;
  linked: boolean;
}) {
  return (
    <Card aria-labelledby="series-heading">
      <h2 id="series-heading" className="text-lg font-semibold">
        The series
      </h2>
      <ol className="mt-3 divide-y divide-line">
        {bookings.map((booking) => {
          const active = isActive(booking);
          const here = booking.uid === current;
          const when = (
            <span className={active ? undefined : "line-through decoration-muted"}>
              <WhenText when={booking} timeZone={timeZone} />
            </span>
          );
          return (
            <li
              key={booking.uid}
              aria-current={here ? "true" : undefined}
              className="flex flex-wrap items-center justify-between gap-3 py-2"
            >
              {linked && !here ? (
                <Link href={`/booking/${booking.uid}`} className="link">
                  {when}
                </Link>
              ) : (
                <span className={here ? "font-semibold" : undefined}>{when}</span>
              )}
              <span className="flex gap-2">
                {here ? <Badge tone="accent">this one</Badge> : null}
                {active ? null : (
                  <Badge tone={lookOfStatus(booking.status).tone}>{lookOfStatus(booking.status).text}</Badge>
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
