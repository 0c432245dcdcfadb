import { Badge, classNames } from "@calsync/ui";
import Link from "next/link";
import type { Occurrence } from "../api/types.ts";
import { isActive, lookOfStatus } from "../bookings/booking-state.ts";
import { WhenText } from "../time/TimeText.tsx";

/** All dates of the series that a booking is one of, in order, each with a link to its own page. */
export function OccurrenceList({
  occurrences,
  shown,
  timeZone,
}: {
  occurrences: readonly Occurrence[];
  /** The uid of the booking on whose page the list is. */
  shown: string;
  timeZone: string;
}) {
  return (
    <section aria-labelledby="occurrences">
      <h2 id="occurrences" className="mb-3 text-xl font-semibold">
        All dates of the series
      </h2>
      <ol className="overflow-hidden rounded-2xl border border-line bg-surface">
        {occurrences.map((one) => {
          const here = one.uid === shown;
          const when = <WhenText when={one} timeZone={timeZone} />;
          return (
            <li
              key={one.uid}
              aria-current={here ? "true" : undefined}
              data-occurrence-uid={one.uid}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 border-line px-4 py-3 not-first:border-t"
            >
              <span
                className={classNames(
                  here && "font-semibold",
                  !isActive(one) && "line-through decoration-muted",
                )}
              >
                {here ? (
                  when
                ) : (
                  <Link href={pageOf(one)} className="link">
                    {when}
                  </Link>
                )}
              </span>
              {isActive(one) ? null : (
                <Badge tone={lookOfStatus(one.status).tone}>{lookOfStatus(one.status).text}</Badge>
              )}
              {here ? <span className="text-sm text-muted">this one</span> : null}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function pageOf({ uid, guestToken }: Occurrence): string {
  return `/booking/${uid}${guestToken === null ? "" : `?${new URLSearchParams({ token: guestToken })}`}`;
}
