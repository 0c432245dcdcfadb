import { CRON_NAMES } from "@calsync/calendar-sync";
import { z } from "zod";

const instant = z.iso.datetime();

/** How one calendar's sync stands. */
export const syncStatusSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    provider: z.string(),
    accountEmail: z.string().nullable(),
    status: z
      .enum(["initial", "healthy", "retrying", "failed"])
      .describe("`initial`: never read in full yet. `failed`: a person has to do something."),
    enabled: z.boolean(),
    lastPulledAt: instant.nullable(),
    lastPushedAt: instant.nullable(),
    lastNotificationAt: instant.nullable(),
    nextPollAt: instant,
    fresh: z
      .boolean()
      .describe(
        "Recent enough to offer times from; else the provider is asked each time that somebody looks.",
      ),
    lastError: z.string().nullable().describe("A code of the closed list of calendar errors."),
    lastErrorMessage: z.string().nullable(),
    lastErrorAt: instant
      .nullable()
      .describe("When it was seen last; null as soon as the calendar was read again."),
    notifications: z
      .enum(["active", "pending", "unsupported", "error", "none"])
      .describe("How changes reach us: announced by the provider, or found by polling."),
    pendingPushes: z.int().describe("Bookings whose change is not in the calendar yet."),
    failingPushes: z.int().describe("Those of them that failed at the last try and are tried again."),
    failedPushes: z.int().describe("Bookings whose change was given up on."),
    pushError: z.string().nullable().describe("Why writing failed: a code of the closed list."),
    setAside: z.int().describe("Events that could not be read and were set aside."),
    usedFor: z.array(z.enum(["destination", "busy times"])),
  })
  .meta({ id: "SyncStatus" });

/** How sync stands altogether. */
export const overallSchema = z
  .enum(["ok", "working", "attention"])
  .describe("`working`: something is on its way. `attention`: a person has to do something.");

/** What waits for a host, counted. */
export const attentionSchema = z
  .object({
    questions: z.int().describe("Questions about single bookings that are still to come."),
    externalEdits: z.int().describe("Edits of events that are not ours which ask which side counts."),
    massChanges: z.int().describe("Questions about many changes at once."),
    connections: z.int().describe("Accounts that have to be connected again."),
    calendars: z.int().describe("Calendars that cannot be synced for another reason."),
    failed: z.int().describe("Work that was given up."),
    total: z.int(),
  })
  .meta({ id: "Attention" });

/** One change that sync made or refused. */
export const changeSchema = z
  .object({
    id: z.uuid(),
    at: instant,
    source: z.enum(["calendar", "app", "sync"]),
    result: z.enum(["applied", "refused", "held"]),
    action: z.string(),
    reason: z.string().describe("A code of the engine's closed list of reasons."),
    explanation: z.string().describe("The reason as a sentence for people."),
    before: z.unknown(),
    after: z.unknown(),
    calendar: z.object({ name: z.string(), provider: z.string() }).nullable(),
    booking: z.object({ uid: z.uuid(), title: z.string() }).nullable(),
    undoable: z.boolean().describe("Whether it can be taken back now."),
    whyNotUndoable: z.object({ code: z.string(), message: z.string() }).nullable(),
    undoes: z.uuid().nullable().describe("The change that this one takes back."),
    undoneBy: z.uuid().nullable().describe("The change that took this one back."),
  })
  .meta({ id: "Change" });

/** Name of a cron, in its route. */
export const cronNameSchema = z.enum(CRON_NAMES);

/** What a cron did: a count per kind of work. */
export const cronReportSchema = z.record(z.string(), z.number()).meta({ id: "CronReport" });
