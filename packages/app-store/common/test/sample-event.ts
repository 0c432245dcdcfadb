import type { CalendarEvent } from "@calsync/types";

/** A plain event as the engine would write it. */
export const SAMPLE_EVENT: CalendarEvent = {
  title: "Consultation",
  description: "",
  location: "",
  time: {
    allDay: false,
    start: "2027-06-08T10:00:00.000Z",
    end: "2027-06-08T11:00:00.000Z",
    timeZone: "UTC",
  },
  attendees: [],
  recurrence: null,
  transparency: "busy",
  visibility: "default",
  iCalUid: "uid-1@calsync.example",
  sequence: 0,
  marker: "reference-1",
};
