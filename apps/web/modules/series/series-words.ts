import type { RecurrenceRule } from "../api/types.ts";

const UNITS: Record<RecurrenceRule["frequency"], string> = { daily: "day", weekly: "week", monthly: "month" };

/** How far a series is apart: `every week`, `every 2 weeks`. */
export function nameRule({ frequency, interval }: Pick<RecurrenceRule, "frequency" | "interval">): string {
  return interval === 1 ? `every ${UNITS[frequency]}` : `every ${interval} ${UNITS[frequency]}s`;
}

/** How much of a series is meant. */
export type Scope = "one" | "following" | "all";

export const SCOPES: { scope: Scope; name: string }[] = [
  { scope: "one", name: "Only this one" },
  { scope: "following", name: "This and all later ones" },
  { scope: "all", name: "All that are still to come" },
];
