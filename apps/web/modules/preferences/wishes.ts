import type { SyncWishes } from "../api/types.ts";
import { FIELD_NAMES } from "../changes/describe-change.ts";

/** A wish that is one of a few, with its choices in words. */
export interface ChoiceWish {
  name: "direction" | "conflictPolicy" | "outsideHours" | "overlap" | "allDeclined" | "hostDeclined";
  label: string;
  hint?: string;
  choices: { value: string; text: string }[];
}

const HOLD = [
  { value: "APPLY", text: "Move the booking and tell me" },
  { value: "HOLD", text: "Ask me first" },
];
const DECLINED = [
  { value: "KEEP", text: "Keep the booking" },
  { value: "CANCEL", text: "Cancel the booking" },
];

export const CHOICE_WISHES: ChoiceWish[] = [
  {
    name: "direction",
    label: "Direction",
    choices: [
      { value: "BOTH", text: "Both ways" },
      { value: "TO_CALENDAR", text: "To the calendar: what is changed there is put back" },
      { value: "FROM_CALENDAR", text: "From the calendar: nothing is written there" },
    ],
  },
  {
    name: "conflictPolicy",
    label: "When both sides changed the same",
    choices: [
      { value: "LAST_WRITE_WINS", text: "The later change wins" },
      { value: "CALENDAR_WINS", text: "The calendar wins" },
      { value: "BOOKING_WINS", text: "The booking wins" },
      { value: "ASK", text: "Ask me" },
    ],
  },
  { name: "outsideHours", label: "When an event is moved outside my hours", choices: HOLD },
  { name: "overlap", label: "When an event is moved onto something else", choices: HOLD },
  { name: "allDeclined", label: "When all guests have declined", choices: DECLINED },
  { name: "hostDeclined", label: "When I decline the event myself", choices: DECLINED },
];

/** The fields that bookings can take over from their events, in words. */
export const FOLLOWED_FIELDS = Object.entries(FIELD_NAMES).map(([field, name]) => ({ field, name }));

/** A wish in words, as it holds when nothing else is chosen. */
export function wordsOfWish<Name extends keyof SyncWishes>(name: Name, value: SyncWishes[Name]): string {
  const wish = CHOICE_WISHES.find((one) => one.name === name);
  if (wish) return wish.choices.find((choice) => choice.value === value)?.text ?? String(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return "nothing";
    return FOLLOWED_FIELDS.filter(({ field }) => value.includes(field))
      .map(({ name: field }) => field)
      .join(", ");
  }
  if (name === "massChangeLimit") return value === null ? "never" : `more than ${value}`;
  return value === null ? "as often as needed" : `every ${value} minutes`;
}

/** A number of the form: empty is null, which means no limit. */
export function readNumber(text: string): number | null {
  return text.trim() === "" ? null : Number.parseInt(text, 10);
}

/** How one calendar's limit for many changes is chosen: as for all calendars, none, or a number of its own. */
export type LimitChoice = "inherit" | "never" | "own";

/** @param limit undefined when the calendar has none of its own, null when it never asks */
export function limitChoiceOf(limit: number | null | undefined): LimitChoice {
  if (limit === undefined) return "inherit";
  return limit === null ? "never" : "own";
}

/** The limit as the service takes it. A number that was left empty is as for all calendars. */
export function readLimit(choice: string, text: string): number | null | "inherit" {
  if (choice === "never") return null;
  return choice === "own" ? (readNumber(text) ?? "inherit") : "inherit";
}
