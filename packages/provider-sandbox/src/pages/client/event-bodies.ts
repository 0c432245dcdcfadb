import {
  type ApiEvent,
  fromLocalInput,
  moveSeriesBody,
  type Span,
  spanOf,
  timesBody,
} from "../event-model.ts";
import type { EventFields } from "./event-dialog.ts";

/** A time as the API wants it, with an offset: the component leaves it out where a day begins in a named zone. */
export function withOffset(value: string, zone: string): string {
  return /(Z|[+-]\d\d:\d\d)$/.test(value) ? value : fromLocalInput(value.slice(0, 16), zone);
}

/** The request that a saved dialog amounts to; `master` when it is about the whole series. */
export function saveBody(
  event: ApiEvent,
  master: ApiEvent | undefined,
  fields: EventFields,
  zone: string,
): Record<string, unknown> {
  const { span, ...body } = fields;
  if (!span) return body;
  if (!master) return { ...body, ...timesBody(span, event.start?.timeZone ?? zone) };
  return { ...moveSeriesBody(master, spanOf(event), span, zone), ...body };
}

/** What a drop means; without an end (all-day to timed and back) the component leaves the length to us. */
export function droppedSpan(
  moved: { startStr: string; endStr: string; allDay: boolean },
  source: ApiEvent,
  zone: string,
): Span {
  if (moved.allDay) {
    const start = moved.startStr.slice(0, 10);
    const next = new Date(Date.parse(`${start}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    return { start, end: moved.endStr ? moved.endStr.slice(0, 10) : next, allDay: true };
  }
  const start = withOffset(moved.startStr, zone);
  const before = spanOf(source);
  const lengthMs = before.allDay ? 3_600_000 : Date.parse(before.end) - Date.parse(before.start);
  const end = moved.endStr
    ? withOffset(moved.endStr, zone)
    : new Date(Date.parse(start) + lengthMs).toISOString();
  return { start, end, allDay: false };
}

/** The same times without members that are null, which a new event must not have. */
export function withoutNulls(times: { start: object; end: object }): Record<string, unknown> {
  const clean = (time: object) =>
    Object.fromEntries(Object.entries(time).filter(([, value]) => value !== null));
  return { start: clean(times.start), end: clean(times.end) };
}
