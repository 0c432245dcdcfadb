import {
  excludedStarts,
  type IcsCalendar,
  type IcsEvent,
  latestVersions,
  RecurrenceError,
  readCalendar,
  splitThisAndFuture,
} from "@calsync/icalendar";
import type { ExternalChange, ExternalEvent } from "@calsync/types";
import { digestOf } from "./fetch-feed.ts";

/** What a feed says, when it can be believed. */
export interface ReadFeed {
  calendar: IcsCalendar;
  /** How long it asks to be left alone (REFRESH-INTERVAL, X-PUBLISHED-TTL), in milliseconds, a day at most; null when it does not say. */
  refreshMs: number | null;
  /** What each event means, by its id: the change to hand out, and a digest of what it says. */
  entries: Map<string, { digest: string; change: ExternalChange }>;
}

/** The one calendar that a feed is. */
export const FEED_CALENDAR_ID = "feed";

/**
 * Reads a feed. Null when it is cut off, empty or no calendar at all (a page of HTML, say): then nothing follows from it.
 * Digests leave out what a server makes anew each time (DTSTAMP, LAST-MODIFIED, the order).
 */
export async function readFeed(bytes: Uint8Array, timeZone: string): Promise<ReadFeed | null> {
  const events: IcsEvent[] = [];
  let calendar: IcsCalendar | null = null;
  let complete = false;
  for await (const item of readCalendar([bytes], { floatingZone: timeZone })) {
    if (item.type === "event") events.push(item.event);
    else if (item.type === "end") ({ complete, calendar } = item);
  }
  if (!calendar || !complete) return null;
  const entries: ReadFeed["entries"] = new Map();
  const add = (id: string, change: ExternalChange, says: unknown) =>
    entries.set(id, { digest: digestOf(JSON.stringify(says)), change });
  for (const [uid, ofUid] of Map.groupBy(latestVersions(events), (event) => event.uid)) {
    const master = ofUid.find(({ recurrenceId }) => recurrenceId === null);
    const overrides = ofUid.filter(({ recurrenceId }) => recurrenceId !== null);
    const { parts, unfollowed } = partsOf(master ?? null, overrides);
    for (const { recurrenceId } of unfollowed) {
      const eventId = `${uid}#${recurrenceId}`;
      const reason = "the change of all later occurrences cannot be followed";
      add(eventId, { type: "unreadable", eventId, reason }, "unfollowed");
    }
    for (const part of parts) {
      const seriesId = part.suffix === "" ? uid : `${uid}/${part.suffix}`;
      const instances = [
        ...part.overrides.map((event) => ({ event, originalStart: event.recurrenceId ?? "" })),
        ...(part.series
          ? excludedStarts(part.series).map((originalStart) => ({ event: null, originalStart }))
          : []),
      ];
      if (part.series) {
        const event = toExternalEvent(part.series, seriesId, null);
        add(seriesId, { type: "upsert", event }, saysOf(event));
      }
      for (const { event, originalStart } of instances) {
        const id = `${seriesId}#${originalStart}`;
        if (event && event.status !== "cancelled") {
          const instance = { ...toExternalEvent(event, id, seriesId), originalStart };
          add(id, { type: "upsert", event: instance }, saysOf(instance));
        } else {
          add(id, { type: "delete", eventId: id, seriesId, originalStart, version: null }, "cancelled");
        }
      }
    }
  }
  return { calendar, refreshMs: refreshOf(calendar.refreshInterval), entries };
}

/** The series that the events of one UID come to, and the changes of all later occurrences that cannot be followed. */
function partsOf(master: IcsEvent | null, overrides: IcsEvent[]) {
  if (!master) return { parts: [{ series: null, overrides, suffix: "" }], unfollowed: [] };
  try {
    return { parts: splitThisAndFuture(master, overrides), unfollowed: [] };
  } catch (error) {
    if (!(error instanceof RecurrenceError)) throw error;
    const [unfollowed = [], single = []] = [true, false].map((future) =>
      overrides.filter(({ thisAndFuture }) => thisAndFuture === future),
    );
    return { parts: [{ series: master, overrides: single, suffix: "" }], unfollowed };
  }
}

const DAY_MS = 86_400_000;
const UNIT_MS: Record<string, number> = { W: 7 * DAY_MS, D: DAY_MS, H: 3_600_000, M: 60_000, S: 1_000 };

/** An iCalendar duration (RFC 5545 §3.3.6) in milliseconds. A feed that means to be read once a year is read once a day. */
function refreshOf(duration: string | null): number | null {
  if (!duration || !/^\+?P(\d+W|(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?)$/i.test(duration)) return null;
  let ms = 0;
  for (const [, count = "", unit = ""] of duration.toUpperCase().matchAll(/(\d+)([WDHMS])/g)) {
    ms += Number(count) * (UNIT_MS[unit] ?? 0);
  }
  return ms > 0 ? Math.min(ms, DAY_MS) : null;
}

const saysOf = ({ version: _version, updatedAt: _updatedAt, ...event }: ExternalEvent) => event;

function toExternalEvent(event: IcsEvent, id: string, seriesId: string | null): ExternalEvent {
  const rule = event.recurrence?.filter((line) => !/^EXDATE/i.test(line)) ?? [];
  return {
    id,
    calendarId: FEED_CALENDAR_ID,
    iCalUid: event.uid,
    version: null,
    sequence: event.sequence,
    status: event.status,
    title: event.title,
    description: event.description,
    location: event.location,
    time: event.time,
    attendees: event.attendees.filter(({ email }) => email !== event.organizer?.email),
    organizer: event.organizer ? { email: event.organizer.email, self: false } : null,
    // A feed does not say whose it is, so nobody's answer is the owner's.
    selfResponse: null,
    transparency: event.transparency,
    visibility: event.visibility,
    recurrence: rule.length > 0 ? rule : null,
    seriesId,
    originalStart: null,
    marker: null,
    updatedAt: event.lastModified ?? event.stampedAt,
    url: event.url,
  };
}
