import { CHOSEN_FIELDS } from "@calsync/calendar-sync";
import { z } from "zod";
import { problemSchema } from "../plugins/problem.ts";

const instant = z.iso.datetime();

const eventTimeSchema = z
  .discriminatedUnion("allDay", [
    z.object({ allDay: z.literal(false), start: instant, end: instant, timeZone: z.string().min(1).max(64) }),
    z.object({ allDay: z.literal(true), start: z.iso.date(), end: z.iso.date() }),
  ])
  .meta({ id: "EventTime" });

/** The fields of a booking or an event, as they are compared. */
const sideSchema = z
  .object({
    time: eventTimeSchema,
    title: z.string(),
    description: z.string(),
    location: z.string(),
    attendees: z.array(
      z.object({
        email: z.string(),
        name: z.string().nullable(),
        response: z.enum(["needs-action", "accepted", "tentative", "declined"]),
        optional: z.boolean(),
      }),
    ),
  })
  .meta({ id: "EventSide" });

const fieldSchema = z.enum(CHOSEN_FIELDS);
const valueSchema = z.union([eventTimeSchema, z.string(), sideSchema.shape.attendees]);
const calendarSchema = z.object({ id: z.uuid(), name: z.string(), provider: z.string() });

/** A question about one booking. */
export const conflictSchema = z
  .object({
    id: z.uuid(),
    kind: z
      .enum(["fields", "deleted", "cancelled", "outside-hours", "overlap"])
      .describe(
        "`fields`: both sides changed the same. `deleted`: the event is gone and the booking was changed. `cancelled`: the booking is cancelled and its event was changed. Otherwise a move that the host wants to see first.",
      ),
    state: z.enum(["open", "resolved", "over"]).describe("`over`: the booking has ended."),
    question: z.string().describe("The question as a sentence."),
    booking: z.object({ uid: z.uuid(), title: z.string() }),
    calendar: calendarSchema,
    fields: z.array(z.string()).describe("The fields that are asked about."),
    facts: z
      .object({
        outsideHours: z.boolean(),
        busy: z.boolean().describe("A connected calendar holds something else then."),
        overlaps: z.array(z.string()).describe("Uids of the bookings that the time overlaps."),
      })
      .nullable(),
    openedAt: instant,
    resolvedAt: instant.nullable(),
    resolution: z
      .enum(["local", "remote", "merge", "converged", "overtaken"])
      .nullable()
      .describe("`converged`, `overtaken`: it settled by itself."),
  })
  .meta({ id: "Conflict" });

/** A question with both sides. */
export const conflictDetailsSchema = conflictSchema
  .extend({
    version: z.string().describe("Send it with the answer: it names what was seen."),
    base: sideSchema.nullable().describe("What both sides last agreed on."),
    local: sideSchema.nullable().describe("The booking; null when it is cancelled."),
    remote: sideSchema.nullable().describe("The event; null when it is gone."),
    comparison: z.array(
      z.object({
        field: fieldSchema,
        base: valueSchema.nullable(),
        local: valueSchema,
        remote: valueSchema.nullable(),
        changedBy: z.enum(["nobody", "local", "remote", "both"]),
        proposal: z.enum(["local", "remote"]),
        differs: z.boolean(),
      }),
    ),
    proposal: z
      .object({
        time: eventTimeSchema,
        title: z.string(),
        description: z.string(),
        location: z.string(),
        attendees: sideSchema.shape.attendees.optional(),
      })
      .nullable()
      .describe("What a merge would make of both sides."),
  })
  .meta({ id: "ConflictDetails" });

/** The answer that came too late, with the question as it is now. */
export const staleConflictSchema = problemSchema
  .extend({ conflict: conflictDetailsSchema })
  .meta({ id: "StaleConflict" });

const textChoice = z.union([z.enum(["local", "remote"]), z.object({ text: z.string().max(8_192) })]);
const expectedVersion = z.string().max(64).describe("The question's `version` as the person saw it.");

/** A person's answer. */
export const resolveRequestSchema = z
  .discriminatedUnion("choice", [
    z.object({ choice: z.enum(["local", "remote"]), expectedVersion }),
    z.object({
      choice: z.literal("merge"),
      expectedVersion,
      fields: z
        .object({
          time: z.union([z.enum(["local", "remote"]), z.object({ time: eventTimeSchema })]),
          title: textChoice,
          description: textChoice,
          location: textChoice,
          attendees: z
            .enum(["local", "remote"])
            .describe("Of those who answered differently on both sides: which answers count."),
        })
        .partial()
        .describe("A side or a value for each field that is asked about."),
    }),
  ])
  .meta({ id: "ResolveConflict" });

/** The same answer to several questions. */
export const resolveManyRequestSchema = z.object({
  choice: z.enum(["local", "remote"]),
  ids: z.array(z.uuid()).min(1).max(100),
});

const refusalSchema = z.object({ code: z.string(), message: z.string() }).nullable();

/** What became of each of several questions that were answered at once. */
export const bulkOutcomeSchema = z.object({
  outcomes: z.array(z.object({ id: z.uuid(), refusal: refusalSchema.describe("Null when it was done.") })),
});

/** A pull that would change more bookings than the host allows. */
export const massChangeSchema = z
  .object({
    id: z.uuid(),
    status: z
      .enum(["open", "confirmed", "restored", "withdrawn"])
      .describe("`withdrawn`: the changes were taken back in the calendar."),
    calendar: calendarSchema,
    cancellations: z.int(),
    moves: z.int(),
    limit: z.int(),
    openedAt: instant,
    decidedAt: instant.nullable(),
    finishedAt: instant.nullable().describe("When the answer was carried out in full."),
  })
  .meta({ id: "MassChange" });

/** A mass change with the bookings that it is about. */
export const massChangeDetailsSchema = massChangeSchema
  .extend({
    items: z
      .array(
        z.object({
          bookingUid: z.uuid(),
          title: z.string(),
          action: z.enum(["cancel", "reschedule"]),
          start: instant,
          end: instant,
          newTime: eventTimeSchema.nullable(),
        }),
      )
      .describe("What would happen; at most 500 of them, and none once it is answered."),
    applied: z.int().describe("Changes that were carried out after the host's yes."),
    undone: z.int().describe("How many of those were taken back."),
  })
  .meta({ id: "MassChangeDetails" });

/** What became of undoing several changes at once. */
export const undoOutcomesSchema = z.object({
  undone: z.int(),
  refused: z.array(
    z.object({
      changeId: z.uuid(),
      booking: z.object({ uid: z.uuid(), title: z.string() }).nullable(),
      code: z.string(),
      message: z.string(),
    }),
  ),
});
