import type { CalendarCapabilities } from "@calsync/types";
import { FULL_VIEW } from "../engine/view.ts";
import type { ReferenceRow } from "../repositories/rows.ts";

/** References with what their calendar is shown: what they say, as far as the calendar can hold it. */
export function asShown(
  references: readonly ReferenceRow[],
  { attendees }: Pick<CalendarCapabilities, "attendees">,
): ReferenceRow[] {
  return references.map((one) => ({ ...one, view: { ...(one.view ?? FULL_VIEW), attendees } }));
}
