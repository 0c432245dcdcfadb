import type { SeriesStep } from "./series-steps.ts";

/** A history of a series that once went wrong. */
export interface SeriesRegression {
  /** What went wrong. */
  was: string;
  calendars: number;
  steps: SeriesStep[];
}

/** Histories that the model found, shrunk, kept for good: one list however long, in the order in which they were found. */
export const SERIES_REGRESSIONS: readonly SeriesRegression[] = [
  {
    was: "a date cancelled here stood at the time that its series had moved to",
    calendars: 1,
    steps: [
      { kind: "cancel-here", date: 0 },
      { kind: "move-series", hours: 27 },
      { kind: "move-here", date: 1, hours: 27 },
    ],
  },
  {
    was: "a deleted date stood again after its series had been cut and made as long as before",
    calendars: 1,
    steps: [
      { kind: "delete-date", date: 1 },
      { kind: "pass", minutes: 1 },
      { kind: "count", count: 1 },
      { kind: "count", count: 2 },
    ],
  },
  {
    was: "of a series that was cut twice at once only one of the copies was followed",
    calendars: 1,
    steps: [
      { kind: "split", date: 2, hours: -24 },
      { kind: "split", date: 1, hours: -24 },
    ],
  },
  {
    was: "a copy whose dates were fewer than those that had left the series was found long after",
    calendars: 1,
    steps: [
      { kind: "count", count: 5 },
      { kind: "move-all-here", date: 0, hours: -24 },
      { kind: "settle" },
      { kind: "cancel-here", date: 2 },
      { kind: "split", date: 2, hours: 27 },
      { kind: "move-here", date: 3, hours: -24 },
      { kind: "settle" },
    ],
  },
  {
    was: "a series that was called off here and came back from the bin stood there for ever",
    calendars: 1,
    steps: [{ kind: "cancel-following-here", date: 0 }, { kind: "settle" }, { kind: "restore" }],
  },
  {
    was: "a move that had waited to be counted was carried out as the deletion of its whole series",
    calendars: 1,
    steps: [
      { kind: "move-date", date: 0, hours: -24 },
      { kind: "settle" },
      { kind: "move-all-here", date: 0, hours: 1 },
      { kind: "split", date: 2, hours: -24 },
      { kind: "split", date: 2, hours: -24 },
    ],
  },
  {
    was: "a series that had moved in part while the whole was counted waited for an answer to nothing",
    calendars: 1,
    steps: [
      { kind: "cancel-here", date: 0 },
      { kind: "cancel-following-here", date: 2 },
      { kind: "settle" },
      { kind: "count", count: 6 },
      { kind: "move-all-here", date: 0, hours: 24 },
      { kind: "split", date: 3, hours: -24 },
      { kind: "delete-date", date: 0 },
    ],
  },
  {
    was: "the dates of a series that was known to be deleted were deleted once more by every full listing",
    calendars: 1,
    steps: [
      { kind: "count", count: 5 },
      { kind: "cancel-here", date: 0 },
      { kind: "settle" },
      { kind: "delete" },
      { kind: "pass", minutes: 1 },
    ],
  },
  {
    was: "a date that was deleted by itself came back with its series, and had no event",
    calendars: 1,
    steps: [{ kind: "delete-date", date: 0 }, { kind: "delete" }, { kind: "settle" }, { kind: "restore" }],
  },
  {
    was: "dates that were cancelled here stood in the copy of a series that was made again",
    calendars: 2,
    steps: [
      { kind: "move-all-here", date: 0, hours: -24 },
      { kind: "split", date: 1, hours: -24 },
      { kind: "cancel-following-here", date: 1 },
      { kind: "delete" },
    ],
  },
  {
    was: "dates of a copy that went on alone were not read again, and one that had been moved in it stood elsewhere",
    calendars: 1,
    steps: [
      { kind: "split", date: 1, hours: -24 },
      { kind: "delete" },
      { kind: "lose-cursors" },
      { kind: "move-date", date: 0, hours: -24 },
      { kind: "count", count: 1 },
    ],
  },
  {
    was: "a date that had been deleted by itself stood again when its series came back",
    calendars: 1,
    steps: [
      { kind: "delete-date", date: 0 },
      { kind: "delete" },
      { kind: "lose-cursors" },
      { kind: "settle" },
      { kind: "restore" },
    ],
  },
  {
    was: "a date that had been moved by itself stayed there when its series went and came back without it",
    calendars: 1,
    steps: [
      { kind: "move-date", date: 0, hours: 27 },
      { kind: "pass", minutes: 1 },
      { kind: "delete" },
      { kind: "strike", moments: 1 },
      { kind: "restore" },
    ],
  },
  {
    was: "a series that was given up here while it went and came back kept a date where it had been moved to by itself",
    calendars: 1,
    steps: [
      { kind: "move-date", date: 0, hours: 2 },
      { kind: "settle" },
      { kind: "delete" },
      { kind: "cancel-following-here", date: 1 },
      { kind: "delete-date", date: 0 },
      { kind: "restore" },
    ],
  },
  {
    was: "of a series that was cut in two out there and ended here at once, the second half stood until the next full listing",
    calendars: 1,
    steps: [
      { kind: "cancel-here", date: 0 },
      { kind: "split", date: 1, hours: -24 },
      { kind: "cancel-following-here", date: 1 },
      { kind: "move-all-here", date: 0, hours: -24 },
    ],
  },
  {
    was: "cancelled dates of a series in which nothing stood any more were not found at the days that it had moved to",
    calendars: 1,
    steps: [
      { kind: "move-all-here", date: 0, hours: -24 },
      { kind: "settle" },
      { kind: "cancel-following-here", date: 1 },
      { kind: "move-series", hours: -24 },
      { kind: "move-all-here", date: 0, hours: -24 },
      { kind: "rename", title: "Coaching" },
    ],
  },
  {
    was: "a cut made here wrote the old rule again beside the copy that a cut in the calendar had made: a date stood twice",
    calendars: 1,
    steps: [
      { kind: "split", date: 1, hours: -24 },
      { kind: "cancel-following-here", date: 2 },
    ],
  },
  {
    was: "the copy of a series that was called off here before the copy was known stood there for ever",
    calendars: 1,
    steps: [
      { kind: "split", date: 1, hours: -24 },
      { kind: "cancel-following-here", date: 0 },
    ],
  },
  {
    was: "a series was cut in two and its first half moved to another calendar: the bookings of the second half were cancelled",
    calendars: 2,
    steps: [{ kind: "split", date: 1, hours: 24 }, { kind: "transfer" }, { kind: "pass", minutes: 1 }],
  },
  {
    was: "a first half that had moved to another calendar was called off, because the second half had been counted before",
    calendars: 2,
    steps: [{ kind: "split", date: 1, hours: -24 }, { kind: "lose-cursors" }, { kind: "transfer" }],
  },
  {
    was: "a series that ended here before its cut out there was followed had fewer dates in the copy than had left it, and they stood",
    calendars: 1,
    steps: [
      { kind: "split", date: 2, hours: -24 },
      { kind: "cancel-following-here", date: 1 },
      { kind: "fault", method: "createEvent", fault: "lost-answer" },
      { kind: "strike", moments: 1 },
    ],
  },
  {
    was: "a write found the first half of a series deleted, and the bookings of the second half were cancelled",
    calendars: 1,
    steps: [
      { kind: "move-here", date: 0, hours: -24 },
      { kind: "split", date: 1, hours: -24 },
      { kind: "delete" },
    ],
  },
  {
    was: "the first half of a series was deleted and changed here, and the series was made again beside its second half",
    calendars: 1,
    steps: [
      { kind: "split", date: 1, hours: -24 },
      { kind: "delete" },
      { kind: "move-all-here", date: 0, hours: -24 },
      { kind: "rename", title: "Coaching" },
    ],
  },
  {
    was: "a series that was moved and cut twice before either calendar was read was taken for one of its copies, and lost a date",
    calendars: 2,
    steps: [
      { kind: "transfer" },
      { kind: "split", date: 2, hours: 2 },
      { kind: "split", date: 1, hours: 24 },
      { kind: "settle" },
      { kind: "transfer" },
    ],
  },
  {
    was: "a series was cut in the other calendar, its first half moved back and all of it moved here: the second half stood twice",
    calendars: 2,
    steps: [
      { kind: "transfer" },
      { kind: "split", date: 1, hours: -24 },
      { kind: "transfer" },
      { kind: "move-all-here", date: 0, hours: -24 },
      { kind: "move-date", date: 0, hours: -24 },
    ],
  },
  {
    was: "a series was cut in the other calendar and its first half moved back: the bookings of the second half were cancelled",
    calendars: 2,
    steps: [
      { kind: "transfer" },
      { kind: "split", date: 1, hours: -24 },
      { kind: "transfer" },
      { kind: "settle" },
    ],
  },
  {
    was: "dates that dropped out of a series just when a look at it was wished for were cancelled before the other calendar was read",
    calendars: 2,
    steps: [
      { kind: "transfer" },
      { kind: "strike", moments: 2 },
      { kind: "settle" },
      { kind: "split", date: 1, hours: -24 },
      { kind: "transfer" },
    ],
  },
  {
    was: "a series that had moved to another calendar was written there unread: the second half that a person had cut off stood twice",
    calendars: 2,
    steps: [
      { kind: "strike", moments: 2 },
      { kind: "transfer" },
      { kind: "split", date: 1, hours: -24 },
      { kind: "move-all-here", date: 0, hours: -24 },
      { kind: "delete-date", date: 0 },
      { kind: "settle" },
    ],
  },
  {
    was: "a cancelled date took its place in a rule that still waited to be counted, and stood there in the calendar",
    calendars: 1,
    steps: [
      { kind: "move-series", hours: 27 },
      { kind: "lose-cursors" },
      { kind: "move-date", date: 2, hours: -24 },
      { kind: "cancel-here", date: 2 },
    ],
  },
  {
    was: "a copy of its last date was taken for the series itself, which had moved to that calendar as well: two dates were cancelled",
    calendars: 2,
    steps: [
      { kind: "split", date: 3, hours: 1 },
      { kind: "transfer" },
      { kind: "transfer" },
      { kind: "transfer" },
      { kind: "settle" },
      { kind: "transfer" },
    ],
  },
  {
    was: "a date stood alone at what the mirror had held of it, in a series that had moved and was deleted there",
    calendars: 2,
    steps: [
      { kind: "strike", moments: 3 },
      { kind: "transfer" },
      { kind: "move-date", date: 2, hours: 2 },
      { kind: "settle" },
      { kind: "delete" },
    ],
  },
  {
    was: "a copy of a series that was called off on both sides at once stood until the next full listing",
    calendars: 2,
    steps: [
      { kind: "split", date: 1, hours: 27 },
      { kind: "fault", method: "deleteEvent", fault: "server-error" },
      { kind: "delete" },
      { kind: "cancel-following-here", date: 0 },
      { kind: "settle" },
    ],
  },
  {
    was: "dates cut off here kept the places that a person then gave the series anew",
    calendars: 2,
    steps: [
      { kind: "cancel-following-here", date: 1 },
      { kind: "strike", moments: 37 },
      { kind: "settle" },
      { kind: "count", count: 3 },
    ],
  },
  {
    was: "a series of which nothing stood any more was to be made again, and its event stood in another calendar",
    calendars: 2,
    steps: [
      { kind: "split", date: 1, hours: -24 },
      { kind: "cancel-here", date: 0 },
      { kind: "transfer" },
      { kind: "move-all-here", date: 1, hours: 24 },
    ],
  },
  {
    was: "a series that was called off here while it was on its way to another calendar stood there",
    calendars: 2,
    steps: [
      { kind: "transfer" },
      { kind: "strike", moments: 9 },
      { kind: "cancel-following-here", date: 0 },
      { kind: "settle" },
    ],
  },
  {
    was: "dates that were called off here stood in a copy which a person had cut off in the calendar that the series left again",
    calendars: 2,
    steps: [
      { kind: "transfer" },
      { kind: "split", date: 1, hours: 2 },
      { kind: "cancel-following-here", date: 1 },
      { kind: "transfer" },
    ],
  },
  {
    was: "the same, with a series that had come back before it was cut here",
    calendars: 2,
    steps: [
      { kind: "transfer" },
      { kind: "split", date: 2, hours: 24 },
      { kind: "transfer" },
      { kind: "cancel-following-here", date: 2 },
    ],
  },
  {
    was: "a date that had dropped out went on alone beside its series, which was moved here with a place for it while it moved to another calendar",
    calendars: 2,
    steps: [
      { kind: "count", count: 3 },
      { kind: "settle" },
      { kind: "transfer" },
      { kind: "move-all-here", date: 0, hours: 27 },
    ],
  },
  {
    was: "a series that had been cut here lost a date when a person moved what followed to the next day",
    calendars: 1,
    steps: [
      { kind: "cancel-following-here", date: 3 },
      { kind: "settle" },
      { kind: "split", date: 1, hours: 24 },
    ],
  },
  {
    was: "a date that was cancelled here while its series was in the bin stood again when the series came back",
    calendars: 2,
    steps: [
      { kind: "delete" },
      { kind: "cancel-here", date: 0 },
      { kind: "pass", minutes: 20 },
      { kind: "restore" },
    ],
  },
];
