import {
  type AnswerView,
  type FeedRow,
  type ImportDetails,
  type ImportRow,
  SCHEDULE_PARTS,
} from "@calsync/ics";
import { z } from "zod";
import { setAsideSchema } from "./inbox.ts";
import { toWire } from "./wire.ts";

const instant = z.iso.datetime();

const countsSchema = z
  .object({
    added: z.int(),
    changed: z.int(),
    cancelled: z.int(),
    unchanged: z.int().describe("Known in the same version, or nothing that is known is cancelled"),
    outdated: z.int().describe("Known in a later version"),
    own: z.int().describe("Stand for your own bookings and are passed over"),
  })
  .describe("How many events are what; of answers, `changed` counts bookings");

const verdictSchema = z.enum(["added", "changed", "cancelled", "unchanged", "outdated", "own"]);

const ANSWER_VERDICTS = [
  "changes",
  "same",
  "not-invited",
  "cancelled",
  "ended",
  "unknown-booking",
  "outdated",
  "no-answer",
] as const satisfies AnswerView["verdict"][];

/** An uploaded calendar file. */
export const importSchema = z
  .object({
    id: z.uuid(),
    fileName: z.string(),
    calendarName: z.string().nullable().describe("How the file calls itself"),
    method: z.string().nullable().describe("The iTIP method of an invitation, a cancellation or an answer"),
    timeZone: z.string().describe("In which floating times were read and whole days begin"),
    status: z.enum(["ready", "applied", "taken_back"]).describe("`ready`: nothing of it counts yet"),
    freeEvents: z.enum(["ignore", "availability"]),
    octets: z.int(),
    events: z.int().describe("Events that could be read"),
    errors: z.int().describe("Events that could not be read"),
    warnings: z.int(),
    otherComponents: z.int().describe("Tasks, journals and the like, which are passed over"),
    problems: z
      .array(
        z.object({
          line: z.int(),
          property: z.string().nullable(),
          message: z.string(),
          severity: z.enum(["error", "warning"]),
        }),
      )
      .describe("The first of them, with the line that each stands in"),
    result: countsSchema.nullable().describe("What applying it did"),
    createdAt: instant,
    appliedAt: instant.nullable(),
    takenBackAt: instant.nullable(),
    mail: z
      .object({
        from: z.string().nullable(),
        subject: z.string(),
        setAside: setAsideSchema.nullable().describe("Why it was not applied at once"),
      })
      .nullable()
      .describe("The mail that it came with; null for an upload"),
  })
  .meta({ id: "CalendarImport" });

const previewSchema = z.object({
  counts: countsSchema,
  conflicts: z
    .array(
      z.object({
        bookingUid: z.uuid(),
        bookingTitle: z.string(),
        bookingStart: instant,
        bookingEnd: instant,
        title: z.string(),
        start: instant,
        end: instant,
      }),
    )
    .describe("Bookings to come that its busy times overlap, each with the first of these; they stay"),
  moreConflicts: z.boolean(),
  upcoming: z.array(
    z.object({
      title: z.string(),
      allDay: z.boolean(),
      start: instant,
      end: instant,
      free: z.boolean(),
      verdict: verdictSchema,
    }),
  ),
  freeTimes: z.int().describe("Times that leave you free; see `freeEvents` of applying"),
  answers: z
    .array(
      z.object({
        email: z.string().nullable(),
        name: z.string().nullable(),
        response: z.enum(["accepted", "tentative", "declined"]).nullable(),
        verdict: z.enum(ANSWER_VERDICTS).describe("What becomes of it; `changes` alone changes something"),
        booking: z.object({ uid: z.uuid(), title: z.string(), start: instant, end: instant }).nullable(),
      }),
    )
    .describe("Of a REPLY"),
});

/** An import with what it would do. */
export const importDetailsSchema = importSchema
  .extend({ preview: previewSchema.nullable().describe("Null once it was applied") })
  .meta({ id: "CalendarImportDetails" });

/** POST /v1/imports/:id/apply: what becomes of the file's events. */
export const applyImportSchema = z.object({
  freeEvents: z
    .enum(["ignore", "availability"])
    .default("ignore")
    .describe("Events that leave you free: passed over, or hours in which guests can book you"),
  leaveOut: z.boolean().default(false).describe("Import the file without the events that cannot be read"),
});

/** A secret address of a user's schedule. */
export const feedSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    parts: z.array(z.enum(SCHEDULE_PARTS)),
    details: z.boolean(),
    createdAt: instant,
    lastReadAt: instant.nullable(),
  })
  .meta({ id: "CalendarFeed" });

const parts = z.array(z.enum(SCHEDULE_PARTS)).min(1).max(SCHEDULE_PARTS.length);

/** POST /v1/feeds. */
export const createFeedSchema = z.object({
  name: z.string().trim().min(1).max(100),
  parts: parts.default(["bookings", "busy"]),
  details: z
    .boolean()
    .default(true)
    .describe("Titles, places and people; without them only when you are busy"),
});

/** `bookings,busy` as a query has it. */
export const partsQuerySchema = z
  .string()
  .default("bookings,busy")
  .transform((text) => [...new Set(text.split(",").map((part) => part.trim()))])
  .pipe(parts)
  .describe(`Which parts, separated by commas: ${SCHEDULE_PARTS.join(", ")}.`);

/** A time of an imported event, as a calendar view shows it. */
export const importedItemSchema = z
  .object({
    importId: z.uuid(),
    title: z.string(),
    location: z.string(),
    days: z
      .object({ start: z.iso.date(), end: z.iso.date() })
      .nullable()
      .describe("What it covers when it lasts all day, the end excluded"),
    start: instant,
    end: instant,
    free: z.boolean().describe("Hours in which guests can book you"),
    source: z.string().describe("The calendar or the file that it came with"),
  })
  .meta({ id: "ImportedItem" });

/** An import as the API shows it. */
export function toImport(row: ImportRow) {
  return importSchema.parse(lowered(row));
}

/** An import with its preview, as the API shows it. */
export function toImportDetails(row: ImportDetails) {
  return importDetailsSchema.parse(lowered(row));
}

/** A feed as the API shows it; its address is told once, when it is made. */
export function toFeed(row: FeedRow) {
  return feedSchema.parse(toWire(row));
}

function lowered(row: ImportRow | ImportDetails) {
  return {
    ...toWire(row),
    status: row.status.toLowerCase(),
    freeEvents: row.freeEvents.toLowerCase(),
  };
}
