import { describeSlots, slotsOf, timeAt } from "@calsync/icalendar";
import { buildSeriesInvitation, type Invitation } from "@calsync/ics";
import type { EventTime } from "@calsync/types";
import type { MailedSeries } from "../repositories/MailSubjectRepository.ts";
import type { MailMessage } from "../transport/MailTransport.ts";
import type { BookingState, MailActor, Message } from "./booking-state.ts";
import {
  type MailRecipient,
  type MailSettings,
  organizerFor,
  RESPONSES,
  sameAddress,
  stands,
  timeOf,
} from "./compose-mail.ts";
import { renderMessage } from "./render-message.ts";

type Occurrence = MailedSeries["bookings"][number];

/** A series as this recipient is to know it; null for one without occurrences. */
export function seriesStateFor(series: MailedSeries, recipient: MailRecipient): BookingState | null {
  const active = series.bookings.filter((booking) => concerns(booking, recipient));
  const first = active[0] ?? series.bookings[0];
  if (!first) return null;
  return {
    active: active.length > 0,
    start: first.startTime.toISOString(),
    end: first.endTime.toISOString(),
    allDay: series.allDay,
    title: series.title,
    description: series.description,
    location: series.location,
    guests: recipient.role === "host" ? guestsOf(first).map(({ name }) => name) : [],
    occurrences: active.map(
      ({ startTime, endTime }) => `${startTime.toISOString()}/${endTime.toISOString()}`,
    ),
  };
}

/** Writes the one mail that tells `message` about a whole series, with an invitation to all of its occurrences. */
export function composeSeriesMail(input: {
  mailId: string;
  message: Message;
  series: MailedSeries;
  recipient: MailRecipient;
  actor: MailActor;
  current: BookingState;
  told: BookingState | null;
  settings: MailSettings;
  now: Date;
}): MailMessage {
  const { series, recipient, settings, current, now } = input;
  const active = series.bookings.filter((booking) => concerns(booking, recipient));
  // The link leads to the next one; from there to the others.
  const shown = active.find(({ endTime }) => endTime > now) ?? active[0] ?? series.bookings[0];
  if (!shown) throw new RangeError("A series without occurrences has nothing to tell");
  const guest = shown.attendees.find(({ email }) => sameAddress(email, recipient.email));
  const person = recipient.role === "host" ? series.host : guest;
  const name = person?.name ?? recipient.email;
  const manageUrl = settings.manageUrl(shown, recipient);
  const rendered = renderMessage({
    message: input.message,
    current,
    told: input.told,
    actor: input.actor,
    recipient: { role: recipient.role, name, timeZone: person?.timeZone ?? series.timeZone },
    host: series.host,
    cancellationReason: current.active ? null : shown.cancellationReason,
    notesToHost: [],
    manageUrl,
    providerName: settings.providerName,
  });
  const replyTo = recipient.role === "guest" ? series.host : guestsOf(shown)[0];
  const method = current.active ? "REQUEST" : "CANCEL";
  return {
    messageId: `<${input.mailId}@${settings.messageIdDomain}>`,
    references: `<series.${series.id}@${settings.messageIdDomain}>`,
    to: { name, address: recipient.email },
    replyTo: replyTo ? { name: replyTo.name, address: replyTo.email } : null,
    ...rendered,
    invitation: { method, content: invitationFor(series, recipient, method, shown, manageUrl, input.now) },
  };
}

function invitationFor(
  series: MailedSeries,
  recipient: MailRecipient,
  method: "REQUEST" | "CANCEL",
  shown: Occurrence,
  url: string,
  now: Date,
): string {
  const slotted = series.bookings.filter((one) => one.originalStart !== null);
  const slots = slotted.map((one) => one.originalStart ?? "").sort();
  const ruled = timeOf(series);
  const first = timeAt(ruled, slots[0] ?? (ruled.allDay ? ruled.start : series.startTime.toISOString()));
  const base: Invitation = {
    method,
    uid: series.iCalUid,
    sequence: series.sequence,
    title: series.title,
    description: series.description,
    location: series.location,
    url,
    time: first,
    organizer: organizerFor(series.host, recipient, series.organizerEmail),
    attendees: guestsOf(shown, recipient).map(({ name, email, response }) => ({
      name,
      email,
      response: RESPONSES[response],
    })),
    stampedAt: now,
  };
  if (base.attendees.length === 0) base.attendees = [{ ...series.host, response: "accepted" }];
  const kept = sameSlots(slotsOf({ time: first, recurrence: series.recurrence }).slots, slots);
  return buildSeriesInvitation({
    series: base,
    recurrence: kept ? series.recurrence : describeSlots(first, slots, series.recurrence),
    excluded:
      method === "CANCEL"
        ? []
        : slotted.filter((one) => !concerns(one, recipient)).map((one) => one.originalStart ?? ""),
    changed:
      method === "CANCEL"
        ? []
        : slotted
            .filter(
              (one) =>
                concerns(one, recipient) && differs(one, series, timeAt(first, one.originalStart ?? "")),
            )
            .map((one) => ({
              ...base,
              recurrenceId: one.originalStart,
              sequence: Math.max(series.sequence, one.sequence),
              title: one.title,
              description: one.description,
              location: one.location,
              time: timeOf(one),
            })),
  });
}

function differs(one: Occurrence, series: MailedSeries, expected: EventTime): boolean {
  const time = timeOf(one);
  return (
    time.start !== expected.start ||
    time.end !== expected.end ||
    one.title !== series.title ||
    one.description !== series.description ||
    one.location !== series.location
  );
}

function concerns(booking: Occurrence, { role, email }: MailRecipient): boolean {
  if (!stands(booking)) return false;
  return role === "host" || booking.attendees.some((one) => sameAddress(one.email, email) && one.expected);
}

/** Guests are not told of each other. */
function guestsOf(booking: Occurrence, recipient?: MailRecipient): Occurrence["attendees"] {
  if (recipient?.role === "guest")
    return booking.attendees.filter(({ email }) => sameAddress(email, recipient.email));
  return booking.attendees.filter(({ expected }) => expected);
}

function sameSlots(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((slot, index) => slot === b[index]);
}
