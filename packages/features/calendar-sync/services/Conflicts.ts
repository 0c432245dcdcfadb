import { createHash } from "node:crypto";
import { enqueueMany } from "@calsync/jobs";
import { AppError } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import {
  type ConflictAnswer,
  compareSides,
  type OpenQuestion,
  type ResolutionRefusal,
  resolveConflict,
} from "../engine/conflict.ts";
import { hasEnded } from "../engine/plan-inbound.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import type { BookingStore, LocalItem } from "../ports/BookingStore.ts";
import {
  type ConflictDetails,
  type ConflictView,
  toConflictDetails,
  toConflictView,
} from "../question-dto.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ConflictRow } from "../repositories/ConflictRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { ReferenceRow } from "../repositories/rows.ts";
import type { SyncRepositories } from "../repositories/sync-repositories.ts";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";

const MOST_SHOWN = 200;

/** What came of an answer: done, or not because the question had changed since the person looked at it. */
export type ResolveOutcome = { outcome: "resolved" | "stale"; conflict: ConflictDetails };

/** What came of one answer of several. */
export interface BulkOutcome {
  id: string;
  /** Null when it was carried out. */
  refusal: { code: string; message: string } | null;
}

const REFUSALS: Record<ResolutionRefusal, { code: string; message: string; hint?: string }> = {
  "choose-each-field": {
    code: "field_not_chosen",
    message: "A merge needs a choice for every field that is asked about.",
    hint: "Name each of the conflict's fields in `fields`.",
  },
  "bad-value": {
    code: "bad_value",
    message: "A field was given a value that it cannot have.",
    hint: "`time` takes a time that ends after its start; the other fields take text.",
  },
  "nothing-to-merge": {
    code: "nothing_to_merge",
    message: "One side is gone, so there is nothing to merge.",
    hint: "Choose `local` or `remote`.",
  },
};

/** The questions about single bookings, for the host: shown, and answered. */
export class Conflicts {
  readonly #deps: EngineDependencies;
  readonly #conflicts: SyncRepositories["conflicts"];
  readonly #store: BookingStore;

  constructor(deps: EngineDependencies, conflicts: SyncRepositories["conflicts"], store: BookingStore) {
    this.#deps = deps;
    this.#conflicts = conflicts;
    this.#store = store;
  }

  /** The user's questions, the newest first. */
  async list(userId: number, { state }: { state: "open" | "closed" | "any" }): Promise<ConflictView[]> {
    const { prisma, now } = this.#deps;
    const at = now();
    const filter = { state, ids: null, now: at, limit: MOST_SHOWN };
    return (await this.#conflicts.find(prisma, userId, filter)).map((row) => toConflictView(row, at));
  }

  /** One question with both sides as they are now. @throws AppError conflict_not_found */
  get(userId: number, id: string): Promise<ConflictDetails> {
    return this.#deps.prisma.$transaction(async (tx) => {
      const row = await this.#find(tx, userId, id);
      const [local] = await this.#store.loadItems(tx, [row.bookingId]);
      const [reference] = await this.#deps.references.findByIds(tx, [row.referenceId]);
      return this.#details(row, local ?? null, reference?.view);
    });
  }

  /**
   * Carries a person's answer out: the booking changes as chosen, and every calendar follows. The event is read once more before
   * it is written, so a change that nobody has seen yet is asked about again instead of overwritten.
   * @param expectedVersion of the question that the person saw; null answers it as it is
   * @throws AppError conflict_not_found, conflict_resolved, booking_over, booking_cancelled, field_not_chosen, bad_value,
   *   nothing_to_merge
   */
  async resolve(
    userId: number,
    id: string,
    answer: ConflictAnswer & { expectedVersion: string | null },
  ): Promise<ResolveOutcome> {
    const { prisma } = this.#deps;
    return inTransaction(prisma, async (tx) => {
      const { row, local, reference } = await this.#lock(tx, userId, id);
      if (answer.expectedVersion !== null && answer.expectedVersion !== versionOf(row, local))
        return { outcome: "stale", conflict: this.#details(row, local, reference?.view) };
      const resolved = await this.#carryOut(tx, row, local, reference, answer);
      const after = { ...row, ...resolved };
      return { outcome: "resolved", conflict: this.#details(after, null, undefined) };
    });
  }

  /** Answers several questions alike; each by itself, so that one that cannot be answered holds no other up. */
  async resolveMany(
    userId: number,
    ids: readonly string[],
    choice: "local" | "remote",
  ): Promise<BulkOutcome[]> {
    const outcomes: BulkOutcome[] = [];
    for (const id of new Set(ids)) {
      try {
        await this.resolve(userId, id, { choice, expectedVersion: null });
        outcomes.push({ id, refusal: null });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        outcomes.push({ id, refusal: { code: error.code, message: error.message } });
      }
    }
    return outcomes;
  }

  /** Locks in the order of a pull (reference, booking), so that the two wait for each other and do not deadlock. */
  async #lock(
    tx: PrismaTransaction,
    userId: number,
    id: string,
  ): Promise<{ row: ConflictRow; local: LocalItem; reference: ReferenceRow | undefined }> {
    const { references, now } = this.#deps;
    const seen = await this.#find(tx, userId, id);
    await references.lock(tx, [seen.referenceId]);
    const [local] = await this.#store.loadItems(tx, [seen.bookingId], { lock: true });
    const row = await this.#find(tx, userId, id);
    if (row.resolvedAt !== null) {
      throw new AppError("conflict", "conflict_resolved", "This question has been settled already.");
    }
    if (!local || hasEnded(local, now()))
      throw new AppError("conflict", "booking_over", "The booking is over; sync never changes the past.");
    if (!local.active && row.kind !== "CANCELLED" && row.kind !== "DELETED") {
      throw new AppError(
        "conflict",
        "booking_cancelled",
        "The booking was cancelled meanwhile; its event is being deleted.",
      );
    }
    const [reference] = await references.findByIds(tx, [row.referenceId]);
    return { row, local, reference };
  }

  async #carryOut(
    tx: PrismaTransaction,
    row: ConflictRow,
    local: LocalItem,
    reference: ReferenceRow | undefined,
    answer: ConflictAnswer,
  ): Promise<Pick<ConflictRow, "resolvedAt" | "resolution" | "resolved" | "local">> {
    const { references, records, now } = this.#deps;
    const at = now();
    const resolution = resolveConflict(questionOf(row, local, reference?.view), answer, at.toISOString());
    if (typeof resolution === "string") {
      const { code, message, hint } = REFUSALS[resolution];
      throw new AppError("invalid", code, message, { hint });
    }
    const outcomes = await this.#store.applyActions(
      tx,
      resolution.actions.map((action) => ({
        ...action,
        actionId: `conflict:${row.id}:${action.kind}`,
        bookingId: row.bookingId,
        origin: null,
      })),
      at,
    );
    const { clearPending, recreate, ...update } = resolution.reference;
    const patch: ReferencePatch = { id: row.referenceId, ...update };
    if (clearPending) Object.assign(patch, { pending: null, deletePending: false });
    if (recreate && reference) {
      Object.assign(patch, { externalEventId: null, iCalUid: null, generation: reference.generation + 1 });
    }
    await references.update(tx, [patch]);
    const resolved = outcomes.at(-1)?.after ?? local.snapshot;
    await this.#conflicts.resolve(tx, row.id, {
      resolution: answer.choice,
      local: local.snapshot,
      resolved,
      now: at,
    });
    const base = recordBase(row, resolution.reason);
    const made = outcomes.filter(({ applied }) => applied);
    await records.append(
      tx,
      made.length > 0
        ? made.map(({ actionId, before, after }) => ({
            ...base,
            action: actionId.split(":").at(-1) ?? "change",
            before,
            after,
            actionId,
          }))
        : [{ ...base, action: "keep", before: local.snapshot, after: local.snapshot, actionId: null }],
      at,
    );
    const calendars = await references.requestPushes(tx, {
      bookingIds: [row.bookingId],
      ids: [],
    });
    await enqueueMany(
      tx,
      calendars.map((calendarSyncId) => ({ job: pushCalendarJob, payload: { calendarSyncId } })),
    );
    return { resolvedAt: at, resolution: answer.choice, resolved, local: local.snapshot };
  }

  async #find(tx: PrismaTransaction, userId: number, id: string): Promise<ConflictRow> {
    const filter = { state: "any", ids: [id], now: this.#deps.now(), limit: 1 } as const;
    const [row] = await this.#conflicts.find(tx, userId, filter);
    if (!row) throw new AppError("not-found", "conflict_not_found", "There is no such conflict.");
    return row;
  }

  #details(row: ConflictRow, local: LocalItem | null, view: ReferenceRow["view"]): ConflictDetails {
    const open = row.resolvedAt === null && local !== null;
    const live = open
      ? {
          local: local.active ? local.snapshot : null,
          comparison: compareSides(questionOf(row, local, view)),
        }
      : null;
    return toConflictDetails(row, live, versionOf(row, local), this.#deps.now());
  }
}

function questionOf(
  { kind, fields, base, remote }: ConflictRow,
  local: LocalItem,
  view: ReferenceRow["view"],
): OpenQuestion {
  return { kind, fields, base, local, remote, view };
}

/** Names what a person sees of a question: it changes with either side. */
function versionOf({ kind, fields, remote, resolvedAt }: ConflictRow, local: LocalItem | null): string {
  const seen = [kind, fields, remote, resolvedAt, local?.active, local?.snapshot];
  return createHash("sha256").update(JSON.stringify(seen)).digest("base64url").slice(0, 22);
}

function recordBase(
  { userId, bookingId, calendarSyncId, referenceId, remote }: ConflictRow,
  reason: NewChangeRecord["reason"],
): Omit<NewChangeRecord, "action" | "before" | "after" | "actionId"> {
  return {
    userId,
    bookingId,
    calendarSyncId,
    referenceId,
    externalEventId: remote?.id ?? null,
    source: "APP",
    result: "APPLIED",
    reason,
    providerVersion: remote?.version ?? null,
  };
}
