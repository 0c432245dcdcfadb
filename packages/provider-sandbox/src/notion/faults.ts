import { z } from "zod";
import { FaultSwitches, faultSettings, ruleConditions } from "../FaultSwitches.ts";
import type { SeededRandom } from "../SeededRandom.ts";

/** What can go wrong with a call or a delivery. */
const FAULT_KINDS = [
  "delay",
  "serverError",
  "notJson",
  "overload",
  "rateLimit",
  "conflict",
  "savedButUnavailable",
  "dropConnection",
  "loseAnswer",
  "refuseToken",
  "shortPage",
  "dropDelivery",
  "duplicateDelivery",
  "reorderDelivery",
] as const;

const faultRule = z.strictObject({
  ...ruleConditions,
  fault: z.enum(FAULT_KINDS),
  method: z
    .string()
    .optional()
    .describe('Only this method, e.g. "pages.update"; "pages.*" for all of a kind; "webhook" for deliveries'),
  status: z.number().int().optional().describe("serverError: 500 or 503; notJson: 502 or 504"),
  delayMs: z.number().int().nonnegative().optional().describe("delay: how long"),
  retryAfterSeconds: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe("rateLimit, overload: the pause asked for"),
  reason: z.string().optional().describe("rateLimit: the rate_limit_reason"),
});

const behaviours = z.strictObject({
  oldVersionDataSources: z.enum(["refused", "works"]).describe("/data_sources paths under 2022-06-28"),
  largePageSize: z.enum(["refused", "capped"]).describe("A page_size over 100"),
  shuffleUnsorted: z.boolean().describe("Queries without sorts come in another order each time"),
  queryLimit: z.number().int().positive().describe("Most rows that one query shows"),
  indexLagMs: z.number().nonnegative().describe("How long queries do not show a new page yet"),
  conflictChance: z.number().min(0).max(1).describe("409 when two writes to one page overlap"),
  acceptZoneWithOffset: z.boolean().describe("A date with both a zone and an offset is taken"),
  extraFields: z.boolean().describe("Responses and events carry a field that nobody knows"),
  requestWindow: z
    .strictObject({ plus: z.number().int().positive(), business: z.number().int().positive() })
    .nullable()
    .describe("Requests of a connection per 60 seconds, by plan; null: not counted"),
  workspaceLimit: z
    .strictObject({ requests: z.number().int().positive(), windowMs: z.number().positive() })
    .nullable()
    .describe("Requests of a whole workspace in a window"),
  blocked: z.boolean().describe("Every call is refused with public_api_request_blocked"),
  refreshRotation: z
    .enum(["refused", "tolerated", "none"])
    .describe("A refresh token that was used: refused, still good; or no refresh tokens at all"),
  oauthErrors: z
    .enum(["code", "error"])
    .describe("OAuth errors as the API's envelope or as RFC 6749 has them"),
  accessTokenLifetimeMs: z.number().positive().nullable().describe("Access tokens answer 401 after this"),
  signHandshake: z.boolean().describe("The webhook handshake is signed"),
  aggregationMs: z.number().nonnegative().describe("How long events are gathered before they are sent"),
  cancelledEvents: z
    .enum(["none", "last"])
    .describe("Created and deleted within the window: no event, or the last"),
  deliveryRetryBaseMs: z
    .number()
    .positive()
    .describe("First pause before an event is sent again; grows sixfold"),
});

/** One fault: which calls it meets, how often, and what happens then. */
export type NotionFaultRule = z.infer<typeof faultRule>;
/** Lasting behaviours on which sources about the real API disagree or that differ over time. */
export type NotionBehaviours = z.infer<typeof behaviours>;
/** Body of `PUT /sandbox/api/faults?provider=notion`. */
export const notionFaultSettings = faultSettings({ rule: faultRule, behaviours });
/** The request window that Notion documents since 2026. */
export const DOCUMENTED_REQUEST_WINDOW = { plus: 180, business: 600 };
/** Deliveries of one event: the first and seven more, the last about a day later. */
export const MAX_ATTEMPTS = 8;

const DEFAULT_BEHAVIOURS: NotionBehaviours = {
  oldVersionDataSources: "refused",
  largePageSize: "refused",
  shuffleUnsorted: false,
  queryLimit: 10_000,
  indexLagMs: 0,
  conflictChance: 0,
  acceptZoneWithOffset: false,
  extraFields: false,
  requestWindow: null,
  workspaceLimit: null,
  blocked: false,
  refreshRotation: "refused",
  oauthErrors: "code",
  accessTokenLifetimeMs: null,
  signHandshake: true,
  aggregationMs: 2_000,
  cancelledEvents: "none",
  // 1.5 s, 9 s, 54 s, … the seventh pause ends about 23 hours after the event.
  deliveryRetryBaseMs: 1_500,
};

/** The switches of the simulated Notion. */
export class NotionFaults extends FaultSwitches<NotionFaultRule, NotionBehaviours> {
  readonly #random: SeededRandom;

  /** @param initial behaviours that differ from the usual ones */
  constructor(random: SeededRandom, initial: Partial<NotionBehaviours> = {}) {
    super(random, { rule: faultRule, behaviours }, { ...DEFAULT_BEHAVIOURS, ...initial });
    this.#random = random;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.#random.chance(probability);
  }
}
