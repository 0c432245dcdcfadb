import type { PlannedReference } from "./plan-inbound.ts";

/** A reference of a coming booking, as the doctor needs it. */
export interface CheckedReference extends PlannedReference {
  bookingId: number;
  externalEventId: string | null;
  /** Set for an occurrence of a series: its place there. Its event is the series. */
  originalStart: string;
  seriesReferenceId: string | null;
  generation: number;
  pushRequestedAt: Date | null;
  nextPushAt: Date | null;
  /** When the event is read directly, because it may have moved to another calendar; null when nothing is open about it. */
  recheckAt: Date | null;
}

/** Whether a reference stands for an occurrence of a series, whose event is an instance. */
export function isOccurrence({ seriesReferenceId }: Pick<CheckedReference, "seriesReferenceId">): boolean {
  return seriesReferenceId !== null;
}
