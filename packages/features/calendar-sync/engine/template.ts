import type { EventSnapshot, SnapshotAttendee } from "./snapshot.ts";

/** What a template may name, each in braces: `{guest} with {host}`. */
export const PLACEHOLDERS = ["title", "description", "location", "guest", "guests", "host", "link"] as const;

type Placeholder = (typeof PLACEHOLDERS)[number];

const PLACEHOLDER = /\{([a-z]+)\}/gi;

/** What a booking has beside its fields and a template may name. */
export interface TemplateSubject {
  hostName: string;
  /** Where the host sees the booking; null when there is no such page. */
  link: string | null;
  /** Who booked: `{guest}`, while they are an attendee. Null, or gone: the first by address. */
  guestEmail: string | null;
}

/** The words in braces that no placeholder is called: a template with any of them is refused when it is saved. */
export function unknownPlaceholders(template: string): string[] {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
  return [...new Set(names)].filter((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
}

/** The template with the booking's words in it. What a placeholder gives is not read as a template again. */
export function renderTemplate(template: string, booking: EventSnapshot, subject: TemplateSubject): string {
  const { attendees } = booking;
  const nameOf = ({ name, email }: SnapshotAttendee) => name ?? email;
  const first = attendees.find(({ email }) => email === subject.guestEmail) ?? attendees[0];
  const values: Record<Placeholder, string> = {
    title: booking.title,
    description: booking.description,
    location: booking.location,
    guest: first ? nameOf(first) : "",
    guests: attendees.map(nameOf).join(", "),
    host: subject.hostName,
    link: subject.link ?? "",
  };
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? values[name as Placeholder] : whole,
  );
}
