"use client";

import { formatMoment, formatWhen, nameZone, showTime, type When, wallClock } from "./format.ts";
import { useHourCycle } from "./HourCycleProvider.tsx";

/** A stretch of time in words: `Wednesday, 3 June 2026, 09:00 – 09:30`; with `zone` also where. */
export function WhenText({ when, timeZone, zone = false }: { when: When; timeZone: string; zone?: boolean }) {
  const cycle = useHourCycle();
  return (
    <>
      <time dateTime={when.start}>{formatWhen(when, timeZone, cycle)}</time>
      {zone && !when.allDay ? <span className="text-muted"> ({nameZone(when.start, timeZone)})</span> : null}
    </>
  );
}

/** `09:00`. */
export function ClockText({ instant, timeZone }: { instant: string; timeZone: string }) {
  const cycle = useHourCycle();
  return <time dateTime={instant}>{showTime(wallClock(instant, timeZone).time, cycle)}</time>;
}

/** `3 Jun 2026, 09:00`. */
export function MomentText({ instant, timeZone }: { instant: string; timeZone: string }) {
  const cycle = useHourCycle();
  return <time dateTime={instant}>{formatMoment(instant, timeZone, cycle)}</time>;
}
