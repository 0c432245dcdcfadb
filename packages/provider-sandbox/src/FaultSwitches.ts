import { z } from "zod";
import type { SeededRandom } from "./SeededRandom.ts";

/** When a fault strikes; every provider's rules hold these fields beside what the fault itself needs. */
export const ruleConditions = {
  id: z.string().optional().describe("Name of the rule; given by the sandbox when left out"),
  account: z.string().optional().describe("Only calls of this e-mail"),
  calendarId: z.string().optional().describe("Only calls on, or notifications of, this calendar"),
  probability: z.number().min(0).max(1).optional().describe("Chance per matching call; 1 when left out"),
  times: z.number().int().positive().optional().describe("Ends after so many hits"),
};

/** One fault of any provider: which calls it meets, how often, and what happens then. */
export interface AnyFaultRule {
  fault: string;
  id?: string | undefined;
  account?: string | undefined;
  calendarId?: string | undefined;
  eventId?: string | undefined;
  /** A method by name, or with `*` at the end all of a kind. */
  method?: string | undefined;
  probability?: number | undefined;
  times?: number | undefined;
}

/** What a fault rule is matched against. */
export interface FaultSubject {
  method: string;
  account?: string | undefined;
  calendarId?: string | undefined;
  eventId?: string | undefined;
}

/** The switches of a provider as {@link FaultSwitches} checks them. */
export interface FaultSchemas<Rule extends AnyFaultRule, Behaviours extends object> {
  rule: z.ZodType<Rule>;
  behaviours: z.ZodObject & z.ZodType<Behaviours>;
}

/** Body of `PUT /sandbox/api/faults` for a provider; what is left out stays as it is. */
export function faultSettings<Rule extends AnyFaultRule, Behaviours extends object>(
  schemas: FaultSchemas<Rule, Behaviours>,
) {
  return z.strictObject({
    seed: z.number().int().optional(),
    rules: z.array(schemas.rule).optional(),
    behaviours: schemas.behaviours.partial().optional(),
  });
}

/** The switches of a simulated provider: faults that strike calls, and lasting behaviours. */
export class FaultSwitches<Rule extends AnyFaultRule, Behaviours extends object> {
  readonly #random: SeededRandom;
  readonly #schemas: FaultSchemas<Rule, Behaviours>;
  readonly #initial: Behaviours;
  #rules: (Rule & { id: string })[] = [];
  #count = 0;
  behaviours: Behaviours;

  /** @param initial the behaviours at the start, and after {@link clear} */
  constructor(random: SeededRandom, schemas: FaultSchemas<Rule, Behaviours>, initial: Behaviours) {
    this.#random = random;
    this.#schemas = schemas;
    this.#initial = initial;
    this.behaviours = { ...initial };
  }

  /** Adds a fault; it strikes from the next call on. Returns its id. @throws ZodError for an unusable rule. */
  add(rule: Rule): string {
    const checked = this.#schemas.rule.parse(rule);
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
  set(changed: Partial<Behaviours>): void {
    this.behaviours = this.#schemas.behaviours.parse({ ...this.behaviours, ...changed });
  }

  /** Starts the random choices again from this seed. */
  seed(seed: number): void {
    this.#random.reseed(seed);
  }

  /** All switches as JSON. */
  toJSON(): { rules: Rule[]; behaviours: Behaviours } {
    return { rules: this.#rules.map((rule) => ({ ...rule })), behaviours: { ...this.behaviours } };
  }

  /** Takes settings as `PUT /sandbox/api/faults` sends them; `rules` replaces all rules. @throws ZodError. */
  apply(settings: unknown): void {
    const { seed, rules, behaviours: changed } = faultSettings(this.#schemas).parse(settings);
    if (seed !== undefined) this.seed(seed);
    if (changed) {
      const given = Object.entries(changed).filter(([, value]) => value !== undefined);
      this.set(Object.fromEntries(given) as Partial<Behaviours>);
    }
    if (rules) {
      this.#rules = [];
      for (const rule of rules) this.add(rule);
    }
  }

  /** The rule of this kind that strikes now, counted down, or null. */
  strikes(kind: Rule["fault"], subject: FaultSubject): Rule | null {
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

function matches(rule: AnyFaultRule, subject: FaultSubject): boolean {
  if (rule.account && rule.account.toLowerCase() !== subject.account) return false;
  if (rule.calendarId && rule.calendarId !== subject.calendarId) return false;
  if (rule.eventId && rule.eventId !== subject.eventId) return false;
  if (!rule.method) return true;
  return rule.method.endsWith("*")
    ? subject.method.startsWith(rule.method.slice(0, -1))
    : rule.method === subject.method;
}
