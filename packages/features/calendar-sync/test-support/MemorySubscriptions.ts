import type { SubscriptionRepository, SubscriptionRow } from "../repositories/SubscriptionRepository.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import { patchRow, type SubscriptionRecord } from "./memory-tables.ts";

type Methods = Twin<SubscriptionRepository>;

/** SubscriptionRepository in memory. What a method means stands there. */
export class MemorySubscriptions implements Methods {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  createMissing: Methods["createMissing"] = (_sql, now, limit) => {
    const { calendars } = this.#db.tables;
    const lacking = [...calendars.values()]
      .filter((row) => row.enabled && row.inUse && row.currentSubscriptionId === null)
      .slice(0, limit);
    for (const calendar of lacking)
      patchRow(calendars, calendar.id, {
        currentSubscriptionId: this.#create(calendar.id, calendar.provider, null, now),
      });
    return lacking.length;
  };

  takeDue: Methods["takeDue"] = (_sql, now, again, limit) => {
    const due = this.#all()
      .filter(({ nextAttemptAt }) => nextAttemptAt !== null && nextAttemptAt <= now)
      .slice(0, limit);
    for (const { id } of due) this.#patch(id, { nextAttemptAt: again });
    return due.map(({ id }) => id);
  };

  find: Methods["find"] = (_sql, id) => {
    const row = this.#db.tables.subscriptions.get(id);
    return row ? this.#toRow(row) : null;
  };

  beginActivation: Methods["beginActivation"] = (_sql, id, providerSubscriptionId, secretHash) => {
    this.#patch(id, { providerSubscriptionId, secretHash });
  };

  activated: Methods["activated"] = (_sql, id, channel, now, renewAt) => {
    const activatedAt = this.#db.tables.subscriptions.get(id)?.activatedAt ?? now;
    const active = { status: "ACTIVE", activatedAt, nextAttemptAt: renewAt, errorCount: 0 } as const;
    const row = this.#patch(id, { ...channel, ...active });
    if (!row) return;
    patchRow(this.#db.tables.calendars, row.calendarSyncId, { currentSubscriptionId: id, missedChanges: 0 });
    for (const old of this.#all())
      if (old.calendarSyncId === row.calendarSyncId && old.id !== id && old.status === "ACTIVE")
        this.#patch(old.id, { status: "REPLACED", nextAttemptAt: now });
  };

  renewed: Methods["renewed"] = (_sql, id, expiresAt, _now, renewAt) => {
    if (this.#db.tables.subscriptions.get(id)?.status !== "ACTIVE") return;
    this.#patch(id, { expiresAt, nextAttemptAt: renewAt, errorCount: 0 });
  };

  wake: Methods["wake"] = (_sql, provider, ids, now) => {
    for (const row of this.#all())
      if (
        row.provider === provider &&
        row.status === "ACTIVE" &&
        ids.includes(row.providerSubscriptionId ?? "")
      )
        this.#patch(row.id, { nextAttemptAt: now });
  };

  createReplacement: Methods["createReplacement"] = (_sql, old, now) => {
    if (this.#all().some((one) => one.replacesId === old.id)) return;
    this.#create(old.calendarSyncId, old.provider, old.id, now);
  };

  replaceCurrent: Methods["replaceCurrent"] = (_sql, calendarSyncId, now) => {
    const current = this.#db.tables.calendars.get(calendarSyncId)?.currentSubscriptionId ?? "";
    const row = this.#db.tables.subscriptions.get(current);
    if (row?.status !== "ACTIVE" || this.#all().some((one) => one.replacesId === row.id)) return null;
    return this.#create(calendarSyncId, row.provider, row.id, now);
  };

  remove: Methods["remove"] = (_sql, id) => {
    const { subscriptions } = this.#db.tables;
    const status = subscriptions.get(id)?.status;
    if (status === "STOPPED" || status === "EXPIRED") subscriptions.delete(id);
  };

  move: Methods["move"] = (_sql, id, { status, nextAttemptAt, error, freesCalendar }) => {
    const row = this.#db.tables.subscriptions.get(id);
    if (!row) return;
    this.#patch(id, { status, nextAttemptAt, errorCount: row.errorCount + (error ? 1 : 0) });
    const { calendars } = this.#db.tables;
    if (freesCalendar && calendars.get(row.calendarSyncId)?.currentSubscriptionId === id)
      patchRow(calendars, row.calendarSyncId, { currentSubscriptionId: this.#replacementOf(id) });
  };

  postpone: Methods["postpone"] = (_sql, id, at) => {
    this.#patch(id, { nextAttemptAt: at });
  };

  findNotified: Methods["findNotified"] = (_sql, provider, ids) =>
    this.#all().flatMap(({ providerSubscriptionId: id, calendarSyncId, secretHash, ...row }) =>
      row.provider === provider && id !== null && ids.includes(id)
        ? [{ providerSubscriptionId: id, calendarSyncId, secretHash }]
        : [],
    );

  findByResource: Methods["findByResource"] = (_sql, provider, ids) =>
    this.#all().flatMap(({ providerResourceId: id, calendarSyncId, status, ...row }) =>
      row.provider === provider &&
      id !== null &&
      ids.includes(id) &&
      (status === "ACTIVE" || status === "REPLACED")
        ? [calendarSyncId]
        : [],
    );

  noteNotified: Methods["noteNotified"] = (_sql, calendarSyncIds, now) => {
    const { calendars } = this.#db.tables;
    return calendarSyncIds.filter((id) => {
      const row = calendars.get(id);
      if (!row?.enabled) return false;
      const pullRequestedAt = this.#db.laterThan(row.pullRequestedAt);
      return patchRow(calendars, id, { pullRequestedAt, lastNotificationAt: now, missedChanges: 0 }) !== null;
    });
  };

  findRunningOfCredential: Methods["findRunningOfCredential"] = (_sql, credentialId) =>
    this.#all()
      .filter(({ status }) => status === "ACTIVE" || status === "REPLACED")
      .map((row) => this.#toRow(row))
      .filter((row) => row.credentialId === credentialId);

  checkUsage: Methods["checkUsage"] = (_sql, now, limit) => {
    const { calendars, destinations, selections, references, bookings } = this.#db.tables;
    const due = [...calendars.values()]
      .filter(({ usageCheckAt }) => usageCheckAt !== null && usageCheckAt <= now)
      .slice(0, limit);
    for (const { id, currentSubscriptionId } of due) {
      const chosen = [...destinations.values(), ...selections.values()].some(
        (one) => one.calendarSyncId === id,
      );
      const ends = [...references.values()].flatMap(({ calendarSyncId, bookingId }) => {
        const booking = bookings.get(bookingId);
        const end = new Date(booking?.snapshot.time.end ?? 0);
        return calendarSyncId === id && booking?.active && end > now ? [end.getTime()] : [];
      });
      const lastEnd = ends.length > 0 ? new Date(Math.max(...ends)) : null;
      const inUse = chosen || lastEnd !== null;
      patchRow(calendars, id, { usageCheckAt: chosen ? null : lastEnd, inUse });
      if (!inUse && currentSubscriptionId !== null)
        this.#patch(currentSubscriptionId, { nextAttemptAt: now });
    }
    return due.length;
  };

  #replacementOf(id: string): string | null {
    const underWay: readonly string[] = ["PENDING", "ERROR", "UNSUPPORTED"];
    return this.#all().find((one) => one.replacesId === id && underWay.includes(one.status))?.id ?? null;
  }

  #all(): SubscriptionRecord[] {
    return [...this.#db.tables.subscriptions.values()];
  }

  #patch(id: string, patch: Partial<SubscriptionRecord>): SubscriptionRecord | null {
    return patchRow(this.#db.tables.subscriptions, id, patch);
  }

  #create(calendarSyncId: string, provider: string, replacesId: string | null, now: Date): string {
    const id = this.#db.nextUuid();
    this.#db.tables.subscriptions.set(id, {
      id,
      calendarSyncId,
      provider,
      status: "PENDING",
      providerSubscriptionId: null,
      providerResourceId: null,
      expiresAt: null,
      errorCount: 0,
      replacesId,
      secretHash: null,
      activatedAt: null,
      nextAttemptAt: now,
    });
    return id;
  }

  #toRow(row: SubscriptionRecord): SubscriptionRow {
    const calendar = this.#db.tables.calendars.get(row.calendarSyncId);
    if (!calendar) throw new Error("A subscription without its calendar.");
    return {
      ...row,
      credentialId: calendar.credentialId,
      externalCalendarId: calendar.externalCalendarId,
      credentialActive: this.#db.tables.credentials.get(calendar.credentialId)?.active ?? false,
      wanted: calendar.enabled && calendar.inUse,
    };
  }
}
