/**
 * Every decision of the engine, as a closed list of reason codes with a sentence for people. A change record carries
 * the code; SPEC.md names the test of each. Light enough for a browser: it imports nothing.
 */
export const REASONS = {
  // From the calendar to the booking
  "remote-time-changed": "The event was moved in the calendar, so the booking was rescheduled.",
  "remote-details-changed": "The event's title, description or location was edited in the calendar.",
  "remote-deleted": "The event was deleted in the calendar, so the booking was cancelled.",
  "remote-attendees-changed": "People were added to or taken off the event in the calendar.",
  "remote-answer-changed": "An attendee answered in the calendar.",
  "answer-received": "An attendee answered the invitation by a message.",
  "all-attendees-declined": "Everyone who is invited has declined.",
  "host-declined": "The host declined the event in the calendar.",
  "remote-undeclined": "Somebody who had declined comes after all, so the booking was restored.",
  "remote-restored": "The deleted event was brought back in the calendar, so the booking was restored.",
  "remote-wins-last-write": "Both sides changed the same field; the calendar's change was the later one.",
  "local-wins-last-write": "Both sides changed the same field; the booking's change was the later one.",
  "local-change-beats-remote-delete":
    "The event was deleted in the calendar while the booking was changed here; the change wins and the event comes back.",
  "remote-change-beats-local-cancel":
    "The booking was cancelled here while the event was edited in the calendar; the cancellation stands.",
  // Done, and told
  "applied-outside-hours":
    "The event was moved to a time outside your hours in the calendar; the booking was rescheduled all the same.",
  "applied-overlapping":
    "The event was moved onto another booking or a busy time in the calendar; the booking was rescheduled all the same.",
  // Asked about
  "conflict-both-changed":
    "The booking and its event were changed differently; nothing is changed on either side until you choose.",
  "conflict-deleted-and-changed":
    "The event was deleted in the calendar while the booking was changed here; you are asked which counts.",
  "conflict-cancelled-and-changed":
    "The booking was cancelled here while its event was changed in the calendar; you are asked which counts.",
  "held-outside-hours":
    "The event was moved to a time outside your hours; the booking keeps its time until you confirm.",
  "held-overlapping":
    "The event was moved onto another booking or a busy time; the booking keeps its time until you confirm.",
  "mass-change-held":
    "The calendar would have cancelled or moved more bookings at once than you allow; nothing happens until you answer.",
  // Answered
  "conflict-resolved-local": "You chose the booking as it is here.",
  "conflict-resolved-remote": "You chose the event as it is in the calendar.",
  "conflict-resolved-merge": "You chose from both sides.",
  "conflict-converged": "The question settled by itself: both sides say the same again.",
  "conflict-overtaken": "The question was settled by a later change.",
  "mass-change-restored": "You had the events put back as their bookings are.",
  "undone-by-host": "You undid a change that sync had made.",
  "moved-to-other-calendar":
    "The event was moved to another of the host's calendars; the booking goes with it.",
  "deletion-unconfirmed":
    "The event has gone from the calendar; the host's other calendars are looked at before the booking is cancelled, in case it was moved there.",
  // Series
  "occurrence-moved": "This date of the series was moved in the calendar.",
  "occurrence-changed": "This date of the series was edited in the calendar.",
  "occurrence-deleted": "This date of the series was deleted in the calendar, so its booking was cancelled.",
  "occurrence-restored":
    "This date of the series was brought back in the calendar, so its booking was restored.",
  "series-moved": "The series was moved in the calendar, so its bookings to come were rescheduled.",
  "series-rule-changed":
    "The series repeats otherwise now; its bookings to come follow the new dates in their order.",
  "series-changed": "The series' title, description or location was edited in the calendar.",
  "series-shortened":
    "The series was shortened in the calendar, so the bookings beyond its end were cancelled.",
  "series-deleted": "The series was deleted in the calendar, so its bookings to come were cancelled.",
  "series-restored": "The deleted series was brought back in the calendar, so its bookings were restored.",
  "series-split-moved":
    "This and the following dates were moved in the calendar; the bookings follow the new series there.",
  "series-split-changed": "This and the following dates were edited in the calendar.",
  "calendar-came-back":
    "The calendar had gone at its provider and came back without the event; the booking stays and is written again.",
  // Nothing to do
  echo: "Our own write came back.",
  unchanged: "The event changed in ways that the booking does not follow.",
  converged: "Both sides were changed to the same.",
  // Refused or held
  "past-booking": "The booking has ended; sync never changes the past.",
  "booking-cancelled": "The booking was cancelled already.",
  "booking-gone": "The booking does not exist any more.",
  "direction-to-calendar-only": "This calendar only receives bookings; changes made there are put back.",
  "direction-from-calendar-only": "This calendar is only read; bookings are not written to it.",
  "field-not-followed": "The host does not want this field followed; the edit stays in the calendar alone.",
  "field-not-mapped":
    "The calendar is not shown this field as it is, so an edit there tells the booking nothing and is left alone.",
  "time-taken": "Another booking has taken the time meanwhile.",
  "invalid-time": "The event's times cannot be those of a booking.",
  unreadable: "The provider sent an event that cannot be read; it is set aside alone.",
  // From the booking to the calendar
  "event-created": "The booking was written to the calendar.",
  "event-updated": "The booking's change was written to the calendar.",
  "event-deleted": "The booking was cancelled, so its event was deleted.",
  "series-created": "The recurring booking was written to the calendar as one recurring event.",
  "series-updated": "The change of the series was written to the calendar.",
  "series-event-deleted": "The recurring booking was cancelled, so its event was deleted.",
  "event-recreated": "The event had gone from the calendar and was written again.",
  "push-refused": "The calendar refused the change for good.",
  // Healed
  "duplicate-removed": "A second event of the same booking was found in the calendar and removed.",
  "orphan-removed": "An event that we had made for a booking that does not exist any more was removed.",
  // Edits of events that are not ours
  "external-edit-written": "The event was changed in the calendar as the host asked in the app.",
  "external-edit-merged":
    "The host's change was written to the calendar together with what was changed there meanwhile.",
  "external-edit-overtaken": "The event was changed in the calendar meanwhile, and that change counts.",
  "external-edit-asked":
    "The event was changed in the calendar meanwhile; the host decides which change counts.",
  "external-edit-discarded": "The host chose the calendar's change over their own.",
  "external-edit-refused": "The calendar refused the host's change.",
  "external-delete-written": "The event was deleted in the calendar as the host asked in the app.",
  "external-event-gone": "The event is not in the calendar any more, so it could not be changed.",
  // Made in the app
  "booked-by-guest": "A guest booked.",
  "rescheduled-by-host": "The host moved the booking in the app.",
  "rescheduled-by-guest": "The guest moved the booking.",
  "cancelled-by-host": "The host cancelled the booking in the app.",
  "cancelled-by-guest": "The guest cancelled the booking.",
  "seat-taken-by-guest": "A guest joined.",
  "entry-created-by-host": "The host made the entry in the app.",
  "entry-changed-by-host": "The host changed the entry in the app.",
  "entry-deleted-by-host": "The host deleted the entry in the app.",
  "seat-given-up-by-guest": "A guest gave their seat up.",
} as const;

/** Why something was done, refused or left: one of a closed list. */
export type ReasonCode = keyof typeof REASONS;

/** The codes of what people do in the app. */
export type AppReason = Extract<ReasonCode, `${string}-by-${"host" | "guest"}`>;

/** The sentence for a reason code; unknown codes (from a newer version) come back as they are. */
export function explainReason(code: string): string {
  return (REASONS as Record<string, string>)[code] ?? code;
}
