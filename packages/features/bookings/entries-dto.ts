/** The shapes of a host's own entries outside. Imports nothing but zod, so that a browser can use it. */
import { z } from "zod";
import { timeZoneSchema } from "./dto.ts";

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 366;
/** How far an entry may lie ahead or back, so that a slip of the keyboard is noticed. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;
const MAX_ATTENDEES = 100;
const MAX_CALENDARS = 10;

const anyInstant = z.iso
  .datetime({ offset: true })
  .describe("An instant, ISO 8601 with Z or an offset")
  .transform((text) => new Date(text).toISOString());

/** Text of several lines: without the control characters that no calendar keeps. */
const text = (max: number) =>
  z
    .string()
    .transform((value) =>
      value
        .replace(/\r\n?/g, "\n")
        .replace(/[^\P{Cc}\n\t]/gu, "")
        .trim(),
    )
    .pipe(z.string().max(max));

const line = (max: number) =>
  z
    .string()
    .transform((value) => value.replace(/\p{Cc}+/gu, " ").trim())
    .pipe(z.string().max(max));

const time = z
  .discriminatedUnion("allDay", [
    z.object({
      allDay: z.literal(false),
      start: anyInstant,
      end: anyInstant.describe("Belongs to it no more"),
      timeZone: timeZoneSchema.optional().describe("Shown in this zone; the host's own when left out"),
    }),
    z.object({
      allDay: z.literal(true),
      start: z.iso.date().describe("The first day"),
      end: z.iso.date().describe("The day after the last one"),
      timeZone: timeZoneSchema
        .optional()
        .describe("From midnight to midnight there; the host's zone when left out"),
    }),
  ])
  .refine(({ start, end }) => end > start, { path: ["end"], error: "must be later than start" })
  .refine(({ start, end }) => Date.parse(end) - Date.parse(start) <= LONGEST_DAYS * DAY_MS, {
    path: ["end"],
    error: `must be at most ${LONGEST_DAYS} days after start`,
  })
  .refine(
    ({ start, end }) => Number(start.slice(0, 4)) >= FIRST_YEAR && Number(end.slice(0, 4)) <= LAST_YEAR,
    {
      path: ["start"],
      error: `must lie between ${FIRST_YEAR} and ${LAST_YEAR}`,
    },
  );

const attendee = z.object({
  email: z
    .email({ error: "must be an e-mail address" })
    .max(254)
    .transform((address) => address.toLowerCase()),
  name: line(100).default(""),
});

const fields = {
  title: line(200).pipe(z.string().min(1, { error: "must not be empty" })),
  description: text(5_000),
  location: line(500),
  time,
  attendees: z
    .array(attendee)
    .max(MAX_ATTENDEES)
    .refine((list) => new Set(list.map(({ email }) => email)).size === list.length, {
      error: "names an address twice",
    })
    .describe("Those who take part: they get invitations"),
  calendars: z
    .array(z.uuid())
    .min(1)
    .max(MAX_CALENDARS)
    .transform((ids) => [...new Set(ids)])
    .describe("Ids of the calendars (GET /v1/sync) that it stands in; the default destination when left out"),
};

/** POST /v1/events. */
export const createEntrySchema = z.object({
  title: fields.title,
  time: fields.time,
  description: fields.description.default(""),
  location: fields.location.default(""),
  attendees: fields.attendees.default([]),
  calendars: fields.calendars.optional(),
});

/** PATCH /v1/events/:uid. */
export const updateEntrySchema = z
  .object(fields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, { error: "must change at least one field" });

/** A host's own entry. */
export const entrySchema = z
  .object({
    uid: z.uuid(),
    version: z.string().describe("The ETag: send it as If-Match to change exactly what you have seen"),
    status: z.enum(["pending", "accepted", "cancelled", "rejected"]),
    title: z.string(),
    description: z.string(),
    location: z.string(),
    time: z.object({
      allDay: z.boolean(),
      start: z.string().describe("An instant, or a day when it lasts all day"),
      end: z.string().describe("Exclusive: an instant, or the day after the last one"),
      timeZone: z.string(),
    }),
    attendees: z.array(
      z.object({
        name: z.string(),
        email: z.string(),
        response: z.enum(["needs-action", "accepted", "tentative", "declined"]),
      }),
    ),
    calendars: z.array(
      z.object({
        id: z.uuid(),
        name: z.string(),
        provider: z.string(),
        status: z.enum(["pending", "synced", "conflict", "error", "deleted"]),
        lastError: z.string().nullable(),
      }),
    ),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Entry" });

/** A new entry of a host's own, defaults filled in. */
export type CreateEntry = z.output<typeof createEntrySchema>;
/** What is changed of an entry. */
export type UpdateEntry = z.output<typeof updateEntrySchema>;
/** A host's own entry, with the calendars that it is written to. */
export type Entry = z.output<typeof entrySchema>;
