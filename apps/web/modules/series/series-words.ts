import type { RecurrenceRule } from "../api/types.ts";

const UNITS: Record<RecurrenceRule["frequency"], string> = { daily: "day", weekly: "week", monthly: "month" };

/** How far a series is apart: `every week`, `every 2 weeks`. */
export function nameRule({ frequency, interval }: Pick<RecurrenceRule, "frequency" | "interval">): string {
  return interval === 1 ? `every ${UNITS[frequency]}` : `every ${interval} ${UNITS[frequency]}s`;
}

/** How much of an event that repeats is meant. */
export type Scope = "one" | "all";

export const SCOPES: { scope: Scope; name: string }[] = [
  { scope: "one", name: "Only this one" },
  { scope: "all", name: "The whole series" },
];
