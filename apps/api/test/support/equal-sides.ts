import type { PrismaClient } from "@calsync/prisma";
import type { GoogleEvent, GoogleSandbox, Mail } from "@calsync/provider-sandbox";
import type { ConnectedHost } from "./connected-host.ts";

/** Where the adapter keeps what tells our events from others (README of googlecalendar). */
const MARKER = "calsync";

/** The times of a Google event, as far as bookings have them. */
interface GoogleTime {
  dateTime?: string;
}

/** The events of a host's calendar that are there, ours and those that stand for no booking. */
export function liveEvents(google: GoogleSandbox, host: Pick<ConnectedHost, "googleEmail" | "calendarId">) {
  const live = google
    .events(host.googleEmail, host.calendarId)
    .filter(({ status }) => status !== "cancelled")
    .map((event) => ({ event, marker: markerOf(event) }));
  return {
    ours: live.flatMap(({ event, marker }) => (marker === null ? [] : [{ event, marker }])),
    foreign: live.flatMap(({ event, marker }) => (marker === null ? [event] : [])),
  };
}

function markerOf(event: GoogleEvent): string | null {
  const { private: own } = (event["extendedProperties"] ?? {}) as { private?: Record<string, string> };
  return own?.[MARKER] ?? null;
}

/**
 * In what the bookings of a host and their calendar differ, in sentences; none when both sides are equal, no event is
 * doubled, the mirror of other events is true and nothing waits.
 */
export async function sideDifferences(
  prisma: PrismaClient,
  google: GoogleSandbox,
  host: Pick<ConnectedHost, "userId" | "googleEmail" | "calendarId" | "calendarSyncId">,
): Promise<string[]> {
  const found: string[] = [];
  const bookings = await prisma.booking.findMany({
    where: { hostId: host.userId },
    include: { attendees: true, references: true },
    orderBy: { id: "asc" },
  });
  const { ours, foreign } = liveEvents(google, host);
  const known = new Set<string>();
  for (const booking of bookings) {
    const name = `booking ${booking.id}`;
    const [reference, ...more] = booking.references;
    if (!reference || more.length > 0) {
      found.push(`${name} has ${booking.references.length} references`);
      continue;
    }
    known.add(reference.id);
    if (reference.pushRequestedAt)
      found.push(`${name} waits for a push (${reference.lastError ?? "no error"})`);
    const own = ours.filter(({ marker }) => marker === reference.id).map(({ event }) => event);
    const [event, ...doubles] = own;
    if (booking.status === "CANCELLED") {
      if (event) found.push(`${name} is cancelled and has ${own.length} events`);
      continue;
    }
    if (reference.status !== "SYNCED") found.push(`${name}'s reference is ${reference.status}`);
    if (!event || doubles.length > 0) {
      found.push(`${name} has ${own.length} events`);
      continue;
    }
    if (event["id"] !== reference.externalEventId)
      found.push(`${name} is linked to another event than its own`);
    const wanted = {
      title: booking.title,
      description: booking.description,
      location: booking.location,
      start: booking.startTime.toISOString(),
      end: booking.endTime.toISOString(),
      attendees: booking.attendees.flatMap(({ email, expected }) => (expected ? [email] : [])).sort(),
    };
    const there = fieldsOf(event);
    for (const field of Object.keys(wanted) as (keyof typeof wanted)[]) {
      const [here, out] = [JSON.stringify(wanted[field]), JSON.stringify(there[field])];
      if (here !== out) found.push(`${name}'s ${field} is ${here} here and ${out} in the calendar`);
    }
  }
  for (const { event, marker } of ours) {
    if (!known.has(marker)) found.push(`event ${String(event["id"])} stands for no booking`);
  }
  const mirrored = await prisma.externalEvent.findMany({ where: { calendarSyncId: host.calendarSyncId } });
  const wanted = foreign.map((event) => `${String(event["id"])} at ${fieldsOf(event).start}`).sort();
  const held = mirrored.map((row) => `${row.externalEventId} at ${row.startTime.toISOString()}`).sort();
  if (JSON.stringify(wanted) !== JSON.stringify(held)) {
    found.push(`${held.length} events of others are mirrored, and ${wanted.length} are in the calendar`);
  }
  return found;
}

function fieldsOf(event: GoogleEvent) {
  const instant = (time: unknown) => new Date((time as GoogleTime | undefined)?.dateTime ?? Number.NaN);
  return {
    title: String(event["summary"] ?? ""),
    description: String(event["description"] ?? ""),
    location: String(event["location"] ?? ""),
    start: iso(instant(event["start"])),
    end: iso(instant(event["end"])),
    attendees: ((event["attendees"] ?? []) as { email: string }[]).map(({ email }) => email).sort(),
  };
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
