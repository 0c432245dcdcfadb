"use client";

import { Alert, Button, classNames, Spinner } from "@calsync/ui";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { callApi } from "../api/browser.ts";
import { explainProblem } from "../api/problem.ts";
import type { CalendarAnswer } from "../api/types.ts";
import { onServerChange } from "../live/change-bus.ts";
import { useHourCycle } from "../time/HourCycleProvider.tsx";
import "./calendar.css";
import { type CalendarItem, repeats, toItems, type WritableItem } from "./calendar-items.ts";
import type { CalendarRange, Widget } from "./calendar-widget.ts";
import { EventForm } from "./EventForm.tsx";
import { ItemDialog } from "./ItemDialog.tsx";
import { MoveBooking } from "./MoveBooking.tsx";
import { nextFullHour, type Span } from "./span.ts";
import { saveTime } from "./write-item.ts";

const RANGES: { range: CalendarRange; name: string }[] = [
  { range: "day", name: "Day" },
  { range: "week", name: "Week" },
  { range: "month", name: "Month" },
];
/** Below this width a week has no room. */
const NARROW_PX = 640;

/** What is asked of the host above the calendar. */
type Asking =
  | { what: "new"; span: Span }
  | { what: "item"; item: CalendarItem }
  | { what: "edit"; item: WritableItem }
  | { what: "move"; item: WritableItem; to: Span; answer: (done: boolean) => void };

/** The host's calendar: bookings, entries of their own and events of connected calendars, to look at and to change by hand. */
export function CalendarView({ timeZone, date }: { timeZone: string; date: string | null }) {
  const cycle = useHourCycle();
  const place = useRef<HTMLDivElement>(null);
  const widget = useRef<Widget | null>(null);
  // The address follows the calendar; the calendar follows the address only when the page is opened.
  const [firstDate] = useState(date);
  const [range, setRange] = useState<CalendarRange>("week");
  const [title, setTitle] = useState("");
  const [ready, setReady] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const [asking, setAsking] = useState<Asking | null>(null);

  const load = useCallback(async (from: string, to: string) => {
    try {
      const query = new URLSearchParams({ from, to });
      const answer = await callApi<CalendarAnswer>(`/v1/calendar?${query}`);
      setProblem(null);
      setReady(true);
      return toItems(answer, Date.now());
    } catch (error) {
      setProblem(explainProblem(error));
      throw error;
    }
  }, []);

  const onMove = useCallback(
    async (item: CalendarItem, to: Span) => {
      setSaid("");
      setProblem(null);
      if (item.kind === "imported") return false;
      // People are told of a booking's new time: that is asked first.
      if (item.kind === "booking" || repeats(item)) {
        return new Promise<boolean>((answer) => setAsking({ what: "move", item, to, answer }));
      }
      try {
        await saveTime(item, to, timeZone);
        setSaid(`${item.title} moved.`);
        return true;
      } catch (error) {
        setProblem(`${item.title} was not moved. ${explainProblem(error)}`);
        return false;
      } finally {
        widget.current?.refresh();
      }
    },
    [timeZone],
  );

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let gone = false;
    const narrow = window.innerWidth < NARROW_PX;
    if (narrow) setRange("day");
    import("./calendar-widget.ts")
      .then(({ mountCalendar }) => {
        if (gone) return;
        widget.current = mountCalendar(element, {
          timeZone,
          cycle,
          range: narrow ? "day" : "week",
          date: firstDate ?? new Date().toISOString(),
          load,
          onRange: (shown) => {
            setTitle(shown.title);
            rememberDate(shown.date);
          },
          onDraw: (span) => setAsking({ what: "new", span }),
          onOpen: (item) => setAsking({ what: "item", item }),
          onMove,
        });
      })
      .catch(() => setProblem("The calendar could not be loaded. Reload the page to try again."));
    const stop = onServerChange(() => widget.current?.refresh());
    return () => {
      gone = true;
      stop();
      widget.current?.destroy();
      widget.current = null;
    };
  }, [timeZone, cycle, firstDate, load, onMove]);

  // What is being looked at stays as it is meanwhile.
  const isAsking = asking !== null;
  useEffect(() => (isAsking ? widget.current?.hold() : undefined), [isAsking]);

  const close = () => {
    if (asking?.what === "move") asking.answer(false);
    setAsking(null);
  };
  const done = (text: string) => {
    if (asking?.what === "move") asking.answer(true);
    setAsking(null);
    setSaid(text);
    widget.current?.refresh();
  };
  const show = (next: CalendarRange) => {
    setRange(next);
    widget.current?.show(next);
  };
  const fresh = useMemo(() => (asking?.what === "new" ? asking.span : null), [asking]);

  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="flex gap-1">
          <Button
            size="small"
            aria-label={`Previous ${range}`}
            onClick={() => widget.current?.go("previous")}
          >
            <span aria-hidden="true">‹</span>
          </Button>
          <Button size="small" onClick={() => widget.current?.go("today")}>
            Today
          </Button>
          <Button size="small" aria-label={`Next ${range}`} onClick={() => widget.current?.go("next")}>
            <span aria-hidden="true">›</span>
          </Button>
        </div>
        <h2 aria-live="polite" className="text-lg font-semibold">
          {title}
        </h2>
        <div className="ml-auto flex flex-wrap gap-2">
          <fieldset className="flex rounded-lg border border-line-strong p-0.5">
            <legend className="sr-only">How much is shown</legend>
            {RANGES.map((one) => (
              <button
                key={one.range}
                type="button"
                aria-pressed={range === one.range}
                onClick={() => show(one.range)}
                className={classNames(
                  "min-h-8 rounded-md px-3 text-sm font-medium",
                  range === one.range ? "bg-accent text-accent-ink" : "text-ink hover:bg-sunken",
                )}
              >
                {one.name}
              </button>
            ))}
          </fieldset>
          <Button
            kind="primary"
            size="small"
            onClick={() => setAsking({ what: "new", span: nextFullHour(new Date()) })}
          >
            New entry
          </Button>
        </div>
      </div>
      <p role="status" className="sr-only">
        {said}
      </p>
      {problem ? (
        <Alert tone="bad" role="alert" className="mb-3">
          <p>{problem}</p>
          <Button size="small" className="mt-2" onClick={() => widget.current?.refresh()}>
            Try again
          </Button>
        </Alert>
      ) : null}
      <div className="relative h-[max(32rem,calc(100dvh-16rem))] overflow-hidden rounded-2xl border border-line bg-surface">
        {ready || problem ? null : (
          <p role="status" className="absolute inset-0 flex items-center justify-center gap-3 text-muted">
            <Spinner /> Reading your calendar…
          </p>
        )}
        <div ref={place} className="calendar-view h-full" data-testid="calendar-view" />
      </div>
      <Legend />
      {fresh ? (
        <EventForm item={null} span={fresh} timeZone={timeZone} onClose={close} onDone={done} />
      ) : null}
      {asking?.what === "edit" ? (
        <EventForm
          item={asking.item}
          span={asking.item.span}
          timeZone={timeZone}
          onClose={close}
          onDone={done}
        />
      ) : null}
      {asking?.what === "item" ? (
        <ItemDialog
          item={asking.item}
          timeZone={timeZone}
          onClose={close}
          onDone={done}
          onEdit={(item) => setAsking({ what: "edit", item })}
        />
      ) : null}
      {asking?.what === "move" ? (
        <MoveBooking item={asking.item} to={asking.to} timeZone={timeZone} onClose={close} onDone={done} />
      ) : null}
    </div>
  );
}

function Legend() {
  return (
    <ul aria-label="What the colours mean" className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
      {(["booking", "entry", "external", "imported"] as const).map((kind) => (
        <li key={kind} className="flex items-center gap-2">
          <span
            aria-hidden="true"
            className={`calendar-item-${kind} calendar-swatch`}
            style={{ background: `var(--item-ground-${kind})` }}
          />
          {
            {
              booking: "Bookings",
              entry: "Your own entries",
              external: "Other calendars",
              imported: "Imported",
            }[kind]
          }
        </li>
      ))}
    </ul>
  );
}

/** A reload shows the same days. */
function rememberDate(date: string): void {
  const url = new URL(window.location.href);
  url.searchParams.set("date", date);
  window.history.replaceState(null, "", url);
}
