import type { GoogleEvent } from "@calsync/provider-sandbox";
import type { RemoteSeries, SeriesHand, StartSeriesRemote } from "../series-over-http.ts";
import { startGoogle } from "./google.ts";
import type { RemoteCalendar } from "./RemoteCalendars.ts";

/** Series in the simulated Google. */
export const googleSeries: StartSeriesRemote = async (clock) => {
  const remote = await startGoogle(clock);
  const { google } = remote;
  const patch = ({ account, calendarId }: RemoteCalendar, id: string, change: GoogleEvent) =>
    void google.patchEvent(account.email, calendarId, id, change);
  const hand: SeriesHand = {
    zoneName: (iana) => iana,
    series: ({ account, calendarId }) =>
      google
        .events(account.email, calendarId)
        .filter(({ recurrence, status }) => recurrence && status !== "cancelled")
        .map(toSeries),
    moveDate: async (calendar, id, original, start) =>
      patch(calendar, instanceId(id, original), hourAt(start)),
    deleteDate: async ({ account, calendarId }, id, original) =>
      google.deleteEvent(account.email, calendarId, instanceId(id, original)),
    edit(calendar, id, { start, timeZone, title, until }) {
      patch(calendar, id, {
        ...(start === undefined ? {} : hourAt(start, timeZone)),
        ...(title === undefined ? {} : { summary: title }),
        ...(until === undefined
          ? {}
          : { recurrence: [`RRULE:FREQ=WEEKLY;UNTIL=${until.replaceAll("-", "")}T235959Z`] }),
      });
    },
    delete: ({ account, calendarId }, id) => google.deleteEvent(account.email, calendarId, id),
    restore: (calendar, id) => patch(calendar, id, { status: "confirmed" }),
    copy({ account, calendarId }, id, { title, start, count }) {
      const { extendedProperties } = google.event(account.email, calendarId, id);
      const made = google.putEvent(account.email, calendarId, {
        summary: title,
        ...(extendedProperties ? { extendedProperties } : {}),
        ...hourAt(start),
        recurrence: [`RRULE:FREQ=WEEKLY;COUNT=${count}`],
      });
      return String(made["id"]);
    },
    async shown({ account, calendarId }, id, original) {
      const gone = !google
        .events(account.email, calendarId)
        .some((event) => event["id"] === id && event.status !== "cancelled");
      if (gone) return "cancelled";
      const { status, start } = google.event(account.email, calendarId, instanceId(id, original));
      return status === "cancelled" ? "cancelled" : new Date(start?.dateTime ?? 0).toISOString().slice(5, 16);
    },
  };
  return { remote, hand };
};

/** Google names an instance by its series and its original start. */
function instanceId(seriesId: string, originalStart: string): string {
  return `${seriesId}_${new Date(originalStart).toISOString().replace(/\.000|[-:]/g, "")}`;
}

function hourAt(start: string, timeZone = "UTC"): GoogleEvent {
  const end = new Date(Date.parse(start) + 3_600_000).toISOString();
  return { start: { dateTime: start, timeZone }, end: { dateTime: end, timeZone } };
}

function toSeries(event: GoogleEvent): RemoteSeries {
  const rule = event.recurrence?.[0] ?? "";
  const [, year, month, day] = /UNTIL=(\d{4})(\d{2})(\d{2})/.exec(rule) ?? [];
  return {
    id: String(event["id"]),
    start: new Date(event.start?.dateTime ?? 0).toISOString(),
    ends: year ? { until: `${year}-${month}-${day}` } : { count: Number(/COUNT=(\d+)/.exec(rule)?.[1]) },
    timeZone: event.start?.timeZone ?? "",
  };
}
