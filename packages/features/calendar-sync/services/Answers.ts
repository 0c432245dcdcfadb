import type { PrismaTransaction } from "@calsync/prisma";
import { type Answer, type AnswerPlan, planAnswer } from "../engine/plan-answer.ts";
import type { BookingAction, BookingStore } from "../ports/BookingStore.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import { PreferenceRepository } from "../repositories/PreferenceRepository.ts";
import type { BookingReferences } from "./BookingReferences.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { policyOf } from "./policy-of.ts";

/** An answer to the invitation of one booking. */
export interface BookingAnswer extends Answer {
  bookingId: number;
  /** Names the message: the same one changes a booking once. */
  messageId: string;
}

/** Answers that come as messages: what an answer in a calendar does, done without one. */
export class Answers {
  readonly #deps: Pick<EngineDependencies, "records" | "now">;
  readonly #store: BookingStore;
  readonly #bookings: BookingReferences;
  readonly #preferences = new PreferenceRepository();

  constructor(
    deps: Pick<EngineDependencies, "records" | "now">,
    store: BookingStore,
    bookings: BookingReferences,
  ) {
    this.#deps = deps;
    this.#store = store;
    this.#bookings = bookings;
  }

  /**
   * Applies answers to bookings of one host, in the caller's transaction: the bookings change, what was decided is recorded and
   * can be undone, people are told of a cancellation, and calendars follow. At most one answer per booking.
   * @returns what came of each, in the same order; of an answer to somebody else's booking, `not-invited`
   */
  async apply(
    tx: PrismaTransaction,
    hostId: number,
    answers: readonly BookingAnswer[],
  ): Promise<AnswerPlan["outcome"][]> {
    if (answers.length === 0) return [];
    const at = this.#deps.now();
    const ids = [...new Set(answers.map(({ bookingId }) => bookingId))];
    const items = await this.#store.loadItems(tx, ids, { lock: true });
    const own = new Map(items.filter((item) => item.hostId === hostId).map((item) => [item.bookingId, item]));
    const preferences = await this.#preferences.find(tx, hostId);
    const policy = policyOf({ direction: "BOTH", preferences, policyOverrides: {} });
    const plans = answers.map((answer) => {
      const local = own.get(answer.bookingId);
      const plan: AnswerPlan = local
        ? planAnswer(local, answer, policy, at)
        : { outcome: "not-invited", actions: [], refusals: [] };
      return { answer, local, plan };
    });
    const actions = plans.flatMap(({ answer, plan }) =>
      plan.actions.map(
        (action): BookingAction => ({
          ...action,
          actionId: `answer:${answer.messageId}:${answer.bookingId}:${action.kind}`,
          bookingId: answer.bookingId,
          origin: null,
        }),
      ),
    );
    const outcomes = await this.#store.applyActions(tx, actions, at);
    const record = {
      userId: hostId,
      calendarSyncId: null,
      referenceId: null,
      externalEventId: null,
      source: "CALENDAR",
      providerVersion: null,
    } as const satisfies Partial<NewChangeRecord>;
    const applied = outcomes.flatMap((outcome, index): NewChangeRecord[] => {
      const action = actions[index];
      if (!action || !outcome.applied) return [];
      const { bookingId, actionId, before, after } = outcome;
      return [
        {
          ...record,
          result: "APPLIED",
          bookingId,
          action: action.kind,
          reason: action.reason,
          before,
          after,
          actionId,
        },
      ];
    });
    const refused = plans.flatMap(({ answer: { bookingId }, local, plan }) =>
      plan.refusals.map(
        ({ action, reason }): NewChangeRecord => ({
          ...record,
          result: "REFUSED",
          bookingId,
          action,
          reason,
          before: local?.snapshot ?? null,
          after: null,
          actionId: null,
        }),
      ),
    );
    await this.#deps.records.append(tx, [...applied, ...refused], at);
    const changed = [...new Set(outcomes.flatMap(({ applied, bookingId }) => (applied ? [bookingId] : [])))];
    if (changed.length > 0) await this.#bookings.pushEverywhere(tx, changed);
    return plans.map(({ plan }) => plan.outcome);
  }
}
