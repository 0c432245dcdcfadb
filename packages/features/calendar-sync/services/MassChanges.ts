import { enqueueMany } from "@calsync/jobs";
import { AppError } from "@calsync/lib";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import {
  type MassChangeDetails,
  type MassChangeView,
  toMassChangeDetails,
  toMassChangeView,
} from "../question-dto.ts";
import type { MassChangeRow } from "../repositories/HeldChangeRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";

const MOST_SHOWN = 200;
/** Most bookings that one answer lists. */
const MOST_ITEMS = 500;

/** The questions about pulls that would change more bookings than their host allows, for the host. */
export class MassChanges {
  readonly #deps: EngineDependencies;
  constructor(deps: EngineDependencies) {
    this.#deps = deps;
  }

  /** The user's mass changes, the newest first. */
  async list(userId: number, { state }: { state: "open" | "any" }): Promise<MassChangeView[]> {
    const { prisma, heldChanges } = this.#deps;
    const rows = await heldChanges.find(prisma, userId, { state, id: null, limit: MOST_SHOWN });
    return rows.map(toMassChangeView);
  }

  /** One of them, with what would happen to each booking while it is open. @throws AppError mass_change_not_found */
  async get(userId: number, id: string): Promise<MassChangeDetails> {
    const { prisma, heldChanges, records } = this.#deps;
    const row = await this.#find(userId, id);
    const items =
      row.status === "OPEN"
        ? await heldChanges.findItems(prisma, userId, row.calendarSyncId, MOST_ITEMS)
        : [];
    const done = row.status === "CONFIRMED" ? await records.findOfMassChange(prisma, userId, id) : [];
    return toMassChangeDetails(row, items, done);
  }

  /**
   * The host's answer: `confirm` carries everything out, `restore` makes every event equal to its booking again. The next pull of
   * the calendar does it, under its lease. The same answer again changes nothing.
   * @throws AppError mass_change_not_found, mass_change_withdrawn, mass_change_answered (with the other answer)
   */
  async decide(userId: number, id: string, answer: "confirm" | "restore"): Promise<MassChangeView> {
    const { prisma, heldChanges, calendars, now } = this.#deps;
    const status = answer === "confirm" ? "CONFIRMED" : "RESTORED";
    await inTransaction(prisma, async (tx) => {
      const found = await heldChanges.decide(tx, userId, id, status, now());
      if (!found) throw unknownMassChange();
      if (found.status === "WITHDRAWN") {
        throw new AppError(
          "conflict",
          "mass_change_withdrawn",
          "The changes were taken back in the calendar meanwhile; there is nothing left to answer.",
        );
      }
      if (found.status !== status) {
        throw new AppError("conflict", "mass_change_answered", "This was answered the other way already.", {
          hint: "Undo single changes on their bookings' pages.",
        });
      }
      const wanted = await calendars.markPullRequested(tx, [found.calendarSyncId]);
      await enqueueMany(
        tx,
        wanted.map((calendarSyncId) => ({ job: pullCalendarJob, payload: { calendarSyncId } })),
      );
    });
    return toMassChangeView(await this.#find(userId, id));
  }

  async #find(userId: number, id: string): Promise<MassChangeRow> {
    const { prisma, heldChanges } = this.#deps;
    const [row] = await heldChanges.find(prisma, userId, { state: "any", id, limit: 1 });
    if (!row) throw unknownMassChange();
    return row;
  }
}

function unknownMassChange(): AppError {
  return new AppError("not-found", "mass_change_not_found", "There is no such mass change.");
}
