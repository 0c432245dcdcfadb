import { formatMoment, formatWhen, nameZone, type When, wallClock } from "./format.ts";

/** A stretch of time in words: `Wednesday, 3 June 2026, 09:00 – 09:30`; with `zone` also where. */
export function WhenText({ when, timeZone, zone = false }: { when: When; timeZone: string; zone?: boolean }) {
  return (
    <>
      <time dateTime={when.start}>{formatWhen(when, timeZone)}</time>
      {zone && !when.allDay ? <span className="text-muted"> ({nameZone(when.start, timeZone)})</span> : null}
    </>
  );
}

/** `09:00`. */
export function ClockText({ instant, timeZone }: { instant: string; timeZone: string }) {
  return <time dateTime={instant}>{wallClock(instant, timeZone).time}</time>;
}

/** `3 Jun 2026, 09:00`. */
export function MomentText({ instant, timeZone }: { instant: string; timeZone: string }) {
  return <time dateTime={instant}>{formatMoment(instant, timeZone)}</time>;
}
