import type { Tone } from "@calsync/ui";
import type { CalendarImport, ImportCounts, ImportedAnswer, SetAsideReason } from "../api/types.ts";

/** The state of an import in words. */
export function lookOfImport({ status }: Pick<CalendarImport, "status">): { text: string; tone: Tone } {
  if (status === "applied") return { text: "Imported", tone: "good" };
  if (status === "taken_back") return { text: "Taken back", tone: "neutral" };
  return { text: "Waits for you", tone: "warn" };
}

/** How people know a file: by the calendar's own name, else by the file's. */
export function nameOfImport({ calendarName, fileName }: Pick<CalendarImport, "calendarName" | "fileName">) {
  return calendarName ? `${calendarName} (${fileName})` : fileName;
}

/** Why a mail was not applied by itself, and what to make of it. */
export const SET_ASIDE: Record<SetAsideReason, string> = {
  "no-calendar": "It holds no invitation; somebody has written to you. The mail stays in the mailbox.",
  packed:
    "What it carries is packed in a form of Outlook's own (winmail.dat). Ask for the invitation again, not sent as rich text.",
  "too-large": "It is larger than what the inbox takes.",
  unreadable: "It cannot be read. Upload the calendar file, if you have it.",
  "unknown-recipient": "It names nobody who has an account here.",
  "no-invitation": "It is a calendar, but no invitation, cancellation or answer.",
  "not-invited": "It is an invitation that does not name you.",
  "other-sender":
    "It was not sent by the one who invites or answers: somebody has passed it on, or pretends to be them.",
  "other-organizer": "The appointment that you know has another organizer.",
  "not-authenticated": "The mail server could not confirm who has sent it.",
  "has-errors": "Parts of it cannot be read.",
  "answers-nothing": "It answers none of your bookings, or comes from somebody who is not invited.",
  failed: "It could not be taken, several times.",
};

/** `1 event`, `3 events`. */
export function describeEvents(count: number): string {
  return count === 1 ? "1 event" : `${count} events`;
}

/** What of a file could not be read; null when all of it was. */
export function describeErrors({ errors, status }: Pick<CalendarImport, "errors" | "status">): string | null {
  if (errors === 0) return null;
  const what = errors === 1 ? "1 event" : `${errors} parts`;
  if (status === "ready") return `${what} cannot be read and would be left out.`;
  return `${what} could not be read and ${errors === 1 ? "was" : "were"} left out.`;
}

/** `3 new, 1 changed, 12 known already`. */
export function describeCounts(counts: ImportCounts): string {
  const parts: [number, string][] = [
    [counts.added, "new"],
    [counts.changed, "changed"],
    [counts.cancelled, "cancelled"],
    [counts.unchanged, "known already"],
    [counts.outdated, "older than what is known"],
    [counts.own, "your own bookings"],
  ];
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return told.length > 0 ? told.join(", ") : "nothing";
}

/** What an import has done. */
export function describeResult({ method, result }: Pick<CalendarImport, "method" | "result">): string {
  if (!result) return "";
  if (method !== "REPLY") return describeCounts(result);
  return result.changed === 1 ? "1 booking answered" : `${result.changed} bookings answered`;
}

const VERDICTS: Record<ImportedAnswer["verdict"], string> = {
  changes: "will be noted",
  same: "is known already",
  "not-invited": "is not invited to this booking",
  cancelled: "came to a booking that was cancelled",
  ended: "came to a booking that is over",
  "unknown-booking": "belongs to none of your bookings",
  outdated: "is older than what is known",
  "no-answer": "says neither yes nor no",
};
const RESPONSES = { accepted: "accepts", tentative: "may come", declined: "declines" } as const;

/** `Ann accepts Intro: will be noted`. */
export function describeAnswer({ name, email, response, verdict, booking }: ImportedAnswer): string {
  const who = name || email || "Somebody";
  const what = response ? RESPONSES[response] : "answers";
  return `${who} ${what}${booking ? ` ${booking.title}` : ""}: ${VERDICTS[verdict]}`;
}
