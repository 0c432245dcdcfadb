import { Calendar, type EventApi, type EventInput } from "fullcalendar";
import dayGridPlugin from "fullcalendar/daygrid";
import interactionPlugin from "fullcalendar/interaction";
import themePlugin from "fullcalendar/themes/classic";
import timeGridPlugin from "fullcalendar/timegrid";
import type { HourCycle } from "../time/format.ts";
import type { CalendarItem } from "./calendar-items.ts";
import { drawItem } from "./draw-item.ts";
import { readSpan, type Span } from "./span.ts";

/** How much of the calendar is shown. */
export type CalendarRange = "day" | "week" | "month";

const VIEWS: Record<CalendarRange, string> = {
  day: "timeGridDay",
  week: "timeGridWeek",
  month: "dayGridMonth",
};

export interface WidgetOptions {
  timeZone: string;
  cycle: HourCycle;
  range: CalendarRange;
  /** `yyyy-mm-dd`, a day that is shown first. */
  date: string;
  /** Reads the items between two instants. */
  load: (from: string, to: string) => Promise<CalendarItem[]>;
  /** Another stretch is shown. `title` names it in words. */
  onRange: (shown: { title: string; date: string; hasToday: boolean }) => void;
  onDraw: (span: Span) => void;
  onOpen: (item: CalendarItem) => void;
  /** An item was dropped elsewhere or pulled to another length. @returns false puts it back */
  onMove: (item: CalendarItem, to: Span) => Promise<boolean>;
}

/** A running calendar in an element of the page. */
export interface Widget {
  go(where: "previous" | "today" | "next"): void;
  show(range: CalendarRange): void;
  /** Reads the items anew; while somebody drags or is asked something, once that is over. */
  refresh(): void;
  /** Keeps the items as they are until what it gives is called. */
  hold(): () => void;
  destroy(): void;
}

/** Draws the calendar into an element that is empty. */
export function mountCalendar(element: HTMLElement, options: WidgetOptions): Widget {
  const { timeZone, cycle, load, onRange, onDraw, onOpen, onMove } = options;
  let held = 0;
  let wanted = false;
  const refresh = () => {
    wanted = held > 0;
    if (!wanted) calendar.refetchEvents();
  };
  const hold = () => {
    held += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      held -= 1;
      if (held === 0 && wanted) refresh();
    };
  };
  let release = () => {};
  const grab = () => {
    release = hold();
  };
  const letGo = () => release();
  const move = async (event: EventApi, revert: () => void) => {
    const item = itemOf(event);
    const to = readSpan(
      { start: event.startStr, end: event.endStr, allDay: event.allDay },
      item.span,
      timeZone,
    );
    const done = hold();
    try {
      if (!(await onMove(item, to))) revert();
    } catch (error) {
      revert();
      throw error;
    } finally {
      done();
    }
  };
  const clock = { hour: "2-digit", minute: "2-digit", hour12: cycle === "h12" } as const;

  const calendar = new Calendar(element, {
    plugins: [themePlugin, timeGridPlugin, dayGridPlugin, interactionPlugin],
    initialView: VIEWS[options.range],
    initialDate: options.date,
    timeZone,
    // Our own buttons stand above it.
    headerToolbar: false,
    height: "100%",
    firstDay: 1,
    nowIndicator: true,
    scrollTime: "07:30:00",
    slotDuration: "00:30:00",
    snapDuration: "00:15:00",
    dayMaxEvents: true,
    eventMinHeight: 22,
    selectable: true,
    selectMirror: true,
    selectMinDistance: 4,
    eventResizableFromStart: true,
    eventInteractive: true,
    eventTimeFormat: clock,
    slotHeaderFormat: clock,
    events: ({ startStr, endStr }, done, fail) => {
      const range = readSpan({ start: startStr, end: endStr, allDay: false }, null, timeZone);
      load(range.start, range.end).then((items) => done(items.map(toInput)), fail);
    },
    eventContent: drawItem,
    eventDidMount: ({ el, event }) => {
      const item = itemOf(event);
      el.dataset["itemKind"] = item.kind;
      if (item.kind === "booking" || item.kind === "entry") el.dataset["bookingUid"] = item.source.uid;
    },
    datesSet: ({ view }) => {
      const date = calendar.formatIso(calendar.getDate(), true).slice(0, 10);
      const now = Date.now();
      onRange({
        title: view.title,
        date,
        hasToday: view.currentStart.getTime() <= now && now < view.currentEnd.getTime(),
      });
    },
    select: ({ startStr, endStr, allDay }) => {
      onDraw(readSpan({ start: startStr, end: endStr, allDay }, null, timeZone));
      calendar.unselect();
    },
    eventClick: ({ event, jsEvent }) => {
      jsEvent.preventDefault();
      onOpen(itemOf(event));
    },
    eventDragStart: grab,
    eventDragStop: letGo,
    eventResizeStart: grab,
    eventResizeStop: letGo,
    eventDrop: ({ event, revert }) => void move(event, revert),
    eventResize: ({ event, revert }) => void move(event, revert),
  });
  calendar.render();
  return {
    go: (where) =>
      where === "today" ? calendar.today() : where === "next" ? calendar.next() : calendar.prev(),
    show: (range) => calendar.changeView(VIEWS[range]),
    refresh,
    hold,
    destroy: () => calendar.destroy(),
  };
}

function toInput(item: CalendarItem): EventInput {
  const { start, end, allDay } = item.span;
  return {
    id: item.key,
    title: item.title,
    start,
    end,
    allDay,
    startEditable: item.movable,
    durationEditable: item.resizable,
    className: `calendar-item calendar-item-${item.kind}${item.pending ? " calendar-item-pending" : ""}`,
    color: `var(--item-ground-${item.kind})`,
    contrastColor: `var(--item-ink-${item.kind})`,
    extendedProps: { item },
  };
}

function itemOf(event: EventApi): CalendarItem {
  return event.extendedProps["item"] as CalendarItem;
}
