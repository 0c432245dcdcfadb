import fc from "fast-check";
import { kindsOf } from "./step.ts";
import { calendar, pick, slot } from "./step-fields.ts";

/** A field of an event that holds text. */
export type TextField = "title" | "description" | "location";
/** What a person does about a guest of an event. */
export type GuestEdit = "add" | "remove" | "accept" | "decline";

/** What people do in the calendars' own pages. `pick` and `calendar` choose among what is there at that moment. */
export type CalendarStep =
  | { do: "move event"; calendar: number; pick: number; slot: number; hours: number }
  | { do: "edit event"; calendar: number; pick: number; field: TextField; text: string }
  | { do: "edit guest"; calendar: number; pick: number; guest: number; edit: GuestEdit }
  | { do: "delete event"; calendar: number; pick: number }
  | { do: "restore event"; pick: number }
  | { do: "transfer event"; calendar: number; pick: number }
  | { do: "add event"; calendar: number; slot: number };

const of = kindsOf<CalendarStep>();

/** What people do in calendars, with how often each is drawn. */
export const calendarSteps = [
  of(5, "move event", { calendar, pick, slot, hours: fc.integer({ min: 1, max: 3 }) }),
  of(3, "edit event", {
    calendar,
    pick,
    field: fc.constantFrom<TextField>("title", "description", "location"),
    text: fc.constantFrom("one", "two", "three"),
  }),
  of(2, "edit guest", {
    calendar,
    pick,
    guest: fc.nat({ max: 2 }),
    edit: fc.constantFrom<GuestEdit>("add", "add", "remove", "accept", "decline"),
  }),
  of(2, "delete event", { calendar, pick }),
  of(2, "restore event", { pick }),
  of(1, "transfer event", { calendar, pick }),
  of(1, "add event", { calendar, slot }),
];
