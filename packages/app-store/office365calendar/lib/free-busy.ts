import { busyTimes } from "@calsync/icalendar";
import { CalendarError } from "@calsync/lib";
import type { BusyInterval, ExternalChange, Interval } from "@calsync/types";
import { type GraphEvent, toExternalEvent } from "./event-mapper.ts";
import { calendarPath } from "./GraphEvents.ts";
import type { GraphRead, GraphRequests } from "./GraphRequests.ts";

/** Longest stretch of one question (1,825 days). */
const LONGEST_MS = 1_825 * 86_400_000;
const FIELDS = "id,type,subject,start,end,isAllDay,showAs,isCancelled,responseStatus,isOrganizer";

interface ViewAnswer {
  value?: GraphEvent[];
  "@odata.nextLink"?: string;
}

/**
 * When calendars are busy, from their own views: each occurrence of a series comes as an event of its own. `getSchedule` is not asked,
 * because it knows mailboxes and not calendars, covers 62 days, and refuses personal accounts.
 * @throws CalendarError CALENDAR_NOT_FOUND when one cannot be read
 */
export async function readBusy(
  requests: GraphRequests,
  calendarIds: readonly string[],
  range: Interval,
): Promise<BusyInterval[]> {
  const asked = [...new Set(calendarIds)];
  const events = new Map<string, GraphEvent[]>(asked.map((calendarId) => [calendarId, []]));
  for (const stretch of splitRange(range)) {
    const answers = await requests.readMany<ViewAnswer>(
      asked.map((calendarId) => viewOf(calendarId, stretch)),
      { name: "calendarView", subject: "calendar" },
    );
    for (const [index, calendarId] of asked.entries()) {
      let answer = answers[index];
      while (answer) {
        if (answer instanceof CalendarError) throw answer;
        events.get(calendarId)?.push(...(answer.value ?? []));
        const next: string | undefined = answer["@odata.nextLink"];
        if (!next || !requests.isOwn(next)) break;
        answer = await requests.send<ViewAnswer>({
          name: "calendarView",
          subject: "calendar",
          method: "GET",
          path: next,
        });
      }
    }
  }
  return asked.flatMap((calendarId) => {
    const changes = (events.get(calendarId) ?? []).flatMap((item): ExternalChange[] => {
      const event = toExternalEvent(item, calendarId);
      // Occurrences are counted as they stand: each is here for itself.
      return event ? [{ type: "upsert", event: { ...event, seriesId: null, originalStart: null } }] : [];
    });
    return busyTimes(calendarId, changes, range, "UTC");
  });
}

function viewOf(calendarId: string, { start, end }: Interval): GraphRead {
  return {
    path: `${calendarPath(calendarId)}/calendarView`,
    query: {
      startDateTime: start.toISOString(),
      endDateTime: end.toISOString(),
      $select: FIELDS,
      $top: "1000",
    },
  };
}

function splitRange({ start, end }: Interval): Interval[] {
  const parts: Interval[] = [];
  for (let from = start.getTime(); from < end.getTime(); from += LONGEST_MS) {
    parts.push({ start: new Date(from), end: new Date(Math.min(from + LONGEST_MS, end.getTime())) });
  }
  return parts;
}
