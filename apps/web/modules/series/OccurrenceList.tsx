import { Badge, classNames } from "@calsync/ui";
import Link from "next/link";
import type { Booking } from "../api/types.ts";
import { isActive, lookOfStatus } from "../bookings/booking-state.ts";
import { WhenText } from "../time/TimeText.tsx";

/** All dates of the series that a booking is one of, in order. A host can go to each of them; a guest has a link of its own for each. */
export function OccurrenceList({
  occurrences,
  shown,
  timeZone,
  links,
}: {
  occurrences: readonly Booking[];
  /** The uid of the booking on whose page the list is. */
  shown: string;
  timeZone: string;
  links: boolean;
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
                {links && !here ? (
                  <Link href={`/booking/${one.uid}`} className="link">
                    {when}
                  </Link>
                ) : (
                  when
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
