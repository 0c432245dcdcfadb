import type { CalendarCapabilities } from "@calsync/types";
import type { PlannedReference } from "../engine/plan-inbound.ts";
import { FULL_VIEW } from "../engine/view.ts";

/** References with what their calendar is shown: what they say, as far as the calendar can hold it. */
export function asShown<R extends PlannedReference>(
  references: readonly R[],
  { attendees }: Pick<CalendarCapabilities, "attendees">,
): R[] {
  return references.map((one) => ({
    ...one,
    view: { ...(one.view ?? FULL_VIEW), attendees: attendees !== false },
  }));
}
