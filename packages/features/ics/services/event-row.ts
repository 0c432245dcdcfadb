import { createHash } from "node:crypto";
import type { IcsEvent } from "@calsync/icalendar";

/** An event of a file as it is stored. */
export interface EventRow {
  uid: string;
  /** Empty for an event or a series. */
  recurrenceId: string;
  sequence: number;
  stampedAt: string | null;
  /** SHA-256 in hex. */
  contentHash: string;
  snapshot: IcsEvent;
}

const MAX_UID = 500;
const MAX_TITLE = 1_000;
const MAX_TEXT = 16_000;
const MAX_ATTENDEES = 500;
const MAX_SEQUENCE = 2_147_483_647;

/**
 * An event as it is stored: texts of a length and of characters that the database takes, and a hash of what it says, by which the
 * same event is known again although its file was made anew.
 * @param method of the file: what a CANCEL is about is cancelled (RFC 5546 §3.2.5)
 * @param own addresses of the uploader, in lower case
 */
export function toEventRow(event: IcsEvent, method: string | null, own: ReadonlySet<string>): EventRow {
  const uid = clean(event.uid, Number.POSITIVE_INFINITY);
  const snapshot: IcsEvent = {
    ...event,
    uid: uid.length > MAX_UID ? `${sha256(uid)}@long-uid` : uid,
    title: clean(event.title, MAX_TITLE),
    description: clean(event.description, MAX_TEXT),
    location: clean(event.location, MAX_TITLE),
    url: event.url === null ? null : clean(event.url, MAX_TITLE),
    sequence: Math.min(event.sequence, MAX_SEQUENCE),
    status: method === "CANCEL" && isCancelledFor(event, own) ? "cancelled" : event.status,
    organizer: event.organizer && cleanPerson(event.organizer),
    attendees: event.attendees.slice(0, MAX_ATTENDEES).map(cleanPerson),
    recurrence: event.recurrence?.map((line) => clean(line, MAX_TEXT)) ?? null,
    kept: {},
  };
  const { stampedAt, lastModified: _modified, line: _line, sequence: _sequence, ...content } = snapshot;
  return {
    uid: snapshot.uid,
    recurrenceId: snapshot.recurrenceId ?? "",
    sequence: snapshot.sequence,
    stampedAt,
    contentHash: sha256(JSON.stringify(content)),
    snapshot,
  };
}

/** A CANCEL that only takes other people off leaves the appointment as it is. */
function isCancelledFor(event: IcsEvent, own: ReadonlySet<string>): boolean {
  if (event.status === "cancelled" || event.attendees.length === 0) return true;
  return event.attendees.some(({ email }) => own.has(email.toLowerCase()));
}

function cleanPerson<T extends { email: string; name: string | null }>(person: T): T {
  const { email, name } = person;
  return { ...person, email: clean(email, 320), name: name === null ? null : clean(name, 300) };
}

/** PostgreSQL takes neither U+0000 nor half a surrogate pair. */
function clean(text: string, maxLength: number): string {
  return text.replaceAll("\u0000", "").slice(0, maxLength).toWellFormed();
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
