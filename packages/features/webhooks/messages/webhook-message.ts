/**
 * What webhooks tell, as schemas that a receiver may use too. A message never loses a member within one version; members may
 * be added. Imports nothing but zod.
 */
import { z } from "zod";

/** What a webhook can be asked to tell of. */
export const WEBHOOK_EVENTS = [
  "BOOKING_CREATED",
  "BOOKING_RESCHEDULED",
  "BOOKING_CANCELLED",
  "SYNC_CONFLICT",
  "CREDENTIAL_INVALID",
] as const;

const instant = z.iso.datetime().describe("An instant, ISO 8601 in UTC");

const bookingState = z.object({
  uid: z.uuid().describe("Stays the same however often the booking is moved"),
  kind: z.enum(["booking", "entry"]).describe("`entry`: made by the host for themselves"),
  status: z.enum(["pending", "accepted", "cancelled", "rejected"]),
  title: z.string(),
  description: z.string(),
  location: z.string(),
  start: instant,
  end: instant,
  allDay: z.boolean().describe("From midnight to midnight of `timeZone`"),
  timeZone: z.string().describe("IANA zone"),
  sequence: z.int().describe("Rises with every change: the message with the higher one is the later word"),
  attendees: z.array(
    z.object({
      name: z.string(),
      email: z.string(),
      timeZone: z.string(),
      response: z.enum(["needs-action", "accepted", "tentative", "declined"]),
    }),
  ),
  host: z.object({ name: z.string(), username: z.string(), email: z.string() }),
  eventType: z.object({ slug: z.string(), title: z.string() }).nullable(),
  cancelledAt: instant.nullable(),
  cancellationReason: z.string().nullable(),
});

const cause = z.object({
  by: z.enum(["host", "guest", "system"]),
  name: z.string().nullable().describe("The guest's name, when a guest did it"),
  via: z
    .object({ calendarName: z.string(), provider: z.string() })
    .nullable()
    .describe("The calendar in which it was done; null when it was done in the app"),
});

const bookingData = {
  booking: bookingState,
  actor: cause,
  guests: z
    .array(z.string())
    .nullable()
    .describe("Addresses of the guests whom it concerns; null when it concerns the whole appointment"),
};

/** The `data` of each kind of message. */
export const webhookData = {
  BOOKING_CREATED: z.object({
    ...bookingData,
    restored: z.boolean().describe("It had been cancelled, and stands again"),
  }),
  BOOKING_RESCHEDULED: z.object({
    ...bookingData,
    previous: z
      .object({ start: instant, end: instant })
      .nullable()
      .describe("When it was before the first of the moves that this message is about; null when not known"),
  }),
  BOOKING_CANCELLED: z.object(bookingData),
  SYNC_CONFLICT: z.object({
    conflictId: z.uuid(),
    booking: z.object({ uid: z.uuid(), title: z.string() }),
    calendar: z.object({ id: z.uuid(), name: z.string(), provider: z.string() }),
    fields: z
      .array(z.string())
      .describe("What both sides changed: time, title, description, location, attendees"),
    openedAt: instant,
  }),
  CREDENTIAL_INVALID: z.object({
    credential: z.object({ id: z.int(), provider: z.string(), accountEmail: z.string().nullable() }),
    reason: z.string().nullable().describe("What the provider said, without secrets"),
    since: instant,
  }),
  PING: z.object({ text: z.string() }),
} as const;

type Data = typeof webhookData;

const message = <T extends keyof Data>(type: T) =>
  z.object({
    id: z.uuid().describe("The same whenever this message is sent again: the header webhook-id"),
    type: z.literal(type),
    version: z.literal(1),
    timestamp: instant.describe("When it happened"),
    data: webhookData[type],
  });

/** The body of a request that a webhook receives. */
export const webhookMessageSchema = z.discriminatedUnion("type", [
  message("BOOKING_CREATED"),
  message("BOOKING_RESCHEDULED"),
  message("BOOKING_CANCELLED"),
  message("SYNC_CONFLICT"),
  message("CREDENTIAL_INVALID"),
  message("PING"),
]);

/** What webhooks are told of. */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
/** The `data` of a message of one kind. */
export type WebhookData<E extends keyof Data = keyof Data> = z.output<Data[E]>;
/** A message as it is posted. */
export type WebhookMessage = z.output<typeof webhookMessageSchema>;
