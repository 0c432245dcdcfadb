import { CalendarError } from "@calsync/lib";
import type { NotionSandbox } from "@calsync/provider-sandbox";
import type { CalendarEvent } from "@calsync/types";
import { type ConnectedWorkspace, date, title } from "./notion-sandbox.ts";

/** What the tests of single habits of Notion look at. */
export const WINDOW = { start: new Date("2027-05-01T00:00:00Z"), end: new Date("2027-09-01T00:00:00Z") };

/** An hour of a day in June 2027. */
export const at = (day: number, hour = 10): CalendarEvent["time"] => ({
  allDay: false,
  start: new Date(Date.UTC(2027, 5, day, hour)).toISOString(),
  end: new Date(Date.UTC(2027, 5, day, hour + 1)).toISOString(),
  timeZone: "UTC",
});

/** One pull to its end. */
export async function pull(
  { service, calendarId }: ConnectedWorkspace,
  cursor: string | null,
  pageSize?: number,
) {
  const pages = [];
  const options = { window: WINDOW, ...(pageSize ? { pageSize } : {}) };
  for await (const page of service.onWatchedCalendarChange(calendarId, cursor, options)) pages.push(page);
  const last = pages.at(-1);
  if (!last) throw new Error("a pull has a page");
  return { changes: pages.flatMap((page) => page.changes), cursor: last.cursor, pages };
}

/** A row that a person makes, for an hour of that day of June. */
export const addRow = (notion: NotionSandbox, world: ConnectedWorkspace, name: string, day = 8): string =>
  notion.addRow(world.email, world.calendarId, { Name: title(name), Date: date(at(day)) });

/** The code of the calendar error that something is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof CalendarError ? error.code : String(error);
}
