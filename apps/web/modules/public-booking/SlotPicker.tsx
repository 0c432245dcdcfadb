"use client";

import { Alert, Button, classNames, nameDay, Spinner } from "@calsync/ui";
import { MonthCalendar, monthOf } from "@calsync/ui/client";
import { useEffect, useRef, useState } from "react";
import { explainProblem } from "../api/problem.ts";
import { wallClock } from "../time/format.ts";
import { useHourCycle } from "../time/HourCycleProvider.tsx";
import { ZonePicker } from "../time/ZonePicker.tsx";
import { describeFree, hasStaleCalendar, partsOfDay, type Slot } from "./slot-days.ts";
import { type MonthOfSlots, type MovingBooking, useSlots } from "./use-slots.ts";

export interface SlotPickerProps {
  username: string;
  slug: string;
  /** Null until the browser has told its zone. */
  timeZone: string | null;
  onTimeZone: (timeZone: string) => void;
  /** How far ahead can be booked; null when that is not known. */
  maximumDaysAhead: number | null;
  /** An instant whose day is shown first; left out for the first free day. */
  around?: string | null;
  /** Start of the slot that is chosen. */
  chosen: string | null;
  onChoose: (slot: Slot) => void;
  /** The booking that is to be moved, if one is. */
  moving?: MovingBooking;
  /** How many appointments of a series are booked at once. */
  count?: number;
  /** Raised when what is shown is known to be out of date. */
  version?: number;
}

/** A month of days and the free times of the chosen one, in the zone of whoever looks. */
export function SlotPicker(props: SlotPickerProps) {
  const {
    username,
    slug,
    timeZone,
    onTimeZone,
    maximumDaysAhead,
    around,
    chosen,
    onChoose,
    version = 0,
  } = props;
  const [now] = useState(() => new Date().toISOString());
  const today = timeZone ? wallClock(now, timeZone).date : null;
  const [aroundDay] = useState(() => (around && timeZone ? wallClock(around, timeZone).date : null));
  const [gone, setGone] = useState<string | null>(aroundDay && monthOf(aroundDay));
  const month = gone ?? (today ? monthOf(today) : null);
  const [picked, setPicked] = useState<string | null>(aroundDay);
  const { found, reload } = useSlots(username, slug, timeZone, month, props.moving, props.count);

  useEffect(() => {
    if (version > 0) reload();
  }, [version, reload]);

  const last = lastMonth(now, timeZone, maximumDaysAhead);
  useSkipEmptyMonth({ found, month, gone, last, onMonth: setGone });

  if (!timeZone || !today || !month) return <PickerSkeleton />;
  const days = found.state === "ready" ? found.days : null;
  const day = picked && monthOf(picked) === month ? picked : (firstDay(days) ?? null);
  return (
    <div className="grid gap-8 md:grid-cols-[minmax(0,22rem)_minmax(0,1fr)]">
      <div className="grid content-start gap-6">
        <MonthCalendar
          month={month}
          today={today}
          selected={day}
          describeDay={(date) => describeFree(days?.get(date))}
          onSelect={setPicked}
          onMonth={setGone}
          first={monthOf(today)}
          last={last}
          busy={days === null}
        />
        <ZonePicker value={timeZone} at={slotsOf(days, day)[0]?.start ?? now} onChange={onTimeZone} />
      </div>
      <div className="min-w-0">
        {found.state === "failed" ? (
          <Alert tone="bad" role="alert" title="The free times could not be loaded">
            <p>{explainProblem(found.problem)}</p>
            <Button size="small" className="mt-3" onClick={reload}>
              Try again
            </Button>
          </Alert>
        ) : (
          <DaySlots
            day={day}
            slots={slotsOf(days, day)}
            loading={days === null}
            {...{ timeZone, chosen, onChoose }}
          />
        )}
        {found.state === "ready" && hasStaleCalendar(found.freshness) ? (
          <p className="mt-4 text-sm text-muted">
            One of the host’s calendars could not be read lately; a time may turn out to be taken.
          </p>
        ) : null}
      </div>
    </div>
  );
}

function DaySlots({
  day,
  slots,
  loading,
  timeZone,
  chosen,
  onChoose,
}: {
  day: string | null;
  slots: readonly Slot[];
  loading: boolean;
  timeZone: string;
  chosen: string | null;
  onChoose: (slot: Slot) => void;
}) {
  const cycle = useHourCycle();
  if (loading) {
    return (
      <p role="status" className="flex items-center gap-3 py-10 text-muted">
        <Spinner /> Looking for free times…
      </p>
    );
  }
  if (!day || slots.length === 0) {
    return (
      <p role="status" className="py-10 text-muted">
        {day
          ? "Nothing is free on this day. The marked days have free times."
          : "Nothing is free in this month. Look at the next one."}
      </p>
    );
  }
  return (
    <section aria-labelledby="slots-of-day">
      <h2 id="slots-of-day" aria-live="polite" className="text-lg font-semibold">
        <time dateTime={day}>{nameDay(day)}</time>
      </h2>
      {partsOfDay(slots, timeZone, cycle).map((part) => (
        <div key={part.name} className="mt-4">
          <h3 className="mb-2 text-sm font-medium text-muted">{part.name}</h3>
          <ul
            aria-label={`Free times, ${part.name.toLowerCase()}`}
            className="grid grid-cols-3 gap-2 sm:grid-cols-4"
          >
            {part.slots.map((slot) => (
              <li key={slot.start}>
                <button
                  type="button"
                  data-slot={slot.start}
                  aria-pressed={slot.start === chosen}
                  onClick={() => onChoose(slot)}
                  className={classNames(
                    "flex min-h-11 w-full flex-col items-center justify-center rounded-lg border px-2 py-1 font-medium tabular-nums transition-colors",
                    slot.start === chosen
                      ? "border-accent bg-accent text-accent-ink"
                      : "border-line-strong bg-surface text-accent hover:border-accent hover:bg-accent-soft",
                  )}
                >
                  <time dateTime={slot.start}>{slot.label}</time>
                  {slot.seatsLeft > 1 ? (
                    <span className="text-xs font-normal">{slot.seatsLeft} seats left</span>
                  ) : null}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

/** Late in a month nothing may be free in it: the visitor is then taken to the next one, once. */
function useSkipEmptyMonth({
  found,
  month,
  gone,
  last,
  onMonth,
}: {
  found: MonthOfSlots;
  month: string | null;
  gone: string | null;
  last: string | null;
  onMonth: (month: string) => void;
}): void {
  const skipped = useRef(false);
  useEffect(() => {
    if (skipped.current || gone !== null || !month || found.state !== "ready") return;
    skipped.current = true;
    const next = monthAfter(month);
    if (found.days.size === 0 && (last === null || next <= last)) onMonth(next);
  }, [found, month, gone, last, onMonth]);
}

/** Holds the room that the calendar will take, so that nothing jumps when it comes. */
function PickerSkeleton() {
  return (
    <div aria-busy="true" role="status" className="flex min-h-[30rem] items-start gap-3 text-muted">
      <Spinner /> Looking for free times…
    </div>
  );
}

function slotsOf(days: ReadonlyMap<string, readonly Slot[]> | null, day: string | null): readonly Slot[] {
  return (day && days?.get(day)) || [];
}

function firstDay(days: ReadonlyMap<string, readonly Slot[]> | null): string | undefined {
  return days ? [...days.keys()].sort()[0] : undefined;
}

function lastMonth(now: string, timeZone: string | null, maximumDaysAhead: number | null): string | null {
  if (!timeZone || maximumDaysAhead === null) return null;
  const end = new Date(Date.parse(now) + maximumDaysAhead * 86_400_000).toISOString();
  return monthOf(wallClock(end, timeZone).date);
}

function monthAfter(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
}
