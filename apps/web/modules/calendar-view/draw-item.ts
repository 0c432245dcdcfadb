import type { CalendarItem } from "./calendar-items.ts";

/** What the calendar component tells of an event that it is about to draw. */
interface Drawn {
  event: { title: string; extendedProps: Record<string, unknown> };
  timeText: string;
  isShort: boolean;
  view: { type: string };
}

const KINDS: Record<CalendarItem["kind"], string> = {
  booking: "Booking",
  entry: "Your entry",
  external: "Event",
  imported: "Imported event",
};

/** The inside of an item: its title and time, where it comes from, and whether a change is on its way. Text only, never markup. */
export function drawItem({ event, timeText, isShort, view }: Drawn): { domNodes: HTMLElement[] } {
  const item = event.extendedProps["item"] as CalendarItem | undefined;
  const oneLine = isShort || !timeText || view.type.startsWith("dayGrid");
  const body = part("div", `calendar-item-body${oneLine ? " calendar-item-body-line" : ""}`);
  if (item) body.append(part("span", "sr-only", `${KINDS[item.kind]}: `));
  const time = timeText ? part("span", "calendar-item-time", oneLine ? startOf(timeText) : timeText) : null;
  if (oneLine && time) body.append(time, " ");
  body.append(part("span", "calendar-item-title", event.title));
  if (item?.pending) body.append(part("span", "calendar-item-state", " on its way…"));
  if (!oneLine && time) body.append(part("div", "calendar-item-line", timeText));
  if (!oneLine && item?.note) body.append(part("div", "calendar-item-line", item.note));
  return { domNodes: [body] };
}

function startOf(timeText: string): string {
  return timeText.split(/\s[–-]\s/)[0] ?? timeText;
}

function part(tag: "div" | "span", className: string, text?: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}
