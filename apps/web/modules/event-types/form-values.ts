import type { EventType, RecurrenceRule } from "../api/types.ts";

/** What the form sends. */
export type EventTypeValues = Omit<EventType, "id">;

/** A new event type before anything is typed: half an hour, an hour's notice, two months ahead. */
export const NEW_EVENT_TYPE: EventTypeValues = {
  title: "",
  slug: "",
  description: "",
  location: "",
  durationMinutes: 30,
  slotIntervalMinutes: null,
  seats: 1,
  hidden: false,
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  minimumNoticeMinutes: 60,
  maximumDaysAhead: 60,
  recurrence: null,
};

/** The last part of a booking page's address from a title: `Café & Kuchen, 30 min` becomes `cafe-kuchen-30-min`. */
export function slugFrom(title: string): string {
  return title
    .normalize("NFKD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80)
    .replace(/-+$/, "");
}

/** Reads the form. Numbers that were left empty become NaN, which the API refuses by name. */
export function readValues(form: FormData): EventTypeValues {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const number = (name: string) => Number.parseInt(text(name), 10);
  return {
    title: text("title"),
    slug: text("slug"),
    description: text("description"),
    location: text("location"),
    durationMinutes: number("durationMinutes"),
    slotIntervalMinutes: text("slotIntervalMinutes") === "" ? null : number("slotIntervalMinutes"),
    seats: number("seats"),
    hidden: form.get("hidden") !== null,
    bufferBeforeMinutes: number("bufferBeforeMinutes"),
    bufferAfterMinutes: number("bufferAfterMinutes"),
    minimumNoticeMinutes: number("minimumNoticeMinutes"),
    maximumDaysAhead: number("maximumDaysAhead"),
    recurrence:
      form.get("repeats") === null
        ? null
        : {
            frequency: text("frequency") as RecurrenceRule["frequency"],
            interval: number("interval"),
            maxCount: number("maxCount"),
          },
  };
}
