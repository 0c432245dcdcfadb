import type { CalendarEvent } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import { type EventSnapshot, type SnapshotField, toSnapshot } from "./snapshot.ts";
import { renderTemplate } from "./template.ts";

/** How much of a booking its calendar is shown. */
export type CalendarPrivacy = "FULL" | "TITLE_ONLY" | "BUSY";

/** What one calendar is shown of a booking. */
export interface EventView {
  privacy: CalendarPrivacy;
  /** What stands in place of the title; null for the title itself. */
  titleTemplate: string | null;
  /** What stands in place of the description, where one is shown. */
  descriptionTemplate: string | null;
  /** Whether the calendar can hold attendees at all. */
  attendees: boolean;
}

/** Everything, as it is. */
export const FULL_VIEW: EventView = {
  privacy: "FULL",
  titleTemplate: null,
  descriptionTemplate: null,
  attendees: true,
};

/** The title of an event that only says that its owner is busy. */
const BUSY_TITLE = "Busy";

/** The booking as the calendar is to show it: what is compared with what both sides agreed on there. */
export function shownSnapshot(local: Pick<LocalItem, "snapshot" | "about">, view: EventView): EventSnapshot {
  const { snapshot } = local;
  const subject = local.about ?? { hostName: "", link: null, guestEmail: null };
  const template = view.titleTemplate ?? (view.privacy === "BUSY" ? BUSY_TITLE : null);
  return toSnapshot({
    time: snapshot.time,
    title:
      template === null
        ? snapshot.title
        : renderTemplate(template, snapshot, subject).replace(/\s+/g, " ") || BUSY_TITLE,
    description: !isWritten(view, "description")
      ? ""
      : view.descriptionTemplate === null
        ? snapshot.description
        : renderTemplate(view.descriptionTemplate, snapshot, subject),
    location: isWritten(view, "location") ? snapshot.location : "",
    attendees: isWritten(view, "attendees") ? snapshot.attendees : [],
  });
}

/** Whether the calendar is told this field at all. */
export function isWritten(view: EventView, field: SnapshotField): boolean {
  if (field === "attendees" && !view.attendees) return false;
  return view.privacy === "FULL" || field === "time" || field === "title";
}

/**
 * Whether an edit of this field out there says what the booking's field is to be: only where the field stands there
 * as it is. "Busy" that somebody renames tells no title.
 */
export function isMapped(view: EventView, field: SnapshotField): boolean {
  if (!isWritten(view, field)) return false;
  if (field === "title") {
    return view.privacy !== "BUSY" && (view.titleTemplate === null || view.titleTemplate === "{title}");
  }
  if (field !== "description") return true;
  return view.descriptionTemplate === null || view.descriptionTemplate === "{description}";
}

/** Who may open the event: a calendar that is not shown everything keeps what it has from others. */
export function visibilityOf(view: EventView): CalendarEvent["visibility"] {
  return view.privacy === "FULL" ? "default" : "private";
}
