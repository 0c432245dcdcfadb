import { buildInvitation } from "@calsync/ics";
import type { AttendeeResponse, EventTime } from "@calsync/types";
import type { MailMessage } from "../transport/MailTransport.ts";
import type { BookingState, MailActor, Message } from "./booking-state.ts";
import { renderMessage } from "./render-message.ts";

/** A booking as mails need it. */
export interface MailedBooking {
  uid: string;
  title: string;
  description: string;
  location: string;
  startTime: Date;
  endTime: Date;
  timeZone: string;
  allDay: boolean;
  status: "PENDING" | "ACCEPTED" | "CANCELLED" | "REJECTED";
  seats: number;
  iCalUid: string;
  sequence: number;
  cancellationReason: string | null;
  /** Set for an occurrence of a series: which one it is, and what the series' messages carry. */
  originalStart?: string | null;
  series?: { id: string; iCalUid: string; sequence: number; organizerEmail: string | null } | null;
  /** The organizer whom its guests' invitations name; null before the first of them. */
  organizerEmail: string | null;
  host: { uid: string; name: string; email: string; timeZone: string };
  attendees: MailedAttendee[];
}

interface MailedAttendee {
  name: string;
  email: string;
  timeZone: string;
  response: "NEEDS_ACTION" | "ACCEPTED" | "TENTATIVE" | "DECLINED";
  optional: boolean;
  /** False for a guest who gave the seat up or was taken off. */
  expected: boolean;
}

/** Whom a mail goes to. */
export interface MailRecipient {
  role: "host" | "guest";
  email: string;
}

/** Where links in mails lead, and how calendars are called. */
export interface MailSettings {
  /** The page on which this recipient sees and changes the booking; for a guest it carries their secret. */
  manageUrl(booking: { uid: string }, recipient: MailRecipient): string;
  /** A provider's name for people: `googlecalendar` is "Google Calendar". */
  providerName(provider: string): string;
  /** Where guests' calendars send their answers to a host's invitations; null where that is the host's own address. */
  answerAddress?: ((host: { uid: string }) => string) | null;
  /** The domain of Message-IDs (RFC 5322 §3.6.4): one that we own. */
  messageIdDomain: string;
}

/** The booking as this recipient is to know it. */
export function stateFor(booking: MailedBooking, recipient: MailRecipient): BookingState {
  const own = booking.attendees.find(({ email }) => sameAddress(email, recipient.email));
  return {
    active: stands(booking) && (recipient.role === "host" || own?.expected === true),
    start: booking.startTime.toISOString(),
    end: booking.endTime.toISOString(),
    allDay: booking.allDay,
    title: booking.title,
    description: booking.description,
    location: booking.location,
    guests: recipient.role === "host" ? guestsOf(booking).map(({ name }) => name) : [],
  };
}

/** Writes the mail that tells `message`, with its invitation. */
export function composeMail(input: {
  mailId: string;
  message: Message;
  booking: MailedBooking;
  recipient: MailRecipient;
  actor: MailActor;
  notesToHost: readonly string[];
  current: BookingState;
  told: BookingState | null;
  settings: MailSettings;
  now: Date;
}): MailMessage {
  const { booking, recipient, settings, current } = input;
  const guest = booking.attendees.find(({ email }) => sameAddress(email, recipient.email));
  const person = recipient.role === "host" ? booking.host : guest;
  const name = person?.name ?? recipient.email;
  const manageUrl = settings.manageUrl(booking, recipient);
  const rendered = renderMessage({
    message: input.message,
    current,
    told: input.told,
    actor: input.actor,
    recipient: { role: recipient.role, name, timeZone: person?.timeZone ?? booking.timeZone },
    host: booking.host,
    cancellationReason: stands(booking) ? null : booking.cancellationReason,
    notesToHost: input.notesToHost,
    manageUrl,
    providerName: settings.providerName,
  });
  const [onlyGuest, ...others] = guestsOf(booking);
  const replyTo = recipient.role === "guest" ? booking.host : others.length === 0 ? onlyGuest : undefined;
  const method = current.active ? "REQUEST" : "CANCEL";
  return {
    messageId: `<${input.mailId}@${settings.messageIdDomain}>`,
    references: `<booking.${booking.uid}@${settings.messageIdDomain}>`,
    to: { name, address: recipient.email },
    replyTo: replyTo ? { name: replyTo.name, address: replyTo.email } : null,
    ...rendered,
    invitation: { method, content: invitationFor(booking, recipient, method, manageUrl, input.now) },
  };
}

function invitationFor(
  booking: MailedBooking,
  recipient: MailRecipient,
  method: "REQUEST" | "CANCEL",
  manageUrl: string,
  now: Date,
): string {
  // Guests of a shared appointment are not told of each other.
  const named =
    recipient.role === "host"
      ? guestsOf(booking)
      : booking.attendees.filter(({ email }) => sameAddress(email, recipient.email));
  const attendees = named.map(({ name, email, response, optional }) => ({
    name,
    email,
    response: RESPONSES[response],
    optional,
  }));
  return buildInvitation({
    method,
    // Occurrences share the series' UID; which one is meant, its original start tells (RFC 5545 §3.8.4.4).
    uid: booking.series?.iCalUid ?? booking.iCalUid,
    sequence: Math.max(booking.sequence, booking.series?.sequence ?? 0),
    recurrenceId: booking.series ? (booking.originalStart ?? null) : null,
    title: booking.title,
    description: booking.description,
    location: booking.location,
    url: manageUrl,
    time: timeOf(booking),
    organizer: organizerFor(booking.host, recipient, (booking.series ?? booking).organizerEmail),
    // A shared appointment that all guests have left still stands in the host's calendar, with the host alone.
    attendees: attendees.length > 0 ? attendees : [{ ...booking.host, response: "accepted" }],
    wholeEvent: !stands(booking),
    stampedAt: now,
  });
}

/**
 * The organizer whom an invitation names: programs send what their user answers there (RFC 5546 §3.2.3), so guests get the address of
 * the inbox where there is one. The host's own copy names the host, whose calendar would else take it for somebody else's invitation.
 * @param told whom invitations of the appointment have named so far. It stays: a program takes an update by another organizer for
 *   another appointment, or refuses it (RFC 5546 §3.2.2)
 */
export function organizerFor(
  host: MailedBooking["host"],
  { role }: MailRecipient,
  told: string | null,
): { name: string; email: string } {
  return { name: host.name, email: (role === "guest" && told) || host.email };
}

/** Whom the first invitation of an appointment names, to guests. */
export function firstOrganizer(
  host: MailedBooking["host"],
  { answerAddress }: Pick<MailSettings, "answerAddress">,
): string {
  return answerAddress ? answerAddress(host) : host.email;
}

/** Answers as invitations spell them. */
export const RESPONSES: Record<MailedAttendee["response"], AttendeeResponse> = {
  NEEDS_ACTION: "needs-action",
  ACCEPTED: "accepted",
  TENTATIVE: "tentative",
  DECLINED: "declined",
};

/** Whether a booking takes place, as far as is known. */
export function stands({ status }: Pick<MailedBooking, "status">): boolean {
  return status === "ACCEPTED" || status === "PENDING";
}

function guestsOf(booking: MailedBooking): MailedAttendee[] {
  return booking.attendees.filter(({ expected }) => expected);
}

/** All-day bookings are stored from midnight to midnight of their zone. */
export function timeOf({
  allDay,
  startTime,
  endTime,
  timeZone,
}: Pick<MailedBooking, "allDay" | "startTime" | "endTime" | "timeZone">): EventTime {
  if (!allDay) return { allDay, start: startTime.toISOString(), end: endTime.toISOString(), timeZone };
  const day = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return { allDay, start: day.format(startTime), end: day.format(endTime) };
}

/** Whether two addresses are one mailbox. */
export function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
