import { Alert, Badge, buttonClass, Card } from "@calsync/ui";
import Link from "next/link";
import type { ReactNode } from "react";
import type { Booking, Change, EventType, Occurrence } from "../api/types.ts";
import { OccurrenceList } from "../series/OccurrenceList.tsx";
import { formatDuration } from "../time/format.ts";
import { MomentText, WhenText } from "../time/TimeText.tsx";
import { BookedNotice } from "./BookedNotice.tsx";
import { BookingActions } from "./BookingActions.tsx";
import { BookingCalendars } from "./BookingCalendars.tsx";
import { isActive, lookOfStatus } from "./booking-state.ts";
import { ChangeNotice } from "./ChangeNotice.tsx";
import { History } from "./History.tsx";

/** Who looks at a booking, and what only they get to see. */
export type BookingViewer =
  | { role: "guest"; token: string; justBooked: boolean }
  | { role: "host"; changes: Change[] };

export interface BookingPageProps {
  booking: Booking;
  eventType: EventType | null;
  /** All dates of its series; none of a single booking. */
  occurrences: readonly Occurrence[];
  /** The viewer's zone: all times on the page are in it. */
  timeZone: string;
  viewer: BookingViewer;
  /** When the page was drawn. */
  now: string;
}

/** A booking with everything that its viewer may see and do. */
export function BookingPage({ booking, eventType, occurrences, timeZone, viewer, now }: BookingPageProps) {
  const look = lookOfStatus(booking.status);
  const active = isActive(booking);
  const ended = booking.end <= now;
  return (
    <div
      className="mx-auto flex max-w-2xl flex-col gap-6"
      data-booking-uid={booking.uid}
      data-booking-status={booking.status}
    >
      {viewer.role === "host" ? (
        <p>
          <Link href="/bookings" className="link">
            All bookings
          </Link>
        </p>
      ) : null}
      {viewer.role === "guest" && active ? (
        <BookedNotice justBooked={viewer.justBooked} email={booking.attendees[0]?.email} />
      ) : null}
      <ChangeNotice key={booking.uid} booking={booking} timeZone={timeZone} />
      <Card>
        <div className="flex flex-wrap items-center gap-2">
          <Badge tone={look.tone}>{look.text}</Badge>
          {booking.overlaps ? (
            <Badge tone="warn" title="Another of your bookings is at the same time.">
              Overlaps another booking
            </Badge>
          ) : null}
          {ended && active ? <Badge>Past</Badge> : null}
          {booking.series ? <Badge>One of a series</Badge> : null}
        </div>
        <h1 className="mt-3 text-2xl font-semibold tracking-tight text-balance sm:text-3xl">
          {booking.title}
        </h1>
        <p
          className={`mt-2 text-lg ${active ? "" : "line-through decoration-muted"}`}
          data-testid="booking-time"
        >
          <WhenText when={booking} timeZone={timeZone} zone />
        </p>
        {active ? null : <Cancelled booking={booking} timeZone={timeZone} />}
        <Details booking={booking} viewer={viewer} eventType={eventType} />
        {active && !ended ? (
          <BookingActions
            booking={booking}
            eventType={eventType}
            timeZone={timeZone}
            token={viewer.role === "guest" ? viewer.token : null}
          />
        ) : null}
        {!active && booking.eventType && eventType && viewer.role === "guest" ? (
          <p className="mt-6">
            <Link
              href={`/${booking.host.username}/${booking.eventType.slug}`}
              className={buttonClass("secondary")}
            >
              Book a new time
            </Link>
          </p>
        ) : null}
      </Card>
      {occurrences.length > 0 ? <OccurrenceList {...{ occurrences, timeZone }} shown={booking.uid} /> : null}
      {viewer.role === "host" ? (
        <>
          <BookingCalendars calendars={booking.calendars} timeZone={timeZone} />
          <History changes={viewer.changes} timeZone={timeZone} />
        </>
      ) : null}
    </div>
  );
}

function Cancelled({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const { cancellationReason, cancelledAt, status } = booking;
  return (
    <Alert tone="bad" className="mt-4">
      <p>
        <strong>{status === "rejected" ? "Declined" : "Cancelled"}</strong>
        {cancelledAt ? (
          <>
            {" "}
            on <MomentText instant={cancelledAt} timeZone={timeZone} />
          </>
        ) : null}
        .
      </p>
      <p data-testid="cancellation-reason">
        {cancellationReason ? `Reason: ${cancellationReason}` : "No reason was given."}
      </p>
    </Alert>
  );
}

function Details({
  booking,
  viewer,
  eventType,
}: {
  booking: Booking;
  viewer: BookingViewer;
  eventType: EventType | null;
}) {
  const { attendees, host, location, description } = booking;
  return (
    <dl className="mt-6 grid gap-x-6 gap-y-3 sm:grid-cols-[7rem_minmax(0,1fr)]">
      {booking.eventType ? (
        <Row name="What">
          {booking.eventType.title}, {formatDuration(booking.eventType.durationMinutes)}
        </Row>
      ) : null}
      {viewer.role === "guest" ? <Row name="With">{host.name}</Row> : null}
      {attendees.length > 0 ? (
        <Row name={viewer.role === "guest" ? "You" : attendees.length === 1 ? "Guest" : "Guests"}>
          <ul>
            {attendees.map(({ name, email, response }) => (
              <li key={email} className="wrap-anywhere">
                {name} <span className="text-muted">{email}</span>
                {response === "declined" ? <Badge tone="warn">declined</Badge> : null}
                {response === "tentative" ? <Badge>maybe</Badge> : null}
              </li>
            ))}
          </ul>
        </Row>
      ) : null}
      {location ? <Row name="Where">{linkOrText(location)}</Row> : null}
      {description ? (
        <Row name="Notes">
          <span className="whitespace-pre-line">{description}</span>
        </Row>
      ) : null}
      {viewer.role === "guest" && (eventType?.seats ?? 1) > 1 ? (
        <Row name="Seats">Others may take part at the same time.</Row>
      ) : null}
    </dl>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="font-medium text-muted">{name}</dt>
      <dd className="-mt-3 min-w-0 wrap-anywhere sm:mt-0">{children}</dd>
    </div>
  );
}

function linkOrText(location: string): ReactNode {
  if (!/^https?:\/\/\S+$/.test(location)) return location;
  return (
    <a href={location} rel="noreferrer" className="link">
      {location}
    </a>
  );
}
