import { createHash } from "node:crypto";
import { type IcsEvent, type IcsEventToWrite, writeCalendar } from "@calsync/icalendar";
import type { Interval } from "@calsync/types";
import { importedEventRepository } from "../repositories/ImportedEventRepository.ts";
import { type ScheduledBusy, scheduleRepository } from "../repositories/ScheduleRepository.ts";
import { BUSY_TITLE, bookingEvents } from "./booking-events.ts";
import type { IcsDependencies } from "./dependencies.ts";
import { subtract } from "./intervals.ts";

/** What a schedule is made of. */
export const SCHEDULE_PARTS = ["bookings", "busy", "availability"] as const;
/** A part of a schedule that can be exported. */
export type SchedulePart = (typeof SCHEDULE_PARTS)[number];

/** Which part of a user's schedule is written, and how much of it is told. */
export interface ScheduleExport {
  name: string;
  range: Interval;
  parts: readonly SchedulePart[];
  /** Titles, places and people; without them only when the user is busy. */
  details: boolean;
  /** Wanted pause between two fetches of a feed, as an ISO 8601 duration. */
  refreshInterval?: string;
}

const DAY_MS = 86_400_000;
/** A cancelled booking is told as such for so long. */
const CANCELLED_SHOWN_MS = 30 * DAY_MS;

/**
 * A user's schedule as the text of an iCalendar file, in pieces: bookings under the UIDs that their invitations carry, busy times of
 * the calendars that are read, imported events as they came, and the hours that are still free as transparent events. The same schedule
 * gives the same text, so that it can be compared by its hash. A fixed number of statements.
 */
export async function exportSchedule(
  deps: Pick<IcsDependencies, "prisma" | "now" | "openHours" | "bookingUrl">,
  userId: number,
  wanted: ScheduleExport,
): Promise<Iterable<string>> {
  const { prisma, now, bookingUrl } = deps;
  const { range, parts, details } = wanted;
  const has = (part: SchedulePart) => parts.includes(part);
  const needsTimes = has("availability");
  // To the day, so that a feed does not change because time passes.
  const cancelledSince = new Date(Math.floor((now().getTime() - CANCELLED_SHOWN_MS) / DAY_MS) * DAY_MS);
  const [bookings, busy, imported, importedTimes, open] = await Promise.all([
    has("bookings") || needsTimes
      ? scheduleRepository.findBookings(prisma, userId, range, cancelledSince)
      : [],
    has("busy") || needsTimes ? scheduleRepository.findBusy(prisma, userId, range) : [],
    has("busy") ? importedEventRepository.findEventsInRange(prisma, userId, range) : [],
    needsTimes ? importedEventRepository.findTimes(prisma, userId, range) : [],
    needsTimes ? deps.openHours(userId, range) : { timeZone: "UTC", hours: [] },
  ]);
  const seriesIds = [...new Set(bookings.flatMap(({ seriesId }) => seriesId ?? []))];
  const series = has("bookings") ? await scheduleRepository.findSeries(prisma, userId, seriesIds) : [];
  const taken: Interval[] = [
    ...bookings
      .filter(({ active }) => active)
      .map((one) => ({ start: one.occupiedStart, end: one.occupiedEnd })),
    ...busy,
    ...importedTimes.filter(({ free }) => !free),
  ];
  const events = [
    ...(has("bookings") ? bookingEvents(bookings, series, { details, bookingUrl }) : []),
    ...(has("busy")
      ? [...busyEvents(busy, details), ...imported.map((event) => importedEvent(event, details))]
      : []),
    ...subtract(open.hours, taken, range).map((free) => freeEvent(userId, free, open.timeZone)),
  ];
  return writeCalendar({
    name: wanted.name,
    ...(wanted.refreshInterval ? { refreshInterval: wanted.refreshInterval } : {}),
    events,
  });
}

/** Each busy time by itself: what repeats out there is told as the times that it comes to. */
function busyEvents(busy: readonly ScheduledBusy[], details: boolean): IcsEventToWrite[] {
  return busy.map(({ calendarSyncId, externalEventId, event, timeZone, start, end, seenAt }) => {
    const told = details && event !== null && event.visibility === "default" ? event : null;
    const zone = event && !event.time.allDay ? event.time.timeZone : timeZone;
    const changedAt = event?.updatedAt ?? seenAt.toISOString();
    return {
      ...PLAIN,
      uid: madeUid("busy", calendarSyncId, externalEventId, start.toISOString()),
      stampedAt: changedAt,
      lastModified: changedAt,
      title: told?.title || BUSY_TITLE,
      location: told?.location ?? "",
      time:
        event?.time.allDay && !event.recurrence
          ? event.time
          : { allDay: false, start: start.toISOString(), end: end.toISOString(), timeZone: zone },
    };
  });
}

/** As it came, so that bringing it in again changes nothing. */
function importedEvent(event: IcsEvent, details: boolean): IcsEventToWrite {
  const { line: _line, kept: _kept, ...rest } = event;
  const stampedAt = event.stampedAt ?? event.lastModified ?? EPOCH;
  if (details) return { ...rest, stampedAt, organizer: null, attendees: [] };
  return { ...rest, ...PLAIN_TEXTS, stampedAt, organizer: null, attendees: [], title: BUSY_TITLE };
}

function freeEvent(userId: number, { start, end }: Interval, timeZone: string): IcsEventToWrite {
  return {
    ...PLAIN,
    // A stretch that grows or shrinks is another one: no reader has to compare versions of it.
    uid: madeUid("free", String(userId), start.toISOString(), end.toISOString()),
    stampedAt: EPOCH,
    lastModified: null,
    title: "Available",
    transparency: "free",
    time: { allDay: false, start: start.toISOString(), end: end.toISOString(), timeZone },
  };
}

/** DTSTAMP of what has no time of its own. */
const EPOCH = "2000-01-01T00:00:00.000Z";
const PLAIN_TEXTS = { description: "", location: "", url: null } as const;
const PLAIN = {
  ...PLAIN_TEXTS,
  recurrenceId: null,
  sequence: 0,
  recurrence: null,
  status: "confirmed",
  transparency: "busy",
  visibility: "default",
  organizer: null,
  attendees: [],
} as const satisfies Partial<IcsEventToWrite>;

const madeUid = (...parts: string[]): string =>
  `${createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32)}@calsync`;
