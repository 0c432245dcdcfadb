import { z } from "zod";

const instant = z.iso.datetime();

const timeSchema = z.discriminatedUnion("allDay", [
  z.object({ allDay: z.literal(false), start: instant, end: instant, timeZone: z.string() }),
  z.object({ allDay: z.literal(true), start: z.iso.date(), end: z.iso.date() }),
]);

/** A host's edit of an event that is not ours. */
export const externalEditSchema = z
  .object({
    id: z.uuid(),
    calendarSyncId: z.uuid(),
    kind: z.enum(["edit", "delete"]),
    wanted: z.object({
      time: timeSchema.optional(),
      title: z.string().optional(),
      description: z.string().optional(),
      location: z.string().optional(),
    }),
    status: z
      .enum(["pending", "applied", "refused", "conflict", "discarded"])
      .describe("`conflict`: both sides changed the same; POST …/resolve says which counts"),
    explanation: z.string().nullable().describe("Why it ended so, for people"),
    lastError: z.string().nullable().describe("What went wrong at the last try, for people"),
    requestedAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: "ExternalEdit" });

/** An edit that asks which side counts, with both of them. */
export const askingEditSchema = externalEditSchema
  .extend({
    calendar: z.object({ id: z.uuid(), name: z.string(), provider: z.string() }),
    title: z.string().describe("The event's, as the host saw it"),
    comparison: z
      .array(
        z.object({
          field: z.enum(["time", "title", "description", "location"]),
          before: z.union([timeSchema, z.string()]),
          mine: z.union([timeSchema, z.string()]).nullable().describe("Null: the event is to be deleted"),
          calendar: z.union([timeSchema, z.string()]),
        }),
      )
      .describe("Where the edit and the calendar differ; what else was changed is kept from both"),
  })
  .meta({ id: "AskingExternalEdit" });

/** An event in one of the user's calendars that is not one of ours, or one occurrence of it. */
export const externalEventSchema = z
  .object({
    id: z.uuid(),
    calendarSyncId: z.uuid(),
    calendarName: z.string(),
    provider: z.string(),
    title: z.string(),
    description: z.string(),
    location: z.string(),
    start: instant,
    end: instant,
    time: timeSchema.nullable().describe("As the event says it: days when it lasts all day"),
    recurring: z.boolean().describe("Part of a series: an edit has to say its scope"),
    originalStart: z.string().nullable().describe("Names the occurrence in requests"),
    version: z
      .string()
      .nullable()
      .describe("The ETag: send it as If-Match to change exactly what you have seen"),
    url: z.string().nullable().describe("Where a person can open it"),
    editable: z.boolean(),
    notEditableReason: z
      .enum(["calendar-read-only", "calendar-not-in-step", "not-organizer", "declined", "past", "unreadable"])
      .nullable(),
    notEditableExplanation: z.string().nullable(),
    edit: externalEditSchema
      .nullable()
      .describe("The last edit that is on its way, asks something, or was refused in the last day"),
  })
  .meta({ id: "ExternalEvent" });

const anyInstant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

const later = { path: ["end"], error: "must be later than start" };

/** PATCH /v1/external-events/:id. */
export const editExternalEventSchema = z
  .object({
    time: z
      .discriminatedUnion("allDay", [
        z.object({
          allDay: z.literal(false),
          start: anyInstant,
          end: anyInstant,
          timeZone: z.string().min(1).max(64).optional().describe("The event's own when left out"),
        }),
        z.object({ allDay: z.literal(true), start: z.iso.date(), end: z.iso.date() }),
      ])
      .refine(({ start, end }) => end > start, later)
      .describe("For a whole series: when its first occurrence is to be"),
    title: z.string().trim().max(1_000),
    description: z.string().trim().max(8_000),
    location: z.string().trim().max(1_000),
  })
  .partial()
  .extend({
    scope: z.enum(["occurrence", "series"]).optional().describe("For events that recur"),
    originalStart: z.string().max(40).optional().describe("The occurrence, as GET /v1/calendar names it"),
  })
  .refine(
    ({ time, title, description, location }) =>
      [time, title, description, location].some((one) => one !== undefined),
    {
      error: "must change at least one field",
    },
  );

/** What names an event in the query of a request. */
export const externalScopeQuerySchema = z.object({
  scope: z.enum(["occurrence", "series"]).optional().describe("For events that recur"),
  originalStart: z.string().max(40).optional().describe("The occurrence, as GET /v1/calendar names it"),
});
