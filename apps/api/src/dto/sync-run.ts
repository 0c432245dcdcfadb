import { FINDINGS, type FindingKind, RUN_DIRECTIONS } from "@calsync/calendar-sync";
import { z } from "zod";

const instant = z.iso.datetime();
const booking = z.object({ uid: z.uuid(), title: z.string(), start: instant }).nullable();
const problem = z.object({ code: z.string(), message: z.string() });
const FINDING_KINDS = Object.keys(FINDINGS) as [FindingKind, ...FindingKind[]];

/** Which way a run by hand goes. */
export const runDirectionSchema = z
  .enum(RUN_DIRECTIONS)
  .describe(
    "`from_calendar`: read changes. `to_calendar`: write all coming bookings and compare. `both`: one after the other.",
  );

const pullReport = z.looseObject({
  pages: z.int(),
  changes: z.int(),
  applied: z.int().describe("Changes made to bookings."),
  refused: z.int(),
  mirrored: z.int().describe("Events that are not ours."),
  setAside: z.int().describe("Events that could not be read."),
  full: z.boolean().describe("Everything was listed, not what changed since."),
});
const pushReport = z.looseObject({
  created: z.int(),
  updated: z.int(),
  deleted: z.int(),
  unchanged: z.int(),
  failed: z.int(),
});

const plannedChange = z.object({
  side: z.enum(["booking", "calendar"]).describe("The side that would change."),
  booking,
  eventId: z.string().nullable(),
  action: z.string(),
  result: z.enum(["applied", "refused", "held"]),
  reason: z.string().describe("A code of the engine's closed list of reasons."),
  explanation: z.string(),
  before: z.unknown(),
  after: z.unknown(),
});

const finding = z
  .object({
    kind: z.enum(FINDING_KINDS),
    cause: z.string().describe("The kind as a sentence."),
    booking,
    eventId: z.string().nullable(),
    fields: z.array(z.string()),
    changedLast: z.enum(["booking", "calendar", "both", "unknown"]).nullable(),
    healing: z
      .enum(["done", "possible", "by-hand"])
      .describe(
        "`done`: healed, or what heals it is on its way. `possible`: ask again with `fix`. `by-hand`: a person has to.",
      ),
  })
  .meta({ id: "DoctorFinding" });

const runResult = z.discriminatedUnion("type", [
  z.object({ type: z.literal("synced"), pull: pullReport.nullable(), push: pushReport.nullable() }),
  z.object({
    type: z.literal("plan"),
    changes: z.array(plannedChange).describe("At most 500 of them."),
    total: z.int(),
    mirrored: z.int(),
  }),
  z.object({
    type: z.literal("checked"),
    outcome: z.enum(["checked", "unread", "gone"]).describe("`unread`: the comparison could not be made."),
    bookings: z.int().describe("Coming bookings that were compared."),
    findings: z.array(finding),
    error: problem.nullable(),
  }),
]);

/** A sync or a check that somebody asked for, with its progress. */
export const syncRunSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(["sync", "doctor"]),
    direction: runDirectionSchema,
    dryRun: z.boolean(),
    fix: z.boolean(),
    status: z.enum(["queued", "running", "done"]),
    createdAt: instant,
    finishedAt: instant.nullable(),
    progress: z.object({ total: z.int(), done: z.int(), failed: z.int() }).describe("Calendars."),
    calendars: z.array(
      z.object({
        id: z.uuid(),
        name: z.string(),
        provider: z.string(),
        status: z.enum(["queued", "running", "done", "failed"]),
        result: runResult.nullable().describe("Null while it is not done, and in lists."),
        error: problem.nullable(),
      }),
    ),
  })
  .meta({ id: "SyncRun" });
