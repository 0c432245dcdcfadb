import type { CalendarService, ExternalChange } from "@calsync/types";
import type { ReferenceRow } from "../repositories/rows.ts";

/** What the calendar says of one event when it is asked for it alone. Only this counts as a deletion (invariant 6). */
export async function readDirectly(
  service: Pick<CalendarService, "getEvent">,
  calendarId: string,
  reference: Pick<ReferenceRow, "externalEventId">,
): Promise<ExternalChange> {
  const eventId = reference.externalEventId ?? "";
  const event = await service.getEvent({ calendarId, eventId });
  if (event) return { type: "upsert", event };
  return { type: "delete", eventId, seriesId: null, originalStart: null, version: null };
}
