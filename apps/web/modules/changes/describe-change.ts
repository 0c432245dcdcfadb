import { formatWhen, type HourCycle } from "../time/format.ts";

/** One field of a change as people read it. */
export interface FieldChange {
  field: string;
  before: string;
  after: string;
}

const NOTHING = "nothing";

/** Names of the fields that both sides keep. */
export const FIELD_NAMES = {
  time: "Time",
  title: "Title",
  location: "Where",
  description: "Notes",
  attendees: "Guests",
} as const;

/** What a change record may hold: the engine's snapshot of an event, or a part of it. Anything else is left out. */
interface Snapshot {
  time?: unknown;
  title?: unknown;
  location?: unknown;
  description?: unknown;
  attendees?: unknown;
}

/**
 * The fields that differ between before and after, in words. Records are kept for long and may be of another version of calsync,
 * so whatever does not look as expected is left out and never breaks a page.
 */
export function describeChange(
  before: unknown,
  after: unknown,
  timeZone: string,
  cycle: HourCycle = "h23",
): FieldChange[] {
  if (!isObject(before) || !isObject(after)) return [];
  const was: Snapshot = before;
  // What was held or refused tells what was wanted; of a part of a snapshot, the rest is as it was.
  const is: Snapshot = { ...was, ...("wanted" in after && isObject(after.wanted) ? after.wanted : after) };
  const changes: FieldChange[] = [
    {
      field: FIELD_NAMES.time,
      before: timeText(was.time, timeZone, cycle),
      after: timeText(is.time, timeZone, cycle),
    },
    { field: FIELD_NAMES.title, before: text(was.title), after: text(is.title) },
    { field: FIELD_NAMES.location, before: text(was.location), after: text(is.location) },
    { field: FIELD_NAMES.description, before: text(was.description), after: text(is.description) },
    { field: FIELD_NAMES.attendees, before: guests(was.attendees), after: guests(is.attendees) },
  ];
  return changes.filter((change) => change.before !== change.after);
}

/** One field's value in words, whatever it is. */
export function describeField(
  field: keyof typeof FIELD_NAMES,
  value: unknown,
  timeZone: string,
  cycle: HourCycle,
): string {
  if (field === "time") return timeText(value, timeZone, cycle);
  return field === "attendees" ? guests(value) : text(value);
}

function timeText(time: unknown, timeZone: string, cycle: HourCycle): string {
  if (!isObject(time)) return NOTHING;
  const { allDay, start, end } = time as { allDay?: unknown; start?: unknown; end?: unknown };
  if (typeof start !== "string" || typeof end !== "string") return NOTHING;
  if (Number.isNaN(Date.parse(start)) || Number.isNaN(Date.parse(end))) return NOTHING;
  // All-day times are days without a zone.
  return allDay === true
    ? formatWhen({ start, end, allDay }, "UTC")
    : formatWhen({ start, end }, timeZone, cycle);
}

function text(value: unknown): string {
  return typeof value === "string" && value.trim() !== "" ? value : NOTHING;
}

function guests(value: unknown): string {
  if (!Array.isArray(value)) return NOTHING;
  const names = value.flatMap((one: unknown) => {
    if (!isObject(one)) return [];
    const { name, email } = one as { name?: unknown; email?: unknown };
    return typeof name === "string" && name !== "" ? [name] : typeof email === "string" ? [email] : [];
  });
  return names.length > 0 ? names.join(", ") : NOTHING;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
