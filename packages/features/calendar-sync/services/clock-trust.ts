import type { ClockTrust } from "../engine/clock-compare.ts";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";

/** Providers that say nothing keep whole seconds at least. */
const USUAL_GRANULARITY_MS = 1_000;

/** The unit that a provider rounds its times of change down to, in milliseconds. */
export function clockGranularityOf(gateway: CalendarGateway, provider: string): number {
  return gateway.capabilitiesOf(provider).clockGranularityMs ?? USUAL_GRANULARITY_MS;
}

/** How far the times of a calendar's provider can be trusted. */
export function clockTrustOf(
  gateway: CalendarGateway,
  { provider, clockSkewMs }: Pick<CalendarSyncRow, "provider" | "clockSkewMs">,
): ClockTrust {
  return { granularityMs: clockGranularityOf(gateway, provider), skewMs: clockSkewMs };
}
