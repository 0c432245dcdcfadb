import { EmptyState } from "@calsync/ui";
import Link from "next/link";
import type { PublicProfile } from "../api/types.ts";
import { formatDuration } from "../time/format.ts";

/** A host and what can be booked with them. */
export function HostProfile({ profile: { host, eventTypes } }: { profile: PublicProfile }) {
  return (
    <div className="mx-auto max-w-2xl">
      <h1 className="text-3xl font-semibold tracking-tight">{host.name}</h1>
      <p className="mt-2 text-muted">Choose what you would like to book.</p>
      {eventTypes.length === 0 ? (
        <div className="mt-8">
          <EmptyState title="Nothing can be booked at the moment">
            Ask {host.name} for a link, or come back later.
          </EmptyState>
        </div>
      ) : (
        <ul className="mt-8 grid gap-3">
          {eventTypes.map((eventType) => (
            <li key={eventType.id}>
              <Link
                href={`/${host.username}/${eventType.slug}`}
                className="group flex items-center justify-between gap-4 rounded-2xl border border-line bg-surface p-5 transition-colors hover:border-accent"
              >
                <span className="min-w-0">
                  <span className="block text-lg font-semibold">{eventType.title}</span>
                  <span className="mt-0.5 block text-sm text-muted">
                    {formatDuration(eventType.durationMinutes)}
                    {eventType.seats > 1 ? ` · up to ${eventType.seats} people` : ""}
                    {eventType.location ? ` · ${eventType.location}` : ""}
                  </span>
                  {eventType.description ? (
                    <span className="mt-2 line-clamp-2 block whitespace-pre-line">
                      {eventType.description}
                    </span>
                  ) : null}
                </span>
                <span
                  aria-hidden="true"
                  className="text-2xl text-muted transition-transform group-hover:translate-x-1"
                >
                  →
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
