export { busyTimes, mergeBusy } from "./busy-times.ts";
export {
  DEFAULT_ICS_LIMITS,
  type IcsLimits,
  type IcsProblem,
  IcsTooLargeError,
} from "./components.ts";
export type { ByteSource } from "./content-lines.ts";
export type { IcsEvent } from "./event.ts";
export { foldLines } from "./fold-lines.ts";
export { isOlder, latestVersions, versionKey } from "./latest-versions.ts";
export { type IcsCalendar, type IcsItem, type ReadOptions, readCalendar } from "./read-calendar.ts";
export {
  type ExpandOptions,
  excludedStarts,
  expand,
  type Occurrence,
  RecurrenceError,
  type RecurringEvent,
} from "./recurrence.ts";
export {
  cutAfter,
  describeSlots,
  type RecurringTime,
  ruleChange,
  type SeriesSlots,
  sameRecurrence,
  shiftSlots,
  slotsOf,
  timeAt,
} from "./series-slots.ts";
export { splitThisAndFuture } from "./this-and-future.ts";
export {
  addDate,
  type IcsCalendarToWrite,
  type IcsEventToWrite,
  writeCalendar,
  writeEvent,
  zoneBlock,
} from "./write-calendar.ts";
export { zoneByName } from "./zones.ts";
