/**
 * The shapes that bookings have outside: requests that are checked with these schemas, and answers that fit them. Imports
 * nothing but zod, so that a browser can use it.
 */
import { z } from "zod";

const instant = z.iso.datetime().describe("An instant, ISO 8601 in UTC");
const anyInstant = z.iso
  .datetime({ offset: true })
  .describe("An instant, ISO 8601 with Z or an offset")
  .transform((text) => new Date(text).toISOString());
const email = z
  .email({ error: "must be an e-mail address" })
  .max(254)
  .transform((text) => text.toLowerCase());

/** An IANA zone that this runtime knows. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, { error: "must be an IANA time zone such as Europe/Berlin" });

/** Names that people read: one line, no control characters. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1, { error: "must not be empty" })
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, { error: "must be one line of text" });

const slug = z
  .string()
  .max(80)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
    error: "must be lower-case letters, digits and single hyphens, such as intro-call",
  });

/** A host as guests see them. */
export const hostSchema = z.object({ name: z.string(), username: z.string(), timeZone: z.string() });

/** How far occurrences of one recurring booking are apart, and how many there may be. */
const recurrenceRuleSchema = z.object({
  frequency: z.enum(["daily", "weekly", "monthly"]),
  interval: z.int().min(1).max(52).describe("Every so many days, weeks or months"),
  maxCount: z.int().min(2).max(100).describe("Most occurrences of one booking"),
});

/** What guests can book, with its rules. */
export const eventTypeSchema = z.object({
  id: z.int(),
  title: z.string(),
  slug: z.string(),
  description: z.string(),
  location: z.string(),
  durationMinutes: z.int(),
  slotIntervalMinutes: z
    .int()
    .nullable()
    .describe("Distance between offered starts; null means the duration"),
  seats: z.int(),
  hidden: z.boolean().describe("Left out of the host's public page, but bookable by its address"),
  bufferBeforeMinutes: z.int(),
  bufferAfterMinutes: z.int(),
  minimumNoticeMinutes: z.int(),
  maximumDaysAhead: z.int(),
  recurrence: recurrenceRuleSchema
    .nullable()
    .describe("How occurrences can be booked together; null: not at all"),
});

const eventTypeFields = z.object({
  title: line(200),
  slug,
  description: z.string().trim().max(5_000),
  location: z.string().trim().max(500),
  durationMinutes: z.int().min(5).max(1_440),
  slotIntervalMinutes: z.int().min(5).max(1_440).nullable(),
  seats: z.int().min(1).max(1_000),
  hidden: z.boolean(),
  bufferBeforeMinutes: z.int().min(0).max(1_440),
  bufferAfterMinutes: z.int().min(0).max(1_440),
  minimumNoticeMinutes: z
    .int()
    .min(0)
    .max(60 * 24 * 365),
  maximumDaysAhead: z.int().min(1).max(730),
  recurrence: recurrenceRuleSchema.nullable(),
});

/** Guests who share an appointment come and go one by one; a series belongs to the guest who booked it. */
const isNotBoth = (fields: { seats?: number | undefined; recurrence?: unknown }) =>
  !fields.recurrence || (fields.seats ?? 1) === 1;
const SHARED_AND_RECURRING = {
  error: "must be 1 for an event type that is recurring: a series is booked by one guest alone",
  path: ["seats"],
};

/** POST /v1/event-types. What is left out gets the database's default. */
export const createEventTypeSchema = eventTypeFields
  .partial()
  .required({ title: true, slug: true, durationMinutes: true })
  .refine(isNotBoth, SHARED_AND_RECURRING);

/** PATCH /v1/event-types/:id. */
export const updateEventTypeSchema = eventTypeFields
  .partial()
  .refine(isNotBoth, SHARED_AND_RECURRING)
  .refine((changes) => Object.keys(changes).length > 0, { error: "must change at least one field" });

/** A host's booking page. */
export const publicProfileSchema = z.object({ host: hostSchema, eventTypes: z.array(eventTypeSchema) });
/** The booking page of one event type. */
export const publicEventTypeSchema = z.object({ host: hostSchema, eventType: eventTypeSchema });

/** GET /v1/slots. */
export const slotsQuerySchema = z
  .object({
    username: z.string().min(1).max(80),
    eventType: z.string().min(1).max(80).describe("The event type's slug"),
    from: anyInstant,
    to: anyInstant,
    timeZone: timeZoneSchema,
    rescheduleUid: z
      .uuid()
      .optional()
      .describe(
        "A booking that is to be moved: its own time counts as free. For its host, or with its guest's `token`",
      ),
    token: z.string().max(200).optional().describe("The guest's secret of the booking that is to be moved"),
    scope: z
      .enum(["one", "following", "all"])
      .optional()
      .describe("How much of its series is to be moved: only times are given at which all of it fits"),
    count: z.coerce
      .number()
      .int()
      .min(2)
      .max(100)
      .optional()
      .describe("For a recurring event type: only times from which so many occurrences are free"),
  })
  .refine(({ rescheduleUid, token }) => rescheduleUid !== undefined || token === undefined, {
    error: "token belongs to rescheduleUid",
    path: ["rescheduleUid"],
  })
  .refine(({ rescheduleUid, scope }) => rescheduleUid !== undefined || scope === undefined, {
    error: "scope belongs to rescheduleUid",
    path: ["rescheduleUid"],
  })
  .refine(({ rescheduleUid, count }) => rescheduleUid === undefined || count === undefined, {
    error: "count is for new bookings; use scope for a series that is to be moved",
    path: ["count"],
  });

/** Free times by day, and how well they are known. */
export const slotsSchema = z.object({
  timeZone: z.string(),
  days: z
    .array(
      z.object({
        date: z.iso.date(),
        slots: z.array(z.object({ start: instant, end: instant, seatsLeft: z.int() })),
      }),
    )
    .describe("Days in the asked zone; those without slots are left out"),
  closed: z
    .boolean()
    .describe(
      "Nothing is offered, because one of the host's calendars cannot be read and the host wants it so",
    ),
  freshness: z
    .array(
      z.object({
        calendar: z.string(),
        lastPulledAt: instant.nullable().describe("When it was last read in full or for its changes"),
        source: z
          .enum(["mirror", "live", "unreadable"])
          .describe("Known from that reading, asked at its provider just now, or neither"),
        ok: z.boolean().describe("Recent enough to offer times from"),
      }),
    )
    .describe("How recent the knowledge of each of the host's calendars is"),
});

/** POST /v1/bookings. */
export const bookRequestSchema = z.object({
  username: z.string().min(1).max(80),
  eventType: z.string().min(1).max(80).describe("The event type's slug"),
  start: anyInstant,
  timeZone: timeZoneSchema.describe("The guest's zone, for their mails"),
  guest: z.object({ name: line(100), email }),
  notes: z.string().trim().max(5_000).optional(),
  recurrence: z
    .object({ count: z.int().min(2).max(100).describe("How many occurrences, the first at `start`") })
    .optional()
    .describe("For an event type that is recurring: books so many occurrences, all or none"),
});

/** Header Idempotency-Key of POST /v1/bookings: chosen at random by the client for one attempt of a person to book. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{8,255}$/, { error: "must be 8 to 255 printable characters; a UUID does well" });

const token = z
  .string()
  .min(1)
  .max(200)
  .describe("The guest's secret, from the answer to their booking or from a mail");

/** POST /v1/bookings/:uid/reschedule. */
export const rescheduleRequestSchema = z.object({
  start: anyInstant,
  scope: z
    .enum(["one", "following", "all"])
    .optional()
    .describe(
      "For an occurrence of a series: it alone, it and all later ones, or all that are still to come; the others move by as much. One that was given a time of its own keeps it",
    ),
  token: token.optional(),
});

/** POST /v1/bookings/:uid/cancel. */
export const cancelRequestSchema = z.object({
  reason: z.string().trim().max(1_000).optional(),
  scope: z
    .enum(["one", "following", "all"])
    .optional()
    .describe(
      "For an occurrence of a series: it alone, it and all later ones, or all that are still to come",
    ),
  token: token.optional(),
});

/** GET /v1/bookings. */
export const bookingListQuerySchema = z.object({
  status: z.enum(["upcoming", "past", "cancelled"]).default("upcoming"),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** A booking, or a host's own entry. */
export const bookingSchema = z.object({
  uid: z.uuid(),
  kind: z.enum(["booking", "entry"]),
  status: z.enum(["pending", "accepted", "cancelled", "rejected"]),
  title: z.string(),
  description: z.string(),
  location: z.string(),
  start: instant,
  end: instant,
  timeZone: z.string(),
  allDay: z.boolean(),
  hostPlaced: z.boolean().describe("The host chose this time in a calendar"),
  overlaps: z.boolean().describe("Another active booking of the host overlaps it; told to the host only"),
  attendees: z.array(
    z.object({
      name: z.string(),
      email: z.string(),
      timeZone: z.string(),
      response: z.enum(["needs-action", "accepted", "tentative", "declined"]),
      optional: z.boolean().describe("The appointment counts without them"),
    }),
  ),
  eventType: z.object({ slug: z.string(), title: z.string(), durationMinutes: z.int() }).nullable(),
  host: z.object({ name: z.string(), username: z.string() }),
  cancelledAt: instant.nullable(),
  cancellationReason: z.string().nullable(),
  sequence: z.int(),
  series: z
    .object({
      id: z.uuid(),
      originalStart: z.string().describe("The start that the series' rule gives: an instant, or a day"),
    })
    .nullable()
    .describe("The series that it is an occurrence of"),
  calendars: z
    .array(
      z.object({
        calendarName: z.string(),
        provider: z.string(),
        status: z.enum(["pending", "synced", "conflict", "error", "deleted"]),
        lastError: z.string().nullable(),
        lastPushedAt: instant.nullable(),
      }),
    )
    .describe("Where its events stand; told to the host only"),
});

/** A page of bookings; `nextCursor` is null on the last. */
export const bookingListSchema = z.object({
  bookings: z.array(bookingSchema),
  nextCursor: z.string().nullable(),
});
/** GET /v1/bookings/:uid/occurrences. */
export const occurrencesSchema = z.object({
  bookings: z
    .array(
      bookingSchema.extend({
        guestToken: z
          .string()
          .nullable()
          .describe("What opens this date to the guest who asks, as `token`; null for the host"),
      }),
    )
    .describe(
      "All occurrences of the booking's series, cancelled ones too, in order; none of a single booking",
    ),
});
/** What a guest is given who has booked. */
export const bookedSchema = z.object({
  booking: bookingSchema.describe("The booking; of a series, its first occurrence"),
  guestToken: z.string(),
  occurrences: z
    .array(z.object({ uid: z.uuid(), start: instant, end: instant, guestToken: z.string() }))
    .nullable()
    .describe("All occurrences of a recurring booking, in order; null for a single one"),
});

/** A host as guests see them. */
export type Host = z.output<typeof hostSchema>;
/** What guests can book, with its rules. */
export type EventTypeDto = z.output<typeof eventTypeSchema>;
/** A new event type, defaults filled in. */
export type CreateEventType = z.output<typeof createEventTypeSchema>;
/** What is changed of an event type. */
export type UpdateEventType = z.output<typeof updateEventTypeSchema>;
/** A host's booking page. */
export type PublicProfile = z.output<typeof publicProfileSchema>;
/** The booking page of one event type. */
export type PublicEventType = z.output<typeof publicEventTypeSchema>;
/** Which free times are asked for. */
export type SlotsQuery = z.output<typeof slotsQuerySchema>;
/** Free times by day, and how well they are known. */
export type Slots = z.output<typeof slotsSchema>;
/** What a guest wants to book. */
export type BookRequest = z.output<typeof bookRequestSchema>;
/** Which bookings are asked for. */
export type BookingListQuery = z.output<typeof bookingListQuerySchema>;
/** A booking, or a host's own entry. */
export type BookingDto = z.output<typeof bookingSchema>;
/** One date of a series, with what opens it to its guest. */
export type OccurrenceDto = z.output<typeof occurrencesSchema>["bookings"][number];
/** A page of bookings; `nextCursor` is null on the last. */
export type BookingList = z.output<typeof bookingListSchema>;
/** How a series recurs. */
export type RecurrenceRule = z.output<typeof recurrenceRuleSchema>;
/** What a guest is given who has booked. */
export type Booked = z.output<typeof bookedSchema>;

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
