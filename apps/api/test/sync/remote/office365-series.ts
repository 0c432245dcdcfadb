import type { GraphEvent, GraphSandbox } from "@calsync/provider-sandbox";
import type { RemoteSeries, SeriesHand, StartSeriesRemote } from "../series-over-http.ts";
import { MARKER, startOutlook } from "./office365.ts";

const DAY_MS = 86_400_000;
/** How Windows calls the zones that the tests use. */
const ZONES: Readonly<Record<string, string>> = {
  UTC: "UTC",
  "Europe/Berlin": "W. Europe Standard Time",
  "America/New_York": "Eastern Standard Time",
};

/** Series in the simulated Outlook. A series that was deleted does not come back as the same one. */
export const office365Series: StartSeriesRemote = async (clock) => {
  const remote = await startOutlook(clock);
  const { graph } = remote;
  const hand: SeriesHand = {
    zoneName: (iana) => ZONES[iana] ?? iana,
    series: ({ account, calendarId }) =>
      graph
        .events(account.email, calendarId, { immutableIds: true })
        .filter(({ type }) => type === "seriesMaster")
        .map(toSeries),
    async moveDate({ account }, id, original, start) {
      const instance = await instanceAt(graph, account.email, id, original);
      graph.patchEvent(account.email, instance?.id ?? "", hourAt(start));
    },
    async deleteDate({ account }, id, original) {
      graph.deleteEvent(account.email, (await instanceAt(graph, account.email, id, original))?.id ?? "");
    },
    edit({ account }, id, { start, timeZone, title, until }) {
      const { recurrence } = graph.event(account.email, id);
      const { pattern, range } = recurrence ?? {};
      graph.patchEvent(account.email, id, {
        ...(title === undefined ? {} : { subject: title }),
        // Outlook's dialog sends the rule along with a new time: the day of the week is part of it.
        ...(start === undefined
          ? {}
          : {
              ...hourAt(start, timeZone),
              recurrence: {
                pattern: { ...pattern, daysOfWeek: [weekdayOf(start, timeZone)] },
                range: { ...range, startDate: wallTime(start, timeZone).slice(0, 10) },
              },
            }),
        ...(until === undefined
          ? {}
          : {
              recurrence: {
                ...recurrence,
                range: { type: "endDate", startDate: range?.startDate ?? null, endDate: until },
              },
            }),
      });
    },
    delete: ({ account }, id) => graph.deleteEvent(account.email, id),
    restore: null,
    copy({ account, calendarId }, id, { title, start, count }) {
      const { recurrence } = graph.event(account.email, id);
      const made = graph.putEvent(account.email, calendarId, {
        subject: title,
        ...hourAt(start),
        recurrence: {
          pattern: { ...recurrence?.pattern, daysOfWeek: [weekdayOf(start)] },
          range: { type: "numbered", numberOfOccurrences: count, startDate: start.slice(0, 10) },
        },
        singleValueExtendedProperties: [
          { id: MARKER, value: graph.extendedProperty(account.email, id, MARKER) ?? "" },
        ],
      });
      return graph.event(account.email, made.id ?? "", { immutableIds: true }).id ?? "";
    },
    async shown({ account }, id, original) {
      const instance = await instanceAt(graph, account.email, id, original);
      return instance?.start?.dateTime?.slice(5, 16) ?? "cancelled";
    },
  };
  return { remote, hand };
};

/** The date of a series that was at this start when the series was made; undefined when it was taken out. */
async function instanceAt(
  graph: GraphSandbox,
  email: string,
  seriesId: string,
  originalStart: string,
): Promise<GraphEvent | undefined> {
  const around = (days: number) => new Date(Date.parse(originalStart) + days * DAY_MS).toISOString();
  const query = `startDateTime=${around(-6)}&endDateTime=${around(6)}&$top=100`;
  const { accessToken } = graph.issuePageToken(email);
  const { body } = await graph.answer({
    verb: "GET",
    target: `/v1.0/me/events/${encodeURIComponent(seriesId)}/instances?${query}`,
    headers: { authorization: `Bearer ${accessToken}` },
    text: "",
  });
  const { value = [] } = body as { value?: GraphEvent[] };
  return value.find((one) => Date.parse(one.originalStart ?? "") === Date.parse(originalStart));
}

/** An hour on the wall clock of a zone. @param start in UTC */
function hourAt(start: string, timeZone = "UTC"): GraphEvent {
  const end = new Date(Date.parse(start) + 3_600_000).toISOString();
  const wall = (time: string) => ({
    dateTime: wallTime(time, timeZone),
    timeZone: ZONES[timeZone] ?? timeZone,
  });
  return { start: wall(start), end: wall(end) };
}

/** `2030-01-08T10:00:00` in a zone; Swedish writes dates and times as ISO 8601 does. */
const wallTime = (start: string, timeZone = "UTC") =>
  new Date(start).toLocaleString("sv", { timeZone }).replace(" ", "T");

const weekdayOf = (start: string, timeZone = "UTC") =>
  new Date(start).toLocaleDateString("en", { weekday: "long", timeZone }).toLowerCase() as "monday";

function toSeries({ id, start, recurrence, originalStartTimeZone }: GraphEvent): RemoteSeries {
  const { type, endDate, numberOfOccurrences } = recurrence?.range ?? {};
  return {
    id: id ?? "",
    start: new Date(`${start?.dateTime?.slice(0, 19)}Z`).toISOString(),
    ends: type === "endDate" ? { until: endDate ?? "" } : { count: numberOfOccurrences ?? 0 },
    timeZone: originalStartTimeZone ?? "",
  };
}
