import { type ApiEvent, hasPrivateProperties } from "../event-model.ts";
import { h } from "./dom.ts";

/** What the calendar component tells of an event it is about to draw. */
export interface DrawnEvent {
  event: { title: string; extendedProps: Record<string, unknown> };
  timeText: string;
  isShort: boolean;
  view: { type: string };
}

/** The inside of an event: title, time, place, and a badge where an app made it. */
export function eventContent({ event, timeText, isShort, view }: DrawnEvent): { domNodes: HTMLElement[] } {
  const source = event.extendedProps["source"] as ApiEvent | undefined;
  const fromApp = source !== undefined && hasPrivateProperties(source);
  const oneLine = isShort || !timeText || view.type.startsWith("dayGrid");
  const badge = fromApp ? h("span", { class: "badge" }, "from calsync") : null;
  const title = h("span", { class: "event-title" }, event.title);
  const time = timeText
    ? h("span", { class: "event-time" }, oneLine ? timeText.slice(0, 5) : timeText)
    : null;
  const lines = oneLine ? [[title, badge ?? time]] : [[title], [time, badge], [source?.location]];
  return {
    domNodes: [
      h(
        "div",
        { class: "event-body" },
        lines.map((parts) => h("div", { class: "event-line" }, parts)),
      ),
    ],
  };
}
