import { CalendarError } from "@calsync/lib";
import type { CalendarService } from "@calsync/types";
import { expect, test } from "vitest";
import { readNow } from "./event-ref.ts";

const reference = { externalEventId: "page-1", originalStart: "", seriesReferenceId: null };
const failing = (error: Error) =>
  ({
    getEvent: async () => {
      throw error;
    },
  }) as unknown as CalendarService;

test("an event that cannot be read is set aside and is no deletion", async () => {
  const service = failing(new CalendarError("EVENT_UNREADABLE", "hidden or gone"));
  expect(await readNow(service, "calendar-1", reference)).toEqual({
    type: "unreadable",
    eventId: "page-1",
    reason: "hidden or gone",
  });
});

test("any other error of a direct read ends it", async () => {
  const error = new CalendarError("CALENDAR_NOT_FOUND", "gone");
  await expect(readNow(failing(error), "calendar-1", reference)).rejects.toBe(error);
});
