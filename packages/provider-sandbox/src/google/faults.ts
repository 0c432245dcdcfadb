import { z } from "zod";
import { FaultSwitches, ruleConditions, faultSettings as settingsOf } from "../FaultSwitches.ts";
import type { SeededRandom } from "../SeededRandom.ts";

/** What can go wrong with a call, a write or a notification. */
export const FAULT_KINDS = [
  "delay",
  "serverError",
  "rateLimit",
  "quotaExceeded",
  "dropConnection",
  "loseAnswer",
  "expireAccessToken",
  "loseSyncToken",
  "emptyPage",
  "touchAfterWrite",
  "dropNotification",
  "duplicateNotification",
  "reorderNotification",
  "delayNotification",
] as const;

const faultRule = z.strictObject({
  ...ruleConditions,
  fault: z.enum(FAULT_KINDS),
  method: z
    .string()
    .optional()
    .describe('Only this method, e.g. "calendar.events.patch"; "calendar.events.*" for all of a kind'),
  status: z.number().int().optional().describe("serverError: 500 to 504; rateLimit: 403 or 429"),
  delayMs: z.number().int().nonnegative().optional().describe("delay, delayNotification: how long"),
});

const behaviours = z.strictObject({
  undecodableSyncToken: z
    .union([z.literal(400), z.literal(410)])
    .describe("Answer to a sync token that cannot be read"),
  restoreDeleted: z
    .enum(["allowed", "forbidden"])
    .describe("Whether an update to confirmed brings a deleted event back"),
  secondDelete: z.union([z.literal(410), z.literal(403)]).describe("Answer to deleting a deleted event"),
  deletedShape: z
    .enum(["documented", "bare", "detailed"])
    .describe("Deleted events in lists: details only where documented, never, or always"),
  reminderChangesAreListed: z
    .boolean()
    .describe("A reminders-only write gets a new etag and shows in the next round"),
  overQuotaStatus: z.enum(["both", "403", "429"]).describe("Status of rateLimitExceeded; both: in turn"),
  syncTokenLifetimeMs: z.number().positive().nullable().describe("Sync tokens older than this answer 410"),
  updatedMinLimitMs: z.number().positive().describe("Oldest updatedMin that is answered"),
  purgeDeletedAfterMs: z.number().positive().nullable().describe("Deleted events answer 404 after this"),
  cancelledHorizonMs: z
    .number()
    .positive()
    .describe("How far ahead a deleted series reports cancelled instances"),
  maxChannelLifetimeMs: z.number().positive().describe("Longer wishes are cut to this"),
  syncMessageFirst: z.boolean().describe("The sync message is delivered before the watch call answers"),
  notificationRetryBaseMs: z.number().positive().describe("First redelivery delay; doubles each time"),
  notificationRetries: z.number().int().nonnegative().describe("Redeliveries after 500, 502, 503, 504"),
  accessTokenLifetimeSeconds: z
    .tuple([z.number().positive(), z.number().positive()])
    .describe("Shortest and longest expires_in"),
  timeLimitedGrantSeconds: z.number().positive().nullable().describe("Users grant for this long only"),
  quota: z
    .strictObject({
      unitsPerUserPerMinute: z.number().positive(),
      unitsPerProjectPerMinute: z.number().positive(),
      writesPerCalendar: z.number().positive(),
      writesPerCalendarWindowMs: z.number().positive(),
    })
    .nullable()
    .describe("Simulated quota; null: none"),
});

/** One fault: which calls it meets, how often, and what happens then. */
export type FaultRule = z.infer<typeof faultRule>;
/** Lasting behaviours on which sources about the real API disagree or that differ over time. */
export type GoogleBehaviours = z.infer<typeof behaviours>;
/** Body of `PUT /sandbox/api/faults`. */
export const faultSettings = settingsOf({ rule: faultRule, behaviours });

/** The quota that Google documents since 2026; the burst limit per calendar is ours, Google publishes no number. */
export const DOCUMENTED_QUOTA = {
  unitsPerUserPerMinute: 600,
  unitsPerProjectPerMinute: 10_000,
  writesPerCalendar: 50,
  writesPerCalendarWindowMs: 5_000,
};

const DAY_MS = 86_400_000;

/** The behaviours at the start: what is documented, or what is observed most. */
export const DEFAULT_BEHAVIOURS: GoogleBehaviours = {
  undecodableSyncToken: 400,
  restoreDeleted: "allowed",
  secondDelete: 410,
  deletedShape: "documented",
  reminderChangesAreListed: true,
  overQuotaStatus: "both",
  syncTokenLifetimeMs: null,
  updatedMinLimitMs: 28 * DAY_MS,
  purgeDeletedAfterMs: null,
  cancelledHorizonMs: 183 * DAY_MS,
  maxChannelLifetimeMs: 30 * DAY_MS,
  syncMessageFirst: false,
  notificationRetryBaseMs: 1_000,
  notificationRetries: 5,
  accessTokenLifetimeSeconds: [3599, 3599],
  timeLimitedGrantSeconds: null,
  quota: null,
};

/** The switches of the simulated Google. */
export class GoogleFaults extends FaultSwitches<FaultRule, GoogleBehaviours> {
  /** @param initial behaviours that differ from {@link DEFAULT_BEHAVIOURS} */
  constructor(random: SeededRandom, initial: Partial<GoogleBehaviours> = {}) {
    super(random, { rule: faultRule, behaviours }, { ...DEFAULT_BEHAVIOURS, ...initial });
  }
}
