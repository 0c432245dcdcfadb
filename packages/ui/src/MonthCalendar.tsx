import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { classNames } from "./class-names.ts";
import {
  addDays,
  addMonths,
  type DayString,
  inMonth,
  type MonthString,
  monthOf,
  nameDay,
  nameMonth,
  WEEKDAY_NAMES,
  weekdayOf,
  weeksOf,
} from "./month-grid.ts";

/** The month that is shown, and what of it can be chosen. */
export interface MonthCalendarProps {
  month: MonthString;
  today: DayString;
  selected: DayString | null;
  /** What can be said about a day that can be chosen ("3 free times"); null when it cannot be chosen. */
  describeDay: (day: DayString) => string | null;
  onSelect: (day: DayString) => void;
  onMonth: (month: MonthString) => void;
  /** First and last month that can be gone to. */
  first: MonthString;
  last: MonthString | null;
  /** Days are being fetched; nothing can be chosen until then. */
  busy: boolean;
}

/**
 * A month to choose a day from. The arrow keys go from day to day and on into the next month, Home and End to the ends of a week,
 * Page Up and Page Down by months (the grid pattern of the ARIA authoring practices).
 */
export function MonthCalendar(props: MonthCalendarProps) {
  const { month, today, selected, describeDay, onSelect, onMonth, first, last, busy } = props;
  const headingId = useId();
  const table = useRef<HTMLTableElement>(null);
  const [cursor, setCursor] = useState<DayString | null>(null);
  const moving = useRef(false);

  const weeks = weeksOf(month);
  const days = weeks.flat().filter((day) => day !== null);
  const inView = (day: DayString | null): day is DayString => day !== null && monthOf(day) === month;
  const tabStop = inView(cursor)
    ? cursor
    : inView(selected)
      ? selected
      : (days.find((day) => describeDay(day) !== null) ?? (inView(today) ? today : days[0]));

  useEffect(() => {
    if (!moving.current || !cursor) return;
    moving.current = false;
    table.current?.querySelector<HTMLElement>(`[data-day="${cursor}"]`)?.focus();
  }, [cursor]);

  const canGo = (to: MonthString) => to >= first && (last === null || to <= last);
  const go = (day: DayString) => {
    if (!canGo(monthOf(day))) return;
    moving.current = true;
    setCursor(day);
    if (monthOf(day) !== month) onMonth(monthOf(day));
  };
  const onKeyDown = (event: KeyboardEvent, day: DayString) => {
    const to = dayAfterKey(event.key, day);
    if (to === null) return;
    event.preventDefault();
    go(to);
  };

  const previous = addMonths(month, -1);
  const next = addMonths(month, 1);
  return (
    <div>
      <div className="mb-3 flex items-center justify-between">
        <h2 id={headingId} aria-live="polite" className="text-lg font-semibold">
          {nameMonth(month)}
        </h2>
        <div className="flex gap-1">
          <MonthButton
            label={`Previous month, ${nameMonth(previous)}`}
            sign="‹"
            disabled={!canGo(previous)}
            onClick={() => onMonth(previous)}
          />
          <MonthButton
            label={`Next month, ${nameMonth(next)}`}
            sign="›"
            disabled={!canGo(next)}
            onClick={() => onMonth(next)}
          />
        </div>
      </div>
      <table
        ref={table}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: cells of a calendar are chosen from, and moved between with the arrow keys.
        role="grid"
        aria-labelledby={headingId}
        aria-busy={busy}
        className="w-full table-fixed border-collapse"
      >
        <thead>
          <tr>
            {WEEKDAY_NAMES.map((name) => (
              <th
                key={name}
                scope="col"
                abbr={name}
                className="pb-2 text-center text-sm font-medium text-muted"
              >
                {name.slice(0, 2)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week.find((day) => day !== null)}>
              {week.map((day, index) =>
                day === null ? (
                  <td key={WEEKDAY_NAMES[index]} />
                ) : (
                  <td key={day} className="p-0.5 text-center">
                    <Day
                      day={day}
                      detail={busy ? null : describeDay(day)}
                      today={day === today}
                      selected={day === selected}
                      tabStop={day === tabStop}
                      onSelect={() => {
                        setCursor(day);
                        onSelect(day);
                      }}
                      onKeyDown={(event) => onKeyDown(event, day)}
                    />
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Day({
  day,
  detail,
  today,
  selected,
  tabStop,
  onSelect,
  onKeyDown,
}: {
  day: DayString;
  detail: string | null;
  today: boolean;
  selected: boolean;
  tabStop: boolean;
  onSelect: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}) {
  const free = detail !== null;
  return (
    <button
      type="button"
      data-day={day}
      aria-label={`${nameDay(day)}, ${detail ?? "nothing free"}`}
      aria-current={today ? "date" : undefined}
      // Not `disabled`: the arrow keys have to be able to pass over it.
      aria-disabled={!free}
      aria-pressed={selected}
      tabIndex={tabStop ? 0 : -1}
      onClick={free ? onSelect : undefined}
      onKeyDown={onKeyDown}
      className={classNames(
        "relative mx-auto flex aspect-square w-full max-w-12 items-center justify-center rounded-full tabular-nums transition-colors",
        selected
          ? "bg-accent font-semibold text-accent-ink"
          : free
            ? "bg-accent-soft font-semibold text-accent hover:bg-accent hover:text-accent-ink"
            : "cursor-default text-muted/80",
      )}
    >
      {Number(day.slice(8))}
      {today ? (
        <span aria-hidden="true" className="absolute bottom-1 size-1 rounded-full bg-current" />
      ) : null}
    </button>
  );
}

function MonthButton(props: { label: string; sign: string; disabled: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
      className="inline-flex size-11 items-center justify-center rounded-full text-2xl leading-none text-ink hover:bg-sunken disabled:cursor-not-allowed disabled:text-muted/50 disabled:hover:bg-transparent"
    >
      <span aria-hidden="true" className="-mt-1">
        {props.sign}
      </span>
    </button>
  );
}

/** Where a key leads from a day; null for keys that mean nothing here. */
function dayAfterKey(key: string, day: DayString): DayString | null {
  switch (key) {
    case "ArrowLeft":
      return addDays(day, -1);
    case "ArrowRight":
      return addDays(day, 1);
    case "ArrowUp":
      return addDays(day, -7);
    case "ArrowDown":
      return addDays(day, 7);
    case "Home":
      return addDays(day, -weekdayOf(day));
    case "End":
      return addDays(day, 6 - weekdayOf(day));
    case "PageUp":
      return inMonth(day, addMonths(monthOf(day), -1));
    case "PageDown":
      return inMonth(day, addMonths(monthOf(day), 1));
    default:
      return null;
  }
}
