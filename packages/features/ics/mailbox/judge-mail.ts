import { authenticationOf } from "./authentication.ts";
import type { ReadMail } from "./read-mail.ts";
import type { CalendarMessage } from "./read-message.ts";
import type { SetAsideReason } from "./reasons.ts";

/** What is known here of the one whom a mail is for. */
export interface Recipient {
  /** Their addresses, in lower case. */
  own: ReadonlySet<string>;
  /** Organizers of the appointments that are known under the message's UIDs. */
  organizers: ReadonlySet<string>;
}

/**
 * Decides whether what a mail says may be applied without a person: only the organizer invites and cancels, only the guest answers
 * (RFC 5546 §6.1.2), and the mail server must not doubt the sender.
 * @param authority see {@link authenticationOf}; where it is given, a sender that is not confirmed is not believed
 * @returns why not; null when it may
 */
export function judgeMail(
  mail: ReadMail,
  { method, events }: CalendarMessage,
  { own, organizers }: Recipient,
  authority: string | null,
): SetAsideReason | null {
  const { from } = mail;
  if (method === null || method === "PUBLISH") return "no-invitation";
  if (from === null) return "other-sender";
  const speaks =
    method === "REPLY" ? answersOf(from, events) : events.every(({ organizer }) => organizer === from);
  if (!speaks) return "other-sender";
  const authentication = authenticationOf(mail.authentication, domainOf(from), authority);
  if (authentication === "fail" || (authority !== null && authentication !== "pass"))
    return "not-authenticated";
  if (method === "REPLY") return null;
  if ([...organizers].some((organizer) => organizer !== from)) return "other-organizer";
  const invited = events.some(({ attendees }) => attendees.some((email) => own.has(email)));
  return method === "REQUEST" && !invited ? "not-invited" : null;
}

/**
 * A REPLY holds the one attendee who answers (RFC 5546 §3.2.3). Somebody else may answer for them if the calendar says so (SENT-BY,
 * RFC 5545 §3.2.18) and both are of one domain: an assistant. Anybody can write SENT-BY, so that others wait for a person
 * (RFC 6047 §3 leaves to the recipient whom to believe).
 */
function answersOf(from: string, events: CalendarMessage["events"]): boolean {
  return events.every(({ attendees: [attendee, ...others], sentBy }) => {
    if (attendee === undefined || others.length > 0) return false;
    return attendee === from || (sentBy === from && domainOf(attendee) === domainOf(from));
  });
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);
