import type { EventTime } from "@calsync/types";
import { Temporal } from "temporal-polyfill";

/** A date property's value as Notion returns it. */
export interface NotionDate {
  start: string;
  end: string | null;
  time_zone?: string | null;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What a date without a zone or an end is taken for. */
export interface TimeContext {
  /** The zone that the row itself notes; null when it notes none. */
  notedZone: string | null;
  timeZone: string;
  defaultMinutes: number;
}

/**
 * A date as an event's time; null when it cannot be read. The last day of whole days is included there and not here. Notion gives
 * an offset and never a zone: the noted zone holds while it has that offset at that time, else the table's.
 */
export function toEventTime(
  date: NotionDate,
  { notedZone, timeZone, defaultMinutes }: TimeContext,
): EventTime | null {
  try {
    if (DAY.test(date.start)) {
      const last = Temporal.PlainDate.from(date.end?.slice(0, 10) ?? date.start);
      return { allDay: true, start: date.start, end: last.add({ days: 1 }).toString() };
    }
    const start = Temporal.Instant.from(date.start);
    const end = date.end ? Temporal.Instant.from(date.end) : start.add({ minutes: defaultMinutes });
    const offset = /([+-]\d{2}:\d{2})$/.exec(date.start)?.[1] ?? "+00:00";
    const fits = (zone: string) => start.toZonedDateTimeISO(zone).offset === offset;
    const zone = [notedZone, timeZone, "UTC"].find((one) => one !== null && fits(one)) ?? timeZone;
    return { allDay: false, start: print(start), end: print(end), timeZone: zone };
  } catch {
    return null;
  }
}

/** An event's time as Notion takes it: whole days with the last one included, times in their zone and without an offset. */
export function fromEventTime(time: EventTime): NotionDate {
  if (time.allDay) {
    const last = Temporal.PlainDate.from(time.end).subtract({ days: 1 }).toString();
    return { start: time.start, end: last > time.start ? last : null };
  }
  const local = (instant: string) =>
    Temporal.Instant.from(instant)
      .toZonedDateTimeISO(time.timeZone)
      .toPlainDateTime()
      .toString({ smallestUnit: "second" });
  if (isUtc(time.timeZone)) return { start: time.start, end: time.end };
  return { start: local(time.start), end: local(time.end), time_zone: time.timeZone };
}

const isUtc = (zone: string): boolean => zone === "UTC" || zone === "Etc/UTC";
const print = (instant: Temporal.Instant): string => instant.toString({ fractionalSecondDigits: 3 });

/** Whether two times are the same moments (or days), whatever zone they are shown in. */
export function isSameTime(a: EventTime, b: EventTime): boolean {
  return a.allDay === b.allDay && a.start === b.start && a.end === b.end;
}
