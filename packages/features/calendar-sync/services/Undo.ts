import { AppError } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import type { EventTime } from "@calsync/types";
import { type ChangeView, toChangeView, type UndoState } from "../dto.ts";
import { isFree, planUndo, UNDO_REFUSALS, type UndoRefusal } from "../engine/undo.ts";
import type { BookingStore, LocalItem } from "../ports/BookingStore.ts";
import type { ChangeRecordRow } from "../repositories/ChangeRecordRepository.ts";
import { inTransaction, isUniqueViolation } from "../repositories/transaction.ts";
import type { BookingReferences } from "./BookingReferences.ts";
import type { EngineDependencies } from "./dependencies.ts";

const MOST_SHOWN = 200;
/** Most different times that one history is checked for. */
const MOST_TIMES = 3;

/** What came of undoing one change of several. */
export interface UndoOutcome {
  changeId: string;
  /** The booking that it is about; null when that is gone. */
  booking: { uid: string; title: string } | null;
  /** Null when it was undone. */
  refusal: { code: string; message: string } | null;
}

/** Takes back what sync changed, and tells of each change whether that is possible. */
export class Undo {
  readonly #deps: EngineDependencies;
  readonly #store: BookingStore;
  readonly #bookings: BookingReferences;

  constructor(deps: EngineDependencies, store: BookingStore, bookings: BookingReferences) {
    this.#deps = deps;
    this.#store = store;
    this.#bookings = bookings;
  }

  /** What sync did to a user's booking and why, newest first, and what of it can be undone. */
  history(userId: number, bookingUid: string): Promise<ChangeView[]> {
    const { prisma, records } = this.#deps;
    return prisma.$transaction(async (tx) => {
      const rows = await records.findForBooking(tx, userId, bookingUid, MOST_SHOWN);
      const bookingId = rows[0]?.bookingId;
      const [local] = bookingId == null ? [] : await this.#store.loadItems(tx, [bookingId]);
      return this.#judge(tx, rows, new Map(local ? [[local.bookingId, local]] : []));
    });
  }

  /** A user's latest changes of all bookings, newest first. @param before only those older than this one */
  changes(
    userId: number,
    { before, limit }: { before: string | null; limit: number },
  ): Promise<ChangeView[]> {
    const { prisma, records } = this.#deps;
    return prisma.$transaction(async (tx) => {
      const rows = await records.findForUser(tx, userId, { before, limit });
      const ids = [...new Set(rows.flatMap(({ bookingId }) => bookingId ?? []))].sort((a, b) => a - b);
      const items = ids.length > 0 ? await this.#store.loadItems(tx, ids) : [];
      return this.#judge(tx, rows, new Map(items.map((item) => [item.bookingId, item])));
    });
  }

  /**
   * Takes a change back: the booking is as it was before it, its people are told, and every calendar follows. Undoing the same
   * change again gives the same answer; the undoing itself can be undone.
   * @returns the record of the undoing
   * @throws AppError change_not_found, or one of the codes of `UNDO_REFUSALS`
   */
  async undo(userId: number, changeId: string): Promise<ChangeView> {
    try {
      return await inTransaction(this.#deps.prisma, (tx) => this.#undo(tx, userId, changeId));
    } catch (error) {
      // Two at once: the other one has done it.
      if (!isUniqueViolation(error)) throw error;
      return inTransaction(this.#deps.prisma, (tx) => this.#undo(tx, userId, changeId));
    }
  }

  /** Takes back all that the host's yes to a mass change has done, as far as it still can be. Each change by itself. */
  async undoMassChange(userId: number, massChangeId: string): Promise<UndoOutcome[]> {
    const { prisma, records } = this.#deps;
    const changes = await records.findOfMassChange(prisma, userId, massChangeId);
    const outcomes: UndoOutcome[] = [];
    for (const { id: changeId, bookingUid, bookingTitle } of changes) {
      const booking =
        bookingUid === null || bookingTitle === null ? null : { uid: bookingUid, title: bookingTitle };
      try {
        await this.undo(userId, changeId);
        outcomes.push({ changeId, booking, refusal: null });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        outcomes.push({ changeId, booking, refusal: { code: error.code, message: error.message } });
      }
    }
    return outcomes;
  }

  async #undo(tx: PrismaTransaction, userId: number, changeId: string): Promise<ChangeView> {
    const { records, now } = this.#deps;
    const at = now();
    const seen = await records.findOne(tx, userId, changeId);
    if (!seen) throw new AppError("not-found", "change_not_found", "There is no such change.");
    const [local] =
      seen.bookingId === null ? [] : await this.#store.loadItems(tx, [seen.bookingId], { lock: true });
    // Read again under the lock of the booking: somebody may have undone it meanwhile.
    const record = (await records.findOne(tx, userId, changeId)) ?? seen;
    if (record.undoneById !== null) {
      const done = await records.findOne(tx, userId, record.undoneById);
      if (done) return toChangeView(done, NOT_ASKED);
    }
    const plan = planUndo(record, local ?? null, at);
    if (typeof plan === "string") throw refused(plan);
    if (!local) throw refused("booking_gone");
    if (plan.needsTime && !(await this.#isFree(tx, local.bookingId, plan.needsTime)))
      throw refused("slot_taken");
    const actions = plan.actions.map((action) => ({
      ...action,
      actionId: `undo:${changeId}:${action.kind}`,
      bookingId: local.bookingId,
      origin: null,
    }));
    const [outcome] = await this.#store.applyActions(tx, actions, at);
    if (!outcome?.applied) throw refused(outcome?.refusal === "time-taken" ? "slot_taken" : "changed_since");
    await records.append(
      tx,
      [
        {
          userId,
          bookingId: local.bookingId,
          calendarSyncId: null,
          referenceId: null,
          externalEventId: null,
          source: "APP",
          result: "APPLIED",
          action: actions[0]?.kind ?? "change-details",
          reason: "undone-by-host",
          before: outcome.before,
          after: outcome.after,
          providerVersion: null,
          actionId: outcome.actionId,
          undoesId: changeId,
        },
      ],
      at,
    );
    await this.#bookings.pushEverywhere(tx, [local.bookingId]);
    const made = await records.findUndoOf(tx, userId, changeId);
    if (!made) throw new Error("the record of an undoing was not written");
    return toChangeView(made, NOT_ASKED);
  }

  async #judge(
    tx: PrismaTransaction,
    rows: readonly ChangeRecordRow[],
    items: ReadonlyMap<number, LocalItem>,
  ): Promise<ChangeView[]> {
    const at = this.#deps.now();
    const free = new Map<string, boolean>();
    const views: ChangeView[] = [];
    for (const row of rows) {
      const local = row.bookingId === null ? null : (items.get(row.bookingId) ?? null);
      const plan = planUndo(row, local, at);
      let refusal: UndoRefusal | null = typeof plan === "string" ? plan : null;
      if (typeof plan !== "string" && plan.needsTime && local) {
        const key = `${local.bookingId} ${plan.needsTime.start} ${plan.needsTime.end}`;
        // A few times are checked for the page; whether the others are free shows when they are asked for.
        if (!free.has(key) && free.size < MOST_TIMES)
          free.set(key, await this.#isFree(tx, local.bookingId, plan.needsTime));
        if (free.get(key) === false) refusal = "slot_taken";
      }
      views.push(toChangeView(row, refusal === null ? { undoable: true, why: null } : whyNot(refusal)));
    }
    return views;
  }

  async #isFree(tx: PrismaTransaction, bookingId: number, time: EventTime): Promise<boolean> {
    const [facts] = (await this.#store.checkTimes?.(tx, [{ bookingId, time }], [])) ?? [];
    return isFree(facts);
  }
}

/** A change that was made just now. */
const NOT_ASKED: UndoState = { undoable: true, why: null };

function whyNot(code: UndoRefusal): UndoState {
  return { undoable: false, why: { code, message: UNDO_REFUSALS[code] } };
}

function refused(code: UndoRefusal): AppError {
  return new AppError("conflict", code, UNDO_REFUSALS[code]);
}
