import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalChange } from "@calsync/types";
import { type MassVerdict, massVerdict } from "../engine/guards.ts";
import type { TellHosts } from "../ports/HostNews.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { StagedChange } from "../repositories/HeldChangeRepository.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";
import type { SyncRepositories } from "../repositories/sync-repositories.ts";

/**
 * How changes that cancel or move bookings are treated: `alone` judges the page as a whole listing; `part` puts them by until the
 * listing is complete; `counted` carries them out, because the whole has been counted; `confirmed` and `restored` are a host's
 * answers, carried out; `returned` puts back what a calendar that had gone came back without.
 */
export type ApplyMode = "alone" | "part" | "counted" | "confirmed" | "restored" | "returned";

/** Whether changes are counted before they are carried out. */
export function guarded(mode: ApplyMode): boolean {
  return mode === "alone" || mode === "part";
}

/** What a plan would do to one booking. */
export interface Touch {
  bookingId: number;
  cancels: boolean;
  moves: boolean;
}

/** Keeps one pull from cancelling or moving more bookings than the host allows (invariant 7). */
export class ChangeGuard {
  readonly #held: SyncRepositories["heldChanges"];
  readonly #tellHosts: TellHosts;

  constructor(held: SyncRepositories["heldChanges"], tellHosts: TellHosts) {
    this.#held = held;
    this.#tellHosts = tellHosts;
  }

  /** What becomes of the changes of a page that cancel or move bookings. */
  judge(
    mode: ApplyMode,
    touches: readonly Touch[],
    calendar: CalendarSyncRow,
    limit: number | null,
  ): MassVerdict {
    if (!guarded(mode)) return "apply";
    const bookings = new Set(touches.filter((one) => one.cancels || one.moves).map((one) => one.bookingId))
      .size;
    return massVerdict({ bookings, alone: mode === "alone", waiting: calendar.hasHeld }, limit);
  }

  /**
   * Puts changes by, and forgets earlier ones that the page has overtaken; opens the question when the verdict is to ask.
   * One statement for a page without any, four with a question.
   */
  async putBy(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    page: {
      staged: readonly StagedChange[];
      eventIds: readonly string[];
      ask: boolean;
      limit: number | null;
    },
    now: Date,
  ): Promise<NewChangeRecord[]> {
    const { staged, eventIds, ask, limit } = page;
    await this.#held.stage(tx, calendar.id, staged, calendar.hasHeld ? eventIds : [], now);
    return ask && limit !== null ? this.ask(tx, calendar, limit, now) : [];
  }

  /** Opens the question about all that waits, and tells the host. @returns its record */
  async ask(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    limit: number,
    now: Date,
  ): Promise<NewChangeRecord[]> {
    const { id: calendarSyncId, userId, provider, name: calendarName } = calendar;
    const question = await this.#held.ask(tx, { userId, calendarSyncId, limit, now });
    if (!question) return [];
    await this.#tellHosts(tx, [
      {
        kind: "mass-change",
        userId,
        key: `mass-change:${question.id}`,
        provider,
        calendarName,
        cancelled: question.cancellations,
        moved: question.moves,
      },
    ]);
    return [
      {
        userId,
        bookingId: null,
        calendarSyncId,
        referenceId: null,
        externalEventId: null,
        source: "CALENDAR",
        result: "HELD",
        action: "mass-change",
        reason: "mass-change-held",
        before: null,
        after: { cancellations: question.cancellations, moves: question.moves, limit },
        providerVersion: null,
        actionId: null,
        massChangeId: question.id,
      },
    ];
  }
}

/** A change with what its plans would do. */
export function toStaged(change: ExternalChange, touches: readonly Touch[]): StagedChange {
  const originalStart =
    change.type === "upsert"
      ? change.event.originalStart
      : change.type === "delete"
        ? change.originalStart
        : null;
  return {
    externalEventId: (change.type === "upsert" ? change.event.id : change.eventId) ?? "",
    originalStart: originalStart ?? "",
    change,
    cancels: [...new Set(touches.filter(({ cancels }) => cancels).map(({ bookingId }) => bookingId))],
    moves: [
      ...new Set(touches.filter(({ cancels, moves }) => moves && !cancels).map(({ bookingId }) => bookingId)),
    ],
  };
}
