import type { CalendarErrorCode } from "@calsync/types";

/** The calls that can be counted and made to fail. `onWatchedCalendarChange` counts once for each page. */
export type MemoryMethod =
  | "listCalendars"
  | "getFreeBusy"
  | "createEvent"
  | "updateEvent"
  | "deleteEvent"
  | "getEvent"
  | "watchCalendar"
  | "renewChannel"
  | "unwatchCalendar"
  | "onWatchedCalendarChange";

/**
 * What can go wrong with one call. All but `lost-answer` strike before the call has any effect; a lost answer strikes
 * after it: the caller sees a NETWORK_ERROR although the write happened.
 */
export type MemoryFault =
  | { kind: "server-error" }
  | { kind: "rate-limit"; retryAfterMs: number | null }
  | { kind: "network" }
  | { kind: "lost-answer" }
  | { kind: "error"; code: CalendarErrorCode };

/** One moment of one call, as `MemoryFaults.hook` sees it. */
export interface MemoryCall {
  method: MemoryMethod;
  /** Null for `listCalendars`. */
  calendarId: string | null;
  /** `request`: nothing has happened yet. `answer`: it has happened, the caller does not know yet. */
  phase: "request" | "answer";
}

interface PlannedFault {
  method: MemoryMethod | "any";
  fault: MemoryFault;
}

/** Switches that make a MemoryCalendarServer misbehave. Everything is off at first, and nothing is left to chance. */
export class MemoryFaults {
  /**
   * Called, and awaited, around every call. A scheduler can hold the call here; whatever it throws leaves the calendar
   * as it is (in phase `answer` that is a lost answer).
   */
  hook: ((call: MemoryCall) => void | Promise<void>) | null = null;
  /** After every write by a service the server changes the version once more, so that the version in the answer is stale at once. */
  touchAfterWrite = false;
  #planned: PlannedFault[] = [];
  #drop = 0;
  #duplicate = 0;
  #omit = 0;

  /** The next `times` calls of `method` fail with `fault`. */
  next(method: MemoryMethod | "any", fault: MemoryFault, times = 1): void {
    for (let i = 0; i < times; i++) this.#planned.push({ method, fault });
  }

  /** The next `times` notifications are never sent. */
  dropNotifications(times = 1): void {
    this.#drop += times;
  }

  /** The next `times` notifications arrive twice. */
  duplicateNotifications(times = 1): void {
    this.#duplicate += times;
  }

  /** From now on, `times` pages of full listings leave the first event with a marker out, as a listing that lags behind does. */
  omitFromListings(times = 1): void {
    this.#omit = times;
  }

  /** Forgets everything that was planned. */
  clear(): void {
    this.hook = null;
    this.touchAfterWrite = false;
    this.#planned = [];
    this.#drop = 0;
    this.#duplicate = 0;
    this.#omit = 0;
  }

  /** Takes the fault planned for this call, if there is one. Used by MemoryCalendar. */
  take(method: MemoryMethod): MemoryFault | null {
    if (this.#planned.length === 0) return null;
    const index = this.#planned.findIndex((planned) => planned.method === "any" || planned.method === method);
    if (index < 0) return null;
    return this.#planned.splice(index, 1)[0]?.fault ?? null;
  }

  /** Whether the page at hand leaves an event out. Used by MemoryCalendar. */
  takeOmission(): boolean {
    if (this.#omit === 0) return false;
    this.#omit--;
    return true;
  }

  /** How often the notification at hand is to be sent. Used by MemoryCalendarServer. */
  takeNotificationCopies(): number {
    if (this.#drop > 0) {
      this.#drop--;
      return 0;
    }
    if (this.#duplicate > 0) {
      this.#duplicate--;
      return 2;
    }
    return 1;
  }
}
