import { QUEUE_STATES } from "@calsync/calendar-sync";
import { z } from "zod";

const instant = z.iso.datetime();

/** One piece of work that sync has to do, or has given up. */
export const queueItemSchema = z
  .object({
    id: z.string().describe("`push-…` or `job-…`."),
    kind: z
      .string()
      .describe(
        "`push`: a booking on its way to a calendar. `pull`, `subscription`, `mirror`: work on a calendar.",
      ),
    state: z
      .enum(QUEUE_STATES)
      .describe(
        "`retrying`: failed before, tried again at `nextAt`. `blocked`: the account has to be connected again, or the calendar " +
          "switched on. `failed`: given up, kept for 30 days, retried by hand.",
      ),
    calendar: z.object({ id: z.uuid(), name: z.string(), provider: z.string() }).nullable(),
    booking: z.object({ uid: z.uuid(), title: z.string(), start: instant }).nullable(),
    attempts: z.int().describe("Tries that have failed."),
    error: z
      .object({
        code: z.string().nullable().describe("A code of the closed list of calendar errors."),
        message: z.string(),
      })
      .nullable(),
    at: instant.describe("Since when it is wanted; for what was given up, since when."),
    nextAt: instant.nullable().describe("When it is tried next; null when nothing is planned."),
  })
  .meta({ id: "QueueItem" });

/** How many pieces of work stand how. */
export const queueStatisticsSchema = z
  .object(
    Object.fromEntries(QUEUE_STATES.map((state) => [state, z.int()])) as Record<
      (typeof QUEUE_STATES)[number],
      z.ZodInt
    >,
  )
  .meta({ id: "QueueStatistics" });
