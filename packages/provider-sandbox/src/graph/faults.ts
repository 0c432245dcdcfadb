import { z } from "zod";
import { FaultSwitches, faultSettings, ruleConditions } from "../FaultSwitches.ts";
import type { SeededRandom } from "../SeededRandom.ts";

/** What can go wrong with a call, a write or a notification. */
const GRAPH_FAULT_KINDS = [
  "delay",
  "serverError",
  "rateLimit",
  "conflict",
  "dropConnection",
  "loseAnswer",
  "expireAccessToken",
  "claimsChallenge",
  "loseSyncToken",
  "emptyPage",
  "repeatEntity",
  "replayChange",
  "hideFreshChange",
  "touchAfterWrite",
  "dropNotification",
  "missNotification",
  "duplicateNotification",
  "reorderNotification",
  "delayNotification",
] as const;

const rule = z.strictObject({
  ...ruleConditions,
  fault: z
    .enum(GRAPH_FAULT_KINDS)
    .describe("missNotification: dropped, and the lifecycle notification `missed` is sent in its place"),
  method: z
    .string()
    .optional()
    .describe('Only this method, e.g. "graph.events.update"; "graph.events.*" for all of a kind'),
  eventId: z
    .string()
    .optional()
    .describe("Only calls that name this event, by the kind of id that they name it with"),
  status: z
    .number()
    .int()
    .optional()
    .describe(
      "serverError: 500 to 504; conflict: 409 or 412; loseAnswer: this answer in place of the real one",
    ),
  retryAfterSeconds: z
    .number()
    .positive()
    .optional()
    .describe("rateLimit, serverError: the Retry-After header"),
  delayMs: z.number().int().nonnegative().optional().describe("delay, delayNotification: how long"),
});

const MINUTE_MS = 60_000;

const behaviours = z.strictObject({
  duplicateSubscription: z
    .enum(["refused", "accepted"])
    .describe("A second identical subscription: 409, or accepted so that notifications double"),
  reauthorizeAndRenew: z
    .enum(["fine", "breaks"])
    .describe("Whether renewing and reauthorizing within ten minutes breaks a subscription"),
  authorizationLifetimeMs: z
    .number()
    .positive()
    .nullable()
    .describe("How long a subscription is authorized before reauthorizationRequired; null: until it expires"),
  reauthorizationLeadMs: z
    .number()
    .positive()
    .describe("How long before the end of authorization or subscription it is asked for"),
  notificationsPerUpdate: z
    .tuple([z.number().int().min(1), z.number().int().max(10)])
    .describe("Fewest and most `updated` notifications of one change"),
  batchNotifications: z.boolean().describe("One post may carry notifications of several subscriptions"),
  notificationRetryBaseMs: z
    .number()
    .positive()
    .describe("First redelivery delay in simulated time; doubles each time, up to half an hour"),
  notificationTimeoutMs: z.number().positive().describe("A notification unanswered for so long has failed"),
  slowAnswerMs: z.number().positive().describe("Answers that take longer count as slow"),
  selectInDelta: z.enum(["refused", "accepted"]).describe("$select with calendarView/delta"),
  deltaWindowLimit: z
    .enum(["none", "1825 days"])
    .describe("Whether delta limits its window as calendarView does"),
  deltaTokensKept: z.number().int().positive().describe("Delta links per calendar that still work"),
  deletedSeries: z
    .enum(["master", "occurrences"])
    .describe("@removed of a deleted series: for the master only, or for each occurrence too"),
  returnedIanaZones: z
    .enum(["verbatim", "windows"])
    .describe("How originalStartTimeZone shows a zone that was given by its IANA name"),
  duplicateTransactionStatus: z
    .union([z.literal(400), z.literal(409)])
    .describe("Answer to a transactionId that was used for another event"),
  secondDelete: z.union([z.literal(404), z.literal(403)]).describe("Answer to deleting a deleted event"),
  rangeStartDate: z
    .enum(["refused", "corrected"])
    .describe("A recurrence whose startDate is not the event's date"),
  userConsent: z
    .enum(["allowed", "admin"])
    .describe("Whether users of work accounts may consent to Calendars.* themselves"),
  refreshTokenReuse: z
    .enum(["accepted", "revokes"])
    .describe("A refresh token shown a second time: still good, or the end of every token of its sign-in"),
  accessTokenLifetimeSeconds: z
    .tuple([z.number().positive(), z.number().positive()])
    .describe("Shortest and longest expires_in"),
  limits: z
    .strictObject({
      requestsPerWindow: z.number().positive(),
      windowMs: z.number().positive(),
      concurrent: z.number().int().positive(),
      serviceMs: z.number().nonnegative(),
    })
    .nullable()
    .describe("Limits per app and mailbox; serviceMs is how long a call takes at least; null: none"),
});

/** One fault: which calls it meets, how often, and what happens then. */
export type GraphFaultRule = z.infer<typeof rule>;
/** Lasting behaviours on which sources about the real API disagree or that differ over time. */
export type GraphBehaviours = z.infer<typeof behaviours>;
/** Body of `PUT /sandbox/api/faults?provider=graph`. */
export const graphFaultSettings = faultSettings({ rule, behaviours });

/** The limits that Microsoft documents for Outlook; how long a call takes is ours. */
export const DOCUMENTED_GRAPH_LIMITS = {
  requestsPerWindow: 10_000,
  windowMs: 10 * MINUTE_MS,
  concurrent: 4,
  serviceMs: 3,
};

/** The behaviours at the start: what is documented, or what is observed most. */
export const DEFAULT_GRAPH_BEHAVIOURS: GraphBehaviours = {
  duplicateSubscription: "accepted",
  reauthorizeAndRenew: "fine",
  authorizationLifetimeMs: null,
  reauthorizationLeadMs: 15 * MINUTE_MS,
  notificationsPerUpdate: [1, 3],
  batchNotifications: true,
  notificationRetryBaseMs: 10_000,
  notificationTimeoutMs: 3_000,
  slowAnswerMs: 10_000,
  selectInDelta: "refused",
  deltaWindowLimit: "none",
  deltaTokensKept: 4,
  deletedSeries: "master",
  returnedIanaZones: "verbatim",
  duplicateTransactionStatus: 400,
  secondDelete: 404,
  rangeStartDate: "refused",
  userConsent: "allowed",
  refreshTokenReuse: "accepted",
  accessTokenLifetimeSeconds: [3600, 5400],
  limits: null,
};

/** The switches of the simulated Microsoft Graph. */
export class GraphFaults extends FaultSwitches<GraphFaultRule, GraphBehaviours> {
  /** @param initial behaviours that differ from {@link DEFAULT_GRAPH_BEHAVIOURS} */
  constructor(random: SeededRandom, initial: Partial<GraphBehaviours> = {}) {
    super(random, { rule, behaviours }, { ...DEFAULT_GRAPH_BEHAVIOURS, ...initial });
  }
}
