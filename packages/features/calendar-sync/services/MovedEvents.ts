import type { PrismaTransaction } from "@calsync/prisma";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
import type { EventPlace, ExternalEventRepository } from "../repositories/ExternalEventRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import type { SyncSettings } from "./settings.ts";

/** An event of a booking that has gone from its calendar, as far as its calendar says. */
export interface GoneEvent {
  reference: Pick<ReferenceRow, "id" | "externalEventId" | "iCalUid">;
  /** Whether the booking stands: then it is about to be cancelled, which may wait for certainty. */
  active: boolean;
}

/**
 * Why changes come from direct reads: an event is looked for anew, or it has been looked for and the other calendars have
 * been read since or have had their time, so that this is the last look.
 */
export type Recheck = "look" | "last-look";

/** What becomes of events that have gone from a calendar. Those that are in neither member have gone for good. */
export interface GoneEvents {
  /** Where they are now, by the reference's id. */
  moved: Map<string, EventPlace>;
  /** References whose deletion does not count yet: the other calendars are read first. */
  unconfirmed: Set<string>;
  /** Calendars of which a pull was asked for, because the event may be there. */
  pullCalendarIds: string[];
  /** When to look again for those that are unconfirmed. */
  nextLook: Date;
}

/**
 * Tells a moved event from a deleted one. A provider tells of a move as of a deletion in one calendar and of a new event in
 * another, in any order and with any time between (ADR 0010).
 */
export class MovedEvents {
  readonly #events: Pick<ExternalEventRepository, "findElsewhere">;
  readonly #calendars: Pick<CalendarSyncRepository, "markOthersForPull">;
  readonly #settings: Pick<SyncSettings, "recheckPauseMs">;

  constructor(
    events: Pick<ExternalEventRepository, "findElsewhere">,
    calendars: Pick<CalendarSyncRepository, "markOthersForPull">,
    settings: Pick<SyncSettings, "recheckPauseMs">,
  ) {
    this.#events = events;
    this.#calendars = calendars;
    this.#settings = settings;
  }

  /** Looks for events that have gone from `calendar` in the other connected calendars of its host. At most two statements. */
  async find(
    tx: PrismaTransaction,
    calendar: Pick<CalendarSyncRow, "id" | "userId">,
    gone: readonly GoneEvent[],
    recheck: Recheck | undefined,
    now: Date,
  ): Promise<GoneEvents> {
    const none: GoneEvents = {
      moved: new Map(),
      unconfirmed: new Set(),
      pullCalendarIds: [],
      nextLook: new Date(now.getTime() + this.#settings.recheckPauseMs),
    };
    if (gone.length === 0) return none;
    const places = await this.#events.findElsewhere(
      tx,
      calendar.userId,
      calendar.id,
      gone.map(({ reference }) => reference),
    );
    const moved = new Map(places.map((place) => [place.referenceId, place]));
    const open = gone.filter(({ reference, active }) => active && !moved.has(reference.id));
    if (recheck === "last-look" || open.length === 0) return { ...none, moved };
    const pullCalendarIds = await this.#calendars.markOthersForPull(tx, calendar.userId, calendar.id);
    // With no other calendar there is nowhere to look.
    const unconfirmed = new Set(pullCalendarIds.length > 0 ? open.map(({ reference }) => reference.id) : []);
    return { ...none, moved, unconfirmed, pullCalendarIds };
  }

  /** Wishes pulls of the host's other calendars, where what has gone from `calendar` may be. @returns which */
  askOthers(tx: PrismaTransaction, calendar: Pick<CalendarSyncRow, "id" | "userId">): Promise<string[]> {
    return this.#calendars.markOthersForPull(tx, calendar.userId, calendar.id);
  }
}
