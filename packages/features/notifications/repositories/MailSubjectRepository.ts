import type { Prisma, PrismaTransaction } from "@calsync/prisma";

/** What mails say of a booking, by itself or as one of a series: with everyone who is or was its guest. */
const MAILED = {
  uid: true,
  title: true,
  description: true,
  location: true,
  startTime: true,
  endTime: true,
  timeZone: true,
  allDay: true,
  status: true,
  seats: true,
  iCalUid: true,
  sequence: true,
  cancellationReason: true,
  originalStart: true,
  attendees: {
    select: { name: true, email: true, timeZone: true, response: true, optional: true, expected: true },
    orderBy: { id: "asc" },
  },
} satisfies Prisma.BookingSelect;

const HOST = {
  select: { uid: true, name: true, email: true, timeZone: true },
} satisfies Prisma.BookingSelect["host"];

/** A booking as mails need it, with its host and the series that its invitation belongs to. */
export async function findBooking(tx: PrismaTransaction, bookingId: number) {
  return tx.booking.findUnique({
    where: { id: bookingId },
    select: { ...MAILED, host: HOST, series: { select: { iCalUid: true, sequence: true } } },
  });
}

/** A series as mails need it: what its occurrences share, and all of them. */
export async function findSeries(tx: PrismaTransaction, seriesId: string) {
  return tx.bookingSeries.findUnique({
    where: { id: seriesId },
    select: {
      id: true,
      title: true,
      description: true,
      location: true,
      startTime: true,
      endTime: true,
      timeZone: true,
      allDay: true,
      recurrence: true,
      iCalUid: true,
      sequence: true,
      host: HOST,
      bookings: { select: MAILED, orderBy: [{ startTime: "asc" }, { id: "asc" }] },
    },
  });
}

/** What {@link findSeries} gives. */
export type MailedSeries = NonNullable<Awaited<ReturnType<typeof findSeries>>>;
