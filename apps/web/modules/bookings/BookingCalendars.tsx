import { Badge, Card } from "@calsync/ui";
import type { Booking } from "../api/types.ts";
import { explainCalendarError } from "../calendars/explain-error.ts";
import { RelativeTime } from "../time/RelativeTime.tsx";
import { lookOfCalendar } from "./booking-state.ts";

/** Where a booking's events are, and whether they are up to date. */
export function BookingCalendars({
  calendars,
  timeZone,
}: {
  calendars: Booking["calendars"];
  timeZone: string;
}) {
  return (
    <Card aria-labelledby="calendars-heading">
      <h2 id="calendars-heading" className="text-lg font-semibold">
        In your calendars
      </h2>
      {calendars.length === 0 ? (
        <p className="mt-2 text-muted">
          It is in none of your calendars: no destination calendar was chosen when it was made.
        </p>
      ) : (
        <ul className="mt-2 divide-y divide-line">
          {calendars.map((calendar) => {
            const { calendarName, provider, status, lastPushedAt, lastError } = calendar;
            const look = lookOfCalendar(calendar);
            return (
              <li key={`${provider} ${calendarName}`} className="py-3">
                <div className="flex flex-wrap items-center justify-between gap-2">
                  <span className="font-medium">{calendarName}</span>
                  <Badge tone={look.tone} title={look.detail}>
                    {look.text}
                  </Badge>
                </div>
                <p className="text-sm text-muted">
                  {lastPushedAt ? (
                    <>
                      Written <RelativeTime instant={lastPushedAt} timeZone={timeZone} />
                    </>
                  ) : (
                    "Not written yet"
                  )}
                </p>
                {lastError && (status === "error" || status === "pending") ? (
                  <p className="mt-1 text-sm text-bad">{explainCalendarError(lastError)}</p>
                ) : null}
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
