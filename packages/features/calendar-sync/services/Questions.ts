import type { HostNotice } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalEvent } from "@calsync/types";
import type { HoldKind, PlannedHold, TimeFacts, TimeObjection } from "../engine/guards.ts";
import { explainReason, type ReasonCode } from "../engine/reasons.ts";
import { type EventSnapshot, toSnapshot } from "../engine/snapshot.ts";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { TellHosts, TellWebhooks } from "../ports/HostNews.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { Resolution } from "../repositories/ConflictRepository.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";
import type { SyncRepositories } from "../repositories/sync-repositories.ts";

/** What planning one reference has found that concerns its host. */
export interface Finding {
  reference: { id: string; bookingId: number; status: string };
  local: LocalItem | null;
  /** Null when the event is gone. */
  event: ExternalEvent | null;
  version: string | null;
  eventId: string;
  hold: PlannedHold | null;
  objection: TimeObjection | null;
  /** What the host is told beside that. */
  news: ReasonCode | null;
  facts: TimeFacts | null;
  /** Whether a whole series was changed: then hosts are told once of what was done to all of its occurrences. */
  ofWhole: boolean;
  /** Whether the plan changes the booking or refuses a change of the calendar's. */
  decides: boolean;
}

/** What holding a change of each kind keeps from happening. */
const HELD_ACTION: Record<HoldKind, string> = {
  FIELDS: "change-details",
  DELETED: "cancel",
  CANCELLED: "restore",
  OUTSIDE_HOURS: "reschedule",
  OVERLAP: "reschedule",
};

/** Keeps the questions that pulls and pushes open, and tells hosts of them. */
export class Questions {
  readonly #conflicts: SyncRepositories["conflicts"];
  readonly #tellHosts: TellHosts;
  readonly #tellWebhooks: TellWebhooks;

  constructor(
    conflicts: SyncRepositories["conflicts"],
    { tellHosts, tellWebhooks }: { tellHosts: TellHosts; tellWebhooks: TellWebhooks },
  ) {
    this.#conflicts = conflicts;
    this.#tellHosts = tellHosts;
    this.#tellWebhooks = tellWebhooks;
  }

  /**
   * Opens and ends questions as the findings of a page say, and tells hosts. No statement for a page without any.
   * @returns the records of new questions and of those that settled by themselves
   */
  async keep(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    findings: readonly Finding[],
    now: Date,
  ): Promise<NewChangeRecord[]> {
    const held = findings.filter(({ hold, local }) => hold !== null && local !== null);
    const settled = findings
      .filter(({ reference, hold }) => reference.status === "CONFLICT" && hold === null)
      .map((finding) => ({
        referenceId: finding.reference.id,
        resolution: (finding.decides ? "overtaken" : "converged") satisfies Resolution as Resolution,
      }));
    const kept = await this.#conflicts.store(
      tx,
      held.flatMap((finding) => {
        const { hold, local, reference, event, facts } = finding;
        if (!hold || !local) return [];
        return [
          {
            userId: calendar.userId,
            bookingId: reference.bookingId,
            calendarSyncId: calendar.id,
            referenceId: reference.id,
            kind: hold.kind,
            base: hold.base,
            local: local.snapshot,
            remote: event,
            fields: hold.fields,
            facts,
          },
        ];
      }),
      settled,
      now,
    );
    const idOf = new Map(kept.filter((one) => !one.ended).map((one) => [one.referenceId, one.id]));
    const endOf = new Map(kept.map((one) => [one.referenceId, one.ended ?? undefined]));
    const fresh = held.filter(({ reference }) => idOf.has(reference.id));
    await this.#tell(tx, calendar, findings, idOf, now);
    return [
      ...fresh.flatMap((finding) => recordOf(finding, calendar)),
      ...findings.flatMap((finding) => endRecord(finding, calendar, endOf.get(finding.reference.id))),
    ];
  }

  async #tell(
    tx: PrismaTransaction,
    { id: calendarSyncId, userId, provider, name: calendarName }: CalendarSyncRow,
    findings: readonly Finding[],
    idOf: ReadonlyMap<string, string>,
    now: Date,
  ): Promise<void> {
    const notices: HostNotice[] = [];
    const webhooks: Parameters<TellWebhooks>[1][number][] = [];
    for (const { hold, objection, news, local, reference, version, ofWhole } of findings) {
      if (!local) continue;
      const bookingTitle = local.snapshot.title;
      const common = { userId, bookingTitle, provider, calendarName };
      const conflictId = idOf.get(reference.id);
      if (hold && conflictId) {
        const question = explainReason(hold.reason);
        notices.push({ ...common, kind: "sync-conflict", key: `conflict:${conflictId}`, question });
        webhooks.push({
          userId,
          bookingId: reference.bookingId,
          event: "SYNC_CONFLICT",
          payload: {
            conflictId,
            booking: { uid: local.uid, title: bookingTitle },
            calendar: { id: calendarSyncId, name: calendarName, provider },
            fields: [...hold.fields],
            openedAt: now.toISOString(),
          },
        });
      } else if (objection || news) {
        const ofSeries = objection !== null && ofWhole ? local.series?.id : null;
        const key = `time:${ofSeries ?? reference.id}:${version ?? now.toISOString()}`.slice(0, 200);
        const reason = objection?.reason ?? news;
        if (reason) notices.push({ ...common, kind: "sync-news", key, news: explainReason(reason) });
      }
    }
    if (notices.length > 0) await this.#tellHosts(tx, notices);
    if (webhooks.length > 0) await this.#tellWebhooks(tx, webhooks);
  }
}

function recordOf(
  { reference, hold, local, event, version, eventId, facts }: Finding,
  calendar: CalendarSyncRow,
): NewChangeRecord[] {
  if (!hold || !local) return [];
  const remote: EventSnapshot | null = event ? toSnapshot(event) : null;
  const action =
    hold.kind === "FIELDS" && hold.fields.includes("time") ? "reschedule" : HELD_ACTION[hold.kind];
  return [
    {
      userId: calendar.userId,
      bookingId: reference.bookingId,
      calendarSyncId: calendar.id,
      referenceId: reference.id,
      externalEventId: eventId,
      source: "CALENDAR",
      result: "HELD",
      action,
      reason: hold.reason,
      before: local.snapshot,
      after: remote === null ? null : { ...remote, ...(facts ? { facts } : {}) },
      providerVersion: version,
      actionId: null,
    },
  ];
}

/** A question that ended without an answer. */
function endRecord(
  { reference, local, version, eventId }: Finding,
  calendar: CalendarSyncRow,
  resolution: Resolution | undefined,
): NewChangeRecord[] {
  if (!resolution) return [];
  return [
    {
      userId: calendar.userId,
      bookingId: reference.bookingId,
      calendarSyncId: calendar.id,
      referenceId: reference.id,
      externalEventId: eventId,
      source: "SYNC",
      result: "APPLIED",
      action: "settle",
      reason: resolution === "overtaken" ? "conflict-overtaken" : "conflict-converged",
      before: null,
      after: local?.snapshot ?? null,
      providerVersion: version,
      actionId: null,
    },
  ];
}
