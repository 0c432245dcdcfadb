import { z } from "zod";
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
  id: z.string().optional().describe("Name of the rule; given by the sandbox when left out"),
  fault: z.enum(FAULT_KINDS),
  account: z.string().optional().describe("Only calls of this e-mail"),
  calendarId: z.string().optional().describe("Only calls on, or notifications of, this calendar"),
  method: z
    .string()
    .optional()
    .describe('Only this method, e.g. "calendar.events.patch"; "calendar.events.*" for all of a kind'),
  probability: z.number().min(0).max(1).optional().describe("Chance per matching call; 1 when left out"),
  times: z.number().int().positive().optional().describe("Ends after so many hits"),
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
/** Body of `PUT /sandbox/api/faults`; what is left out stays as it is. */
export const faultSettings = z.strictObject({
  seed: z.number().int().optional(),
  rules: z.array(faultRule).optional(),
  behaviours: behaviours.partial().optional(),
});

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

/** What a fault rule is matched against. */
export interface FaultSubject {
  method: string;
  account?: string | undefined;
  calendarId?: string | undefined;
}

/** The switches of the simulated Google: faults that strike calls, and lasting behaviours. */
export class FaultSwitches {
  readonly #random: SeededRandom;
  readonly #initial: GoogleBehaviours;
  #rules: (FaultRule & { id: string })[] = [];
  #count = 0;
  behaviours: GoogleBehaviours;

  constructor(random: SeededRandom, initial: Partial<GoogleBehaviours> = {}) {
    this.#random = random;
    this.#initial = { ...DEFAULT_BEHAVIOURS, ...initial };
    this.behaviours = { ...this.#initial };
  }

  /** Adds a fault; it strikes from the next call on. Returns its id. @throws ZodError for an unusable rule. */
  add(rule: FaultRule): string {
    const checked = faultRule.parse(rule);
    this.#count += 1;
    const id = checked.id ?? `fault-${this.#count}`;
    this.#rules.push({ ...checked, id });
    return id;
  }

  /** Takes one fault away; false when there is none of this id. */
  remove(id: string): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
    return this.#rules.length < before;
  }

  /** No faults, and the behaviours as at the start. */
  clear(): void {
    this.#rules = [];
    this.behaviours = { ...this.#initial };
  }

  /** Changes behaviours; the others stay. @throws ZodError for an unusable value. */
  set(changed: Partial<GoogleBehaviours>): void {
    this.behaviours = behaviours.parse({ ...this.behaviours, ...changed });
  }

  /** Starts the random choices again from this seed. */
  seed(seed: number): void {
    this.#random.reseed(seed);
  }

  /** All switches as JSON. */
  toJSON(): { rules: FaultRule[]; behaviours: GoogleBehaviours } {
    return { rules: this.#rules.map((rule) => ({ ...rule })), behaviours: { ...this.behaviours } };
  }

  /** Takes settings as `PUT /sandbox/api/faults` sends them; `rules` replaces all rules. @throws ZodError. */
  apply(settings: unknown): void {
    const { seed, rules, behaviours: changed } = faultSettings.parse(settings);
    if (seed !== undefined) this.seed(seed);
    if (changed) {
      const given = Object.entries(changed).filter(([, value]) => value !== undefined);
      this.set(Object.fromEntries(given));
    }
    if (rules) {
      this.#rules = [];
      for (const rule of rules) this.add(rule);
    }
  }

  /** The rule of this kind that strikes now, counted down, or null. */
  strikes(kind: FaultRule["fault"], subject: FaultSubject): FaultRule | null {
    // Most calls meet no rule at all: keep that path free of work.
    if (this.#rules.length === 0) return null;
    for (const rule of this.#rules) {
      if (rule.fault !== kind || !matches(rule, subject) || !this.#random.chance(rule.probability ?? 1))
        continue;
      if (rule.times !== undefined) {
        rule.times -= 1;
        if (rule.times <= 0) this.remove(rule.id);
      }
      return rule;
    }
    return null;
  }
}

function matches(rule: FaultRule, subject: FaultSubject): boolean {
  if (rule.account && rule.account.toLowerCase() !== subject.account) return false;
  if (rule.calendarId && rule.calendarId !== subject.calendarId) return false;
  if (!rule.method) return true;
  return rule.method.endsWith("*")
    ? subject.method.startsWith(rule.method.slice(0, -1))
    : rule.method === subject.method;
}
