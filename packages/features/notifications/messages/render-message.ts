import { type BookingState, changedDetails, type MailActor, type Message } from "./booking-state.ts";
import { formatStart, formatTime } from "./format-time.ts";
import { oneLine, type RenderedMessage, renderPage } from "./mail-page.ts";

/** All that a message is written from. */
export interface MessageInput {
  message: Message;
  current: BookingState;
  /** What the recipient was told last; null when nothing yet. */
  told: BookingState | null;
  actor: MailActor;
  recipient: { role: "host" | "guest"; name: string; timeZone: string };
  host: { name: string; email: string };
  cancellationReason: string | null;
  /** What guests of a shared appointment wrote for the host alone. */
  notesToHost: readonly string[];
  /** Where the recipient sees and changes the booking. */
  manageUrl: string;
  /** A provider's name for people. */
  providerName(provider: string): string;
}

const SUBJECTS: Record<Message, string> = {
  booked: "Confirmed",
  rescheduled: "New time",
  cancelled: "Cancelled",
  restored: "Takes place after all",
  changed: "Changed",
  invited: "Invitation",
  uninvited: "No longer invited",
  "guests-changed": "Guests changed",
  "occurrences-cancelled": "Some dates cancelled",
};

const VERBS: Record<Message, string> = {
  booked: "booked it",
  rescheduled: "moved it",
  cancelled: "cancelled it",
  restored: "brought it back",
  changed: "changed it",
  invited: "invited you",
  uninvited: "took you off the list",
  "guests-changed": "changed it",
  "occurrences-cancelled": "cancelled them",
};

/** Writes the mail. Times are in the recipient's zone; what people typed is escaped. */
export function renderMessage(input: MessageInput): RenderedMessage {
  const { current, recipient } = input;
  const subject = `${SUBJECTS[input.message]}: ${oneLine(current.title)} (${formatStart(current, recipient.timeZone)})`;
  const lead = leadOf(input);
  const rows = rowsOf(input);
  const link = current.active ? "See, move or cancel it" : "See the booking";
  return renderPage({
    subject,
    name: recipient.name,
    lead,
    rows,
    link: { text: link, url: input.manageUrl },
  });
}

function leadOf(input: MessageInput): string {
  const what = `“${oneLine(input.current.title)}”`;
  const host = oneLine(input.host.name);
  const withWhom = input.recipient.role === "guest" ? ` with ${host}` : "";
  const sentences: Record<Message, string> = {
    booked: `${what}${withWhom} is booked.`,
    rescheduled: `${what}${withWhom} has a new time.`,
    cancelled: `${what}${withWhom} is cancelled.`,
    restored: `${what}${withWhom} takes place after all.`,
    changed: `The details of ${what}${withWhom} have changed.`,
    invited: `You are invited to ${what}${withWhom}.`,
    uninvited: `You are no longer expected at ${what}${withWhom}.`,
    "guests-changed": `The guests of ${what} have changed.`,
    "occurrences-cancelled": `Some dates of ${what}${withWhom} are cancelled.`,
  };
  return `${sentences[input.message]} ${actorSentence(input)}`.trim();
}

/** "Dana Demo moved it in Google Calendar." The calendar's own name is the host's business. */
function actorSentence({ actor, message, recipient, host, providerName }: MessageInput): string {
  if (actor.by === "system") return "";
  const isRecipient = actor.by === recipient.role && (actor.by === "host" || actor.name === recipient.name);
  const who = isRecipient ? "You" : oneLine(actor.by === "host" ? host.name : (actor.name ?? "A guest"));
  if (!actor.via) return `${who} ${VERBS[message]}.`;
  const calendar = recipient.role === "host" ? ` (${oneLine(actor.via.calendarName)})` : "";
  return `${who} ${VERBS[message]} in ${providerName(actor.via.provider)}${calendar}.`;
}

function rowsOf({
  message,
  current,
  told,
  recipient,
  host,
  cancellationReason,
  notesToHost,
}: MessageInput): [string, string][] {
  const rows: [string, string][] = whenRows(current, recipient.timeZone);
  if (message === "rescheduled" && told && !told.occurrences)
    rows.push(["Before", formatTime(told, recipient.timeZone)]);
  if (message === "cancelled" && cancellationReason) rows.push(["Reason", cancellationReason]);
  if (recipient.role === "guest") rows.push(["Host", `${oneLine(host.name)} <${host.email}>`]);
  else if (current.guests.length > 0) rows.push(["Guests", current.guests.map(oneLine).join(", ")]);
  if (recipient.role === "host") {
    for (const note of notesToHost) rows.push(["For you", note]);
  }
  if (current.location) rows.push(["Where", current.location]);
  if (current.description) rows.push(["Notes", current.description]);
  if (told && (message === "changed" || message === "rescheduled")) {
    for (const field of changedDetails(told, current)) {
      if (told[field]) rows.push([`${FIELD_NAMES[field]} before`, told[field]]);
    }
  }
  return rows;
}

/** One row, or for a series one for all of its dates. */
function whenRows(current: BookingState, timeZone: string): [string, string][] {
  if (!current.occurrences || current.occurrences.length < 2)
    return [["When", formatTime(current, timeZone)]];
  const dates = current.occurrences.map((occurrence) => {
    const [start = "", end = ""] = occurrence.split("/");
    return formatTime({ start, end, allDay: current.allDay }, timeZone);
  });
  return [[`When (${dates.length} dates)`, dates.join("\n")]];
}

const FIELD_NAMES = { title: "Title", location: "Where", description: "Notes" };
