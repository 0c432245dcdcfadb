import { isCalendarError } from "@calsync/lib";
import type { CalendarService, EventRef, ExternalChange } from "@calsync/types";
import type { ReferenceRow } from "../repositories/rows.ts";

type Referenced = Pick<ReferenceRow, "externalEventId" | "originalStart" | "seriesReferenceId">;

/** Where the event of a reference is: an occurrence is named by its series and its original start. */
export function eventRefOf(calendarId: string, reference: Referenced): EventRef {
  const eventId = reference.externalEventId ?? "";
  if (reference.seriesReferenceId === null) return { calendarId, eventId };
  return { calendarId, eventId, seriesId: eventId, originalStart: reference.originalStart };
}

/**
 * Reads the event of a reference now, as a change. Only this tells of a deletion (invariant 6). Where a series has no such instance, the series is read: that the rule
 * has changed is a matter of the whole.
 */
export async function readNow(
  service: CalendarService,
  calendarId: string,
  reference: Referenced,
): Promise<ExternalChange> {
  const ref = eventRefOf(calendarId, reference);
  const read = await readEvent(service, ref);
  if (read) return read;
  if (reference.seriesReferenceId !== null)
    return readNow(service, calendarId, { ...reference, seriesReferenceId: null });
  return { type: "delete", eventId: ref.eventId, seriesId: null, originalStart: null, version: null };
}

/** The event as a change; null when there is none. One that cannot be read is no deletion: it is set aside. */
export async function readEvent(
  service: Pick<CalendarService, "getEvent">,
  ref: EventRef,
): Promise<ExternalChange | null> {
  try {
    const event = await service.getEvent(ref);
    return event && { type: "upsert", event };
  } catch (error) {
    if (!isCalendarError(error, "EVENT_UNREADABLE")) throw error;
    return { type: "unreadable", eventId: ref.eventId, reason: error.message };
  }
}
