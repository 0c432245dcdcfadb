import { RetryLater } from "@calsync/jobs";
import { isCalendarError } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import type { CalendarService, ExternalChange, Interval } from "@calsync/types";
import { explainReason } from "../engine/reasons.ts";
import type { BookingStore } from "../ports/BookingStore.ts";
import type { DoctorRepository } from "../repositories/DoctorRepository.ts";
import type { RunWish, SyncRunRepository } from "../repositories/SyncRunRepository.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { readEvent } from "./event-ref.ts";
import { Lease } from "./Lease.ts";
import { mirrorWindow } from "./mirror-window.ts";
import { hasGone } from "./page-of-changes.ts";
import { type PlannedChange, plannedWrites } from "./planned-writes.ts";

export type { PlannedChange };

/** What a sync of one calendar would do. */
export interface SyncPlan {
  changes: PlannedChange[];
  /** How many changes there are; the list holds at most 500 of them. */
  total: number;
  /** Events that are not ours and would be mirrored anew. */
  mirrored: number;
}

/** What a dry run works with. */
export interface DryRunDependencies extends EngineDependencies {
  store: BookingStore;
  rows: DoctorRepository;
  runs: SyncRunRepository;
}

const MAX_CHANGES = 500;

/** Ends a transaction that was never to be kept. */
class Rollback extends Error {}

/**
 * Says what a sync would do by doing it, in a transaction that is rolled back: bookings, mirror, questions, mails and jobs are
 * as before, the cursor too. At the provider it only reads. It holds the calendar's lease, so that the plan is of one moment.
 */
export class DryRun {
  readonly #deps: DryRunDependencies;
  constructor(deps: DryRunDependencies) {
    this.#deps = deps;
  }

  /**
   * @returns the plan; null when sync of the calendar stands still
   * @throws RetryLater while another worker has the calendar; CalendarError when the provider cannot be read
   */
  async plan(calendarSyncId: string, direction: RunWish["direction"]): Promise<SyncPlan | null> {
    const { prisma, calendars, gateway, settings, now, random } = this.#deps;
    const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings, now);
    if ("refused" in lease) {
      if (lease.refused !== "busy") return null;
      throw new RetryLater({ afterMs: 500 + random() * 1_000, reason: "Another worker has this calendar." });
    }
    try {
      const window = this.#window();
      const changes =
        direction === "TO_CALENDAR"
          ? []
          : await this.#read(lease, await gateway.serviceFor(lease.row.credentialId), window);
      return await this.#tryOut(lease, changes, window, direction);
    } finally {
      await lease[Symbol.asyncDispose]();
    }
  }

  async #read(lease: Lease, service: CalendarService, window: Interval): Promise<ExternalChange[]> {
    const { cursor, fullPullRunning } = lease.row;
    if (cursor === null || fullPullRunning) return this.#readEverything(lease, service, window);
    try {
      return await this.#list(lease, service, window, cursor);
    } catch (error) {
      if (!isCalendarError(error, "CURSOR_EXPIRED")) throw error;
      return this.#readEverything(lease, service, window);
    }
  }

  /** A listing of everything; what it does not show of coming bookings is read directly, as a pull would. */
  async #readEverything(lease: Lease, service: CalendarService, window: Interval): Promise<ExternalChange[]> {
    const { prisma, rows, now } = this.#deps;
    const calendarId = lease.row.externalCalendarId;
    const changes = await this.#list(lease, service, window, null);
    const seen = new Set(
      changes.map((change) => (change.type === "upsert" ? change.event.id : change.eventId)),
    );
    const unseen = new Set(
      (await rows.findComing(prisma, lease.row.id, now())).flatMap(({ externalEventId, status }) =>
        externalEventId !== null && status !== "DELETED" && !seen.has(externalEventId)
          ? [externalEventId]
          : [],
      ),
    );
    for (const eventId of unseen) {
      lease.signal.throwIfAborted();
      const read = await readEvent(service, { calendarId, eventId });
      changes.push(read ?? { type: "delete", eventId, seriesId: null, originalStart: null, version: null });
    }
    return changes;
  }

  async #list(
    lease: Lease,
    service: CalendarService,
    window: Interval,
    cursor: string | null,
  ): Promise<ExternalChange[]> {
    const changes: ExternalChange[] = [];
    const { prisma, references, gateway, settings } = this.#deps;
    const written = gateway.capabilitiesOf(lease.row.provider).silentAboutShortLived
      ? await references.findUntold(prisma, lease.row.id)
      : [];
    const options = {
      window,
      pageSize: settings.pageSize,
      signal: lease.signal,
      ...(written.length > 0 ? { written } : {}),
    };
    for await (const page of service.onWatchedCalendarChange(lease.row.externalCalendarId, cursor, options)) {
      lease.signal.throwIfAborted();
      changes.push(...page.changes);
    }
    return changes;
  }

  async #tryOut(
    lease: Lease,
    changes: readonly ExternalChange[],
    window: Interval,
    direction: RunWish["direction"],
  ): Promise<SyncPlan> {
    const { prisma, applier, now } = this.#deps;
    let plan: SyncPlan | null = null;
    try {
      await prisma.$transaction(
        async (tx) => {
          // What a calendar lacks that had gone itself is written again, as a pull would have it.
          const isBack = lease.row.lostAt !== null;
          const lacking = isBack ? changes.filter(hasGone) : [];
          const told = isBack ? changes.filter((change) => !hasGone(change)) : changes;
          let mirrored = 0;
          for (const [mode, some] of [["returned", lacking] as const, ["alone", told] as const]) {
            if (some.length === 0) continue;
            mirrored += (await applier.apply(tx, { ...lease.row }, some, window, now(), { mode })).mirrored;
          }
          const taken = changes.length > 0 ? await this.#recorded(tx, lease.row.id) : [];
          const written = direction === "FROM_CALENDAR" ? [] : await plannedWrites(this.#deps, tx, lease.row);
          const all = [...taken, ...written];
          plan = { changes: all.slice(0, MAX_CHANGES), total: all.length, mirrored };
          throw new Rollback();
        },
        { timeout: 60_000 },
      );
    } catch (error) {
      if (!(error instanceof Rollback)) throw error;
    }
    if (plan === null) throw new Error("a dry run ended without a plan");
    return plan;
  }

  async #recorded(tx: PrismaTransaction, calendarSyncId: string): Promise<PlannedChange[]> {
    const { runs, rows } = this.#deps;
    const records = await runs.findRecordedHere(tx, calendarSyncId);
    const bookings = await this.#bookings(
      tx,
      rows,
      records.flatMap(({ bookingId }) => bookingId ?? []),
    );
    return records.map(({ bookingId, externalEventId, result, action, reason, before, after }) => ({
      side: "booking",
      booking: bookings.get(bookingId ?? -1) ?? null,
      eventId: externalEventId,
      action,
      result: LOWER[result],
      reason,
      explanation: explainReason(reason),
      before,
      after,
    }));
  }

  async #bookings(tx: PrismaTransaction, rows: DoctorRepository, ids: readonly number[]) {
    const found = await rows.findBookings(tx, ids);
    return new Map(found.map(({ id, ...booking }) => [id, booking]));
  }

  #window(): Interval {
    return mirrorWindow(this.#deps.settings, this.#deps.now());
  }
}

const LOWER = { APPLIED: "applied", REFUSED: "refused", HELD: "held" } as const;
