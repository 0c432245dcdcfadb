import type { IcsProblem } from "../src/components.ts";
import type { IcsEvent } from "../src/event.ts";
import { type IcsCalendar, type ReadOptions, readCalendar } from "../src/read-calendar.ts";

/** Reads a whole text, optionally handed over in pieces of the given size. */
export async function readAll(
  text: string | Uint8Array,
  options: Partial<ReadOptions> & { pieces?: number } = {},
) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const size = options.pieces ?? (bytes.length || 1);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  const events: IcsEvent[] = [];
  const problems: IcsProblem[] = [];
  let end: { complete: boolean; calendar: IcsCalendar; events: number; otherComponents: number } | undefined;
  for await (const item of readCalendar(chunks, { floatingZone: "Europe/Berlin", ...options })) {
    if (item.type === "event") events.push(item.event);
    else if (item.type === "problem") problems.push(item.problem);
    else end = item;
  }
  if (!end) throw new Error("The reading did not end.");
  return { ...end, count: end.events, list: events, problems };
}

/** A calendar around the given lines. */
export function calendar(...lines: string[]): string {
  return ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", ...lines, "END:VCALENDAR", ""].join("\r\n");
}

/** An event with the given lines beside its UID and stamp. */
export function vevent(...lines: string[]): string {
  return ["BEGIN:VEVENT", "UID:one@example.org", "DTSTAMP:20260101T000000Z", ...lines, "END:VEVENT"].join(
    "\r\n",
  );
}
