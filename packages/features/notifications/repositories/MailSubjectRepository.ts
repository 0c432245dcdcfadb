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
  organizerEmail: true,
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
    select: {
      ...MAILED,
      host: HOST,
      series: { select: { id: true, iCalUid: true, sequence: true, organizerEmail: true } },
    },
  });
}

/** Notes the organizer whom the guests' invitations of a booking name. The first note stays. */
export async function noteOrganizer(tx: PrismaTransaction, bookingId: number, email: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Booking" SET "organizerEmail" = ${email} WHERE "id" = ${bookingId} AND "organizerEmail" IS NULL`;
}

/** The same for a series, whose occurrences share its invitations' UID. */
export async function noteSeriesOrganizer(
  tx: PrismaTransaction,
  seriesId: string,
  email: string,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE "BookingSeries" SET "organizerEmail" = ${email}
     WHERE "id" = ${seriesId}::uuid AND "organizerEmail" IS NULL`;
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
      organizerEmail: true,
      host: HOST,
      bookings: { select: MAILED, orderBy: [{ startTime: "asc" }, { id: "asc" }] },
    },
  });
}

/** What {@link findSeries} gives. */
export type MailedSeries = NonNullable<Awaited<ReturnType<typeof findSeries>>>;
