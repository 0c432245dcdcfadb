import { Badge, buttonClass, classNames, EmptyState, nameDay } from "@calsync/ui";
import Link from "next/link";
import type { Booking, BookingList as Page, User } from "../api/types.ts";
import { wallClock } from "../time/format.ts";
import { ClockText } from "../time/TimeText.tsx";
import { isActive, lookOfStatus, syncLookOf } from "./booking-state.ts";

export type ListStatus = "upcoming" | "past" | "cancelled";

const TABS: { status: ListStatus; name: string }[] = [
  { status: "upcoming", name: "Upcoming" },
  { status: "past", name: "Past" },
  { status: "cancelled", name: "Cancelled" },
];

/** A page of a host's bookings, by day in the host's zone. */
export function BookingList({
  page,
  status,
  isFirst,
  user,
}: {
  page: Page;
  status: ListStatus;
  isFirst: boolean;
  user: User;
}) {
  return (
    <>
      <nav aria-label="Which bookings" className="mb-6 border-b border-line">
        <ul className="flex gap-1">
          {TABS.map((tab) => (
            <li key={tab.status}>
              <Link
                href={`/bookings?status=${tab.status}`}
                aria-current={tab.status === status ? "page" : undefined}
                className={classNames(
                  "-mb-px flex min-h-11 items-center border-b-2 px-3 font-medium transition-colors",
                  tab.status === status
                    ? "border-accent text-ink"
                    : "border-transparent text-muted hover:border-line-strong hover:text-ink",
                )}
              >
                {tab.name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {page.bookings.length === 0 ? <Nothing {...{ status, isFirst, user }} /> : null}
      {byDay(page.bookings, user.timeZone).map(([date, bookings]) => (
        <section key={date} aria-labelledby={`day-${date}`} className="mb-6">
          <h2 id={`day-${date}`} className="mb-2 text-sm font-medium text-muted">
            <time dateTime={date}>{nameDay(date)}</time>
          </h2>
          <ul className="overflow-hidden rounded-2xl border border-line bg-surface">
            {bookings.map((booking) => (
              <Row key={booking.uid} booking={booking} timeZone={user.timeZone} />
            ))}
          </ul>
        </section>
      ))}
      <Paging nextCursor={page.nextCursor} status={status} isFirst={isFirst} />
    </>
  );
}

function Row({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const sync = syncLookOf(booking);
  const active = isActive(booking);
  return (
    <li
      data-booking-uid={booking.uid}
      className="relative flex flex-wrap items-center gap-x-4 gap-y-2 border-line px-4 py-3 not-first:border-t hover:bg-sunken/60 sm:flex-nowrap sm:px-5"
    >
      <p className={classNames("w-28 shrink-0 tabular-nums", !active && "line-through decoration-muted")}>
        {booking.allDay ? (
          <time dateTime={booking.start}>All day</time>
        ) : (
          <>
            <ClockText instant={booking.start} timeZone={timeZone} /> –{" "}
            <ClockText instant={booking.end} timeZone={timeZone} />
          </>
        )}
      </p>
      <div className="w-full min-w-0 sm:w-auto sm:flex-1">
        <Link
          href={`/booking/${booking.uid}`}
          className="font-semibold after:absolute after:inset-0 hover:underline"
        >
          {booking.title}
        </Link>
        <p className="truncate text-sm text-muted">{whoWith(booking)}</p>
        {booking.cancellationReason ? (
          <p className="text-sm text-muted">Reason: {booking.cancellationReason}</p>
        ) : null}
      </div>
      <p className="flex flex-wrap gap-2">
        {booking.overlaps ? (
          <Badge tone="warn" title="Another of your bookings is at the same time.">
            Overlaps
          </Badge>
        ) : null}
        {booking.status === "accepted" ? null : (
          <Badge tone={lookOfStatus(booking.status).tone}>{lookOfStatus(booking.status).text}</Badge>
        )}
        <Badge tone={sync.tone} title={sync.detail}>
          {sync.text}
        </Badge>
      </p>
    </li>
  );
}

function Nothing({ status, isFirst, user }: { status: ListStatus; isFirst: boolean; user: User }) {
  if (!isFirst) return <EmptyState title="No more bookings">This page is empty by now.</EmptyState>;
  if (status === "past") return <EmptyState title="No past bookings" />;
  if (status === "cancelled") return <EmptyState title="No cancelled bookings" />;
  return (
    <EmptyState title="No upcoming bookings">
      Share{" "}
      <Link href={`/${user.username}`} className="link">
        your booking page
      </Link>{" "}
      and they will appear here by themselves.
    </EmptyState>
  );
}

function Paging({
  nextCursor,
  status,
  isFirst,
}: {
  nextCursor: string | null;
  status: ListStatus;
  isFirst: boolean;
}) {
  if (isFirst && !nextCursor) return null;
  return (
    <nav aria-label="Pages" className="mt-6 flex justify-between gap-3">
      {isFirst ? (
        <span />
      ) : (
        <Link href={`/bookings?status=${status}`} className={buttonClass("secondary")}>
          First page
        </Link>
      )}
      {nextCursor ? (
        <Link
          href={`/bookings?${new URLSearchParams({ status, cursor: nextCursor })}`}
          className={buttonClass("secondary")}
        >
          {status === "upcoming" ? "Later bookings" : "Earlier bookings"}
        </Link>
      ) : null}
    </nav>
  );
}

function whoWith({ attendees, kind }: Booking): string {
  if (attendees.length === 0) return kind === "entry" ? "Your own entry" : "Nobody";
  const [first, ...others] = attendees;
  return others.length > 0 ? `${first?.name} and ${others.length} more` : (first?.name ?? "");
}

/** In the order of the list, which is by time. */
function byDay(bookings: readonly Booking[], timeZone: string): [string, Booking[]][] {
  const days = new Map<string, Booking[]>();
  for (const booking of bookings) {
    const { date } = wallClock(booking.start, timeZone);
    const found = days.get(date);
    if (found) found.push(booking);
    else days.set(date, [booking]);
  }
  return [...days];
}
