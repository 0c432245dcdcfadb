import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { readParam, tokenSchema, uidSchema } from "../../../modules/api/params.ts";
import { ApiProblem } from "../../../modules/api/problem.ts";
import { readApi, readApiOr404, requireUser } from "../../../modules/api/server.ts";
import type { Booking, Change, EventType, Occurrence, PublicEventType } from "../../../modules/api/types.ts";
import { BookingPage } from "../../../modules/bookings/BookingPage.tsx";

interface Props {
  params: Promise<{ uid: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export const metadata: Metadata = { title: "Booking", robots: { index: false } };

/** One booking: for the guest who holds its token, also in a browser in which a host is signed in; else for its host. */
export default async function Page({ params, searchParams }: Props) {
  const uid = readParam(uidSchema, (await params).uid);
  const query = await searchParams;
  const token = tokenSchema.parse(query["token"]) ?? null;
  const now = new Date().toISOString();
  if (token !== null) {
    const path: `/v1/${string}` = `/v1/bookings/${uid}?${new URLSearchParams({ token })}`;
    const { booking } = await readBooking(path);
    const timeZone = booking.attendees[0]?.timeZone ?? booking.timeZone;
    const [eventType, occurrences] = await Promise.all([
      findEventType(booking),
      findOccurrences(booking, token),
    ]);
    const justBooked = query["booked"] === "1";
    return (
      <BookingPage
        {...{ booking, eventType, occurrences, timeZone, now }}
        viewer={{ role: "guest", token, justBooked }}
      />
    );
  }
  const user = await requireUser(`/booking/${uid}`);
  const { booking } = await readBooking(`/v1/bookings/${uid}`);
  const [{ changes }, eventType, occurrences] = await Promise.all([
    readApi<{ changes: Change[] }>(`/v1/bookings/${uid}/history`),
    findEventType(booking),
    findOccurrences(booking, null),
  ]);
  return (
    <BookingPage
      {...{ booking, eventType, occurrences, now }}
      timeZone={user.timeZone}
      viewer={{ role: "host", changes }}
    />
  );
}

/** A token that belongs to another booking, or to nothing, shows as little as a booking that does not exist. */
async function readBooking(path: `/v1/${string}`): Promise<{ booking: Booking }> {
  try {
    return await readApiOr404<{ booking: Booking }>(path);
  } catch (error) {
    if (error instanceof ApiProblem && [400, 401, 403].includes(error.status)) notFound();
    throw error;
  }
}

/** All dates of the booking's series, as its viewer may see them. */
async function findOccurrences({ uid, series }: Booking, token: string | null): Promise<Occurrence[]> {
  if (!series) return [];
  const query = token === null ? "" : `?${new URLSearchParams({ token })}`;
  return (await readApi<{ bookings: Occurrence[] }>(`/v1/bookings/${uid}/occurrences${query}`)).bookings;
}

/** What the booking is of, with what moving it needs to know; null when the host no longer offers it. */
async function findEventType(booking: Booking): Promise<EventType | null> {
  if (!booking.eventType) return null;
  try {
    const path = [booking.host.username, booking.eventType.slug].map(encodeURIComponent).join("/");
    return (await readApi<PublicEventType>(`/v1/public/${path}`)).eventType;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}
