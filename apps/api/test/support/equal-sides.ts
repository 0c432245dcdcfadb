import type { PrismaClient } from "@calsync/prisma";
import type { Mail } from "@calsync/provider-sandbox";
import type { RemoteEvent } from "../sync/remote/RemoteCalendars.ts";

/** A calendar of a host, and what it really holds. */
export interface SideCalendar {
  calendarSyncId: string;
  events: readonly RemoteEvent[];
}

/**
 * In what the bookings of a host and their calendars differ, in sentences; none when both sides are equal, no event is
 * doubled, the mirror of other events is true and nothing waits.
 */
export async function sideDifferences(
  prisma: PrismaClient,
  userId: number,
  calendars: readonly SideCalendar[],
): Promise<string[]> {
  const found: string[] = [];
  const bookings = await prisma.booking.findMany({
    where: { hostId: userId },
    include: { attendees: true, references: true },
    orderBy: { id: "asc" },
  });
  for (const booking of bookings) {
    if (booking.references.length === 0) found.push(`booking ${booking.id} has no reference`);
  }
  for (const { calendarSyncId, events } of calendars) {
    const live = events.filter(({ deleted }) => !deleted);
    const known = new Set<string>();
    for (const booking of bookings) {
      const name = `booking ${booking.id}`;
      const reference = booking.references.find((one) => one.calendarSyncId === calendarSyncId);
      if (!reference) continue;
      known.add(reference.id);
      if (reference.pushRequestedAt)
        found.push(`${name} waits for a push (${reference.lastError ?? "no error"})`);
      const own = live.filter(({ marker }) => marker === reference.id);
      const [event, ...doubles] = own;
      if (booking.status === "CANCELLED" || reference.detachedAt) {
        if (event) found.push(`${name} is not to stand there and has ${own.length} events`);
        continue;
      }
      if (reference.status !== "SYNCED") found.push(`${name}'s reference is ${reference.status}`);
      if (!event || doubles.length > 0) {
        found.push(`${name} has ${own.length} events`);
        continue;
      }
      if (event.id !== reference.externalEventId)
        found.push(`${name} is linked to another event than its own`);
      const here = {
        title: booking.title,
        description: booking.description,
        location: booking.location,
        start: booking.startTime.toISOString(),
        end: booking.endTime.toISOString(),
        guests: booking.attendees.flatMap(({ email, expected }) => (expected ? [email] : [])).sort(),
      };
      const there = { ...event, guests: event.guests?.map(({ email }) => email).sort() ?? null };
      for (const field of Object.keys(here) as (keyof typeof here)[]) {
        // What a provider does not keep cannot differ.
        if (there[field] === null) continue;
        const [ours, theirs] = [JSON.stringify(here[field]), JSON.stringify(there[field])];
        if (ours !== theirs) found.push(`${name}'s ${field} is ${ours} here and ${theirs} in the calendar`);
      }
    }
    for (const { id, marker } of live) {
      if (marker !== null && !known.has(marker)) found.push(`event ${id} stands for no booking`);
    }
    const mirrored = await prisma.externalEvent.findMany({ where: { calendarSyncId } });
    const wanted = live.flatMap(({ id, marker, start }) => (marker === null ? [`${id} at ${start}`] : []));
    const held = mirrored.map((row) => `${row.externalEventId} at ${row.startTime.toISOString()}`);
    if (wanted.sort().join() !== held.sort().join()) {
      found.push(`${held.length} events of others are mirrored, and ${wanted.length} are in the calendar`);
    }
  }
  return found;
}

const iso = (date: Date) => (Number.isNaN(date.getTime()) ? "unreadable" : date.toISOString());

/**
 * In what people were not told the truth, in sentences: the last mail that each host and guest got about a booking must
 * say how it is, and every mail that counts as sent must have arrived.
 * @param mails all that arrived, in order
 */
export async function mailDifferences(prisma: PrismaClient, mails: readonly Mail[]): Promise<string[]> {
  const found: string[] = [];
  const arrived = new Set(mails.map(({ messageId }) => messageId));
  for (const mail of await prisma.outgoingMail.findMany()) {
    if (mail.status !== "SENT") found.push(`mail ${mail.id} (${mail.kind}) is ${mail.status}: ${mail.error}`);
    else if (mail.sentAt && ![...arrived].some((id) => id.startsWith(`<${mail.id}@`))) {
      found.push(`mail ${mail.id} (${mail.kind}) counts as sent and never arrived`);
    }
  }
  const last = new Map<string, Mail["invitations"][number]>();
  for (const mail of mails) {
    for (const invitation of mail.invitations) {
      for (const address of mail.recipients) last.set(`${invitation.uid} ${address}`, invitation);
    }
  }
  const bookings = await prisma.booking.findMany({ include: { attendees: true, host: true } });
  for (const booking of bookings) {
    for (const { email } of [booking.host, ...booking.attendees]) {
      const name = `booking ${booking.id}: the last mail to ${email}`;
      const told = last.get(`${booking.iCalUid} ${email}`);
      if (!told) {
        found.push(`booking ${booking.id}: ${email} got no mail`);
        continue;
      }
      const method = booking.status === "CANCELLED" ? "CANCEL" : "REQUEST";
      if (told.method !== method)
        found.push(`${name} is a ${told.method}, and the booking is ${booking.status}`);
      // Where an appointment that is cancelled would have been matters to nobody.
      if (method === "CANCEL") continue;
      const said = {
        title: told.summary,
        description: told.description ?? "",
        location: told.location ?? "",
        start: iso(new Date(told.start?.instant ?? Number.NaN)),
        end: iso(new Date(told.end?.instant ?? Number.NaN)),
      };
      const wanted = {
        title: booking.title,
        description: booking.description,
        location: booking.location,
        start: booking.startTime.toISOString(),
        end: booking.endTime.toISOString(),
      };
      for (const field of Object.keys(wanted) as (keyof typeof wanted)[]) {
        if (said[field] !== wanted[field]) {
          found.push(
            `${name} says ${field} ${JSON.stringify(said[field])}, and it is ${JSON.stringify(wanted[field])}`,
          );
        }
      }
    }
  }
  return found;
}
