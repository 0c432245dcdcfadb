import { sideDifferences } from "../../support/equal-sides.ts";
import type { HttpHistory } from "./history.ts";

/** What is wrong with a history that has come to rest, in sentences; none when all is well. */
export async function findFaults(history: HttpHistory): Promise<string[]> {
  return [
    ...(await differences(history)),
    ...(await unfounded(history)),
    ...(await unexplained(history)),
    ...(await doubledMails(history)),
  ];
}

/** In what the two sides differ. */
export async function differences({ world, host }: HttpHistory): Promise<string[]> {
  return sideDifferences(world.database.prisma, host.userId, await world.sides(host));
}

/** Sync has done no more to bookings than people have done to events. */
async function unfounded({ world, host, edits }: HttpHistory): Promise<string[]> {
  const records = await world.database.prisma.changeRecord.findMany({
    where: { userId: host.userId, source: "CALENDAR", result: "APPLIED" },
  });
  const found = records.flatMap(({ bookingId, action, before, after }) =>
    action !== "cancel" && action !== "restore" && JSON.stringify(before) === JSON.stringify(after)
      ? [`booking ${bookingId}: ${action} was applied and changed nothing`]
      : [],
  );
  // An edit in one calendar may change times and texts at once.
  if (records.length > edits * 2)
    found.push(`${records.length} changes were applied, and people made ${edits} edits`);
  return found;
}

/** A record tells of each booking that it is at the time, and called by the title, that it has (invariant 12). */
async function unexplained({ world, host }: HttpHistory): Promise<string[]> {
  const { prisma } = world.database;
  const bookings = await prisma.booking.findMany({ where: { hostId: host.userId } });
  const records = await prisma.changeRecord.findMany({
    where: { userId: host.userId, source: { not: "SYNC" }, result: "APPLIED", bookingId: { not: null } },
  });
  return bookings.flatMap(({ id, title, startTime, endTime }) => {
    // What the app did is told with what it was about: its times or that it is over, and nothing of texts.
    const told = records
      .filter(({ bookingId }) => bookingId === id)
      // That an event has moved to another calendar says nothing of its booking.
      .filter(({ action }) => action !== "move-calendar")
      .map(({ after }) => after as { title?: string; time?: { start: string; end: string } });
    const isTold = told.some(
      ({ time }) => time?.start === startTime.toISOString() && time.end === endTime.toISOString(),
    );
    const titles = told.flatMap((after) => after.title ?? []);
    const isNamed = title.startsWith("Meeting") || titles.includes(title);
    return isTold && isNamed ? [] : [`booking ${id} came to its time or its title without a record`];
  });
}

/** One state of a booking is told to each of its people once; who comes or goes with it is told in the same mail when it is sent. */
async function doubledMails({ world, host }: HttpHistory): Promise<string[]> {
  const mails = await world.database.prisma.outgoingMail.findMany({
    where: { booking: { hostId: host.userId } },
    select: { bookingId: true, recipient: true, sequence: true, kind: true },
  });
  const told = mails.map(({ bookingId, recipient, sequence, kind }) =>
    [bookingId, recipient, sequence, /^(un)?invited$/i.test(kind) ? kind : "how it is"].join(" "),
  );
  return told.filter((mail, index) => told.indexOf(mail) < index).map((mail) => `mail ${mail} was doubled`);
}
