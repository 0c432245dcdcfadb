import type { ExternalEvent } from "./event.ts";
import type { Interval } from "./time.ts";

/**
 * Where the last pull ended: sync token, delta link, ctag, watermark, feed ETag. Opaque to everyone but the adapter
 * that made it. It may also stand between two pages of one listing, so that a pull resumes where it broke off.
 */
export type Cursor = string;

/** One change in an external calendar, normalised. */
export type ExternalChange =
  | { type: "upsert"; event: ExternalEvent }
  /** The provider says that the event has gone. `seriesId` and `originalStart` are set for an instance of a series. */
  | {
      type: "delete";
      eventId: string;
      seriesId: string | null;
      originalStart: string | null;
      version: string | null;
    }
  /** The provider sent something that the adapter cannot read. The event is set aside alone. */
  | { type: "unreadable"; eventId: string | null; reason: string };

/** One page of a pull. */
export interface ChangePage {
  changes: ExternalChange[];
  /** Pass it to the next call to go on after this page. Store it together with the page's effects. */
  cursor: Cursor;
  /** True on the last page: for a full listing, everything in its window has been listed by now. */
  complete: boolean;
  /** True when this page is part of a listing of everything, not of what changed since a cursor. */
  full: boolean;
  /**
   * The calendar asks not to be polled again within so many milliseconds (a feed's REFRESH-INTERVAL); null or left out when it asks for
   * nothing. A host's own wish goes before it, and so does "Sync now".
   */
  pollAfterMs?: number | null;
}

/** What a pull covers. */
export interface PullOptions {
  /** A full listing covers at least the events that touch this window; incremental pulls may go beyond it. */
  window: Interval;
  /** Wanted number of changes in a page; the adapter caps it at its provider's maximum. */
  pageSize?: number;
  /**
   * Ids of events that we have written and that the calendar has not told of since. Given where its listings may keep silent about
   * what came and went in between (`CalendarCapabilities.silentAboutShortLived`): the adapter reads those that a listing leaves out.
   */
  written?: readonly string[];
  signal?: AbortSignal;
}
