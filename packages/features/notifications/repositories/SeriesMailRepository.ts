import type { PrismaTransaction } from "@calsync/prisma";

/** A series as mails need it: what its occurrences share, and all of them with everyone who is or was their guest. */
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
      host: { select: { name: true, email: true, timeZone: true } },
      bookings: {
        select: {
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
            select: {
              name: true,
              email: true,
              timeZone: true,
              response: true,
              optional: true,
              expected: true,
            },
            orderBy: { id: "asc" },
          },
        },
        orderBy: [{ startTime: "asc" }, { id: "asc" }],
      },
    },
  });
}

/** What {@link findSeries} gives. */
export type MailedSeries = NonNullable<Awaited<ReturnType<typeof findSeries>>>;
