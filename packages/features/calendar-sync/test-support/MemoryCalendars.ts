import type { CalendarSyncRepository, CalendarSyncTarget } from "../repositories/CalendarSyncRepository.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import { type CalendarRecord, patchRow } from "./memory-tables.ts";

type Methods = Twin<CalendarSyncRepository>;

/** CalendarSyncRepository in memory. What a method means stands there. */
export class MemoryCalendars implements Methods {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  acquireLease: Methods["acquireLease"] = (_sql, id, owner, ttlMs) => {
    const { calendars, credentials, subscriptions, held, massChanges } = this.#db.tables;
    const row = calendars.get(id);
    if (!row) return { refused: "gone" };
    const now = this.#db.now();
    if (row.leaseUntil !== null && row.leaseUntil >= now) return { refused: "busy" };
    if (!row.enabled || !credentials.get(row.credentialId)?.active) return { refused: "disabled" };
    patchRow(calendars, id, { leaseOwner: owner, leaseUntil: new Date(now.getTime() + ttlMs) });
    const watched = [...subscriptions.values()].flatMap((one) =>
      one.calendarSyncId === id && one.status === "ACTIVE" && one.activatedAt
        ? [Number(one.activatedAt)]
        : [],
    );
    const massChange = [...massChanges.values()].find((one) => one.calendarSyncId === id && !one.finished);
    return {
      row: {
        ...row,
        direction: row.direction ?? "BOTH",
        preferences: null,
        userTimeZone: "UTC",
        watchedSince: watched.length > 0 ? new Date(Math.max(...watched)) : null,
        hasHeld: [...held.values()].some((one) => one.calendarSyncId === id),
        massChange:
          massChange && massChange.status !== "WITHDRAWN"
            ? { ...massChange, status: massChange.status }
            : null,
      },
    };
  };

  renewLease: Methods["renewLease"] = (_sql, id, owner, ttlMs) =>
    this.#db.tables.calendars.get(id)?.enabled === true &&
    this.#patchHeld(id, owner, { leaseUntil: new Date(this.#db.now().getTime() + ttlMs) });

  releaseLease: Methods["releaseLease"] = (_sql, id, owner) => {
    this.#patchHeld(id, owner, { leaseOwner: null, leaseUntil: null });
  };

  commitProgress: Methods["commitProgress"] = (_sql, id, owner, progress) =>
    this.#patchHeld(id, owner, progress);

  holdLease: Methods["holdLease"] = (_sql, id, owner) => this.#patchHeld(id, owner, {});

  notePushed: Methods["notePushed"] = (_sql, id, lastPushedAt, skewMs) => {
    patchRow(this.#db.tables.calendars, id, {
      lastPushedAt,
      ...(skewMs === null ? {} : { clockSkewMs: skewMs }),
    });
  };

  beginFullPull: Methods["beginFullPull"] = (_sql, id, owner) => {
    const generation = (this.#db.tables.calendars.get(id)?.fullPullGeneration ?? 0) + 1;
    const begun = { cursor: null, fullPullRunning: true, fullPullGeneration: generation };
    return this.#patchHeld(id, owner, begun) ? generation : null;
  };

  finishPull: Methods["finishPull"] = (_sql, row, owner, lastPulledAt, next) => {
    const now = this.#db.tables.calendars.get(row.id);
    const wish = now?.pullRequestedAt ?? null;
    const served = wish !== null && row.pullRequestedAt !== null && wish <= row.pullRequestedAt;
    this.#patchHeld(row.id, owner, {
      status: "HEALTHY",
      lostAt: null,
      lastPulledAt,
      nextPollAt: next.pollAt,
      quietPolls: next.quietPolls,
      missedChanges:
        Number(now?.lastNotificationAt) !== Number(row.lastNotificationAt) ? 0 : next.missedChanges,
      errorCount: 0,
      lastError: null,
      pullRequestedAt: served ? null : wish,
      leaseOwner: null,
      leaseUntil: null,
    });
  };

  recordFailure: Methods["recordFailure"] = (_sql, id, owner, failure) => {
    const { code, nextPollAt, final, lost, at } = failure;
    const lostAt = this.#db.tables.calendars.get(id)?.lostAt ?? null;
    const held = this.#patchHeld(id, owner, {
      status: final ? "FAILED" : "RETRYING",
      lastError: code,
      errorCount: (this.#db.tables.calendars.get(id)?.errorCount ?? 0) + 1,
      nextPollAt,
      leaseOwner: null,
      leaseUntil: null,
      ...(lost ? { lostAt: lostAt ?? at, cursor: null, fullPullRunning: false } : {}),
    });
    return held && lost && lostAt === null;
  };

  ensure: Methods["ensure"] = (_sql, targets, now) => {
    const { calendars } = this.#db.tables;
    return targets.map((target) => {
      const known = [...calendars.values()].find(
        (row) =>
          row.credentialId === target.credentialId && row.externalCalendarId === target.externalCalendarId,
      );
      const id = known?.id ?? this.#db.nextUuid();
      if (known) patchRow(calendars, id, { inUse: true, usageCheckAt: null });
      else calendars.set(id, newCalendar(id, target, now));
      return { ...target, id, created: known === undefined };
    });
  };

  /** Choices name their CalendarSync from the start here, so none is ever unlinked. */
  findUnlinkedTargets: Methods["findUnlinkedTargets"] = () => [];
  findUnlinkedDestinations: Methods["findUnlinkedDestinations"] = () => [];
  linkTargets: Methods["linkTargets"] = () => {};

  takeDuePolls: Methods["takeDuePolls"] = (_sql, now, notBefore, limit) => {
    const { credentials } = this.#db.tables;
    const due = this.#all((row) => row.enabled && row.inUse && row.nextPollAt <= now)
      .filter((row) => credentials.get(row.credentialId)?.active)
      .slice(0, limit);
    for (const row of due) this.#wish(row, { nextPollAt: notBefore });
    return due.map(({ id }) => id);
  };

  markPullRequested: Methods["markPullRequested"] = (_sql, ids) => {
    const wanted = this.#all((row) => ids.includes(row.id) && row.enabled);
    for (const row of wanted) this.#wish(row, {});
    return wanted.map(({ id }) => id);
  };

  requestListing: Methods["requestListing"] = (_sql, id, owner) => {
    const wanted = this.#all((row) => row.id === id && row.leaseOwner === owner && row.enabled);
    for (const row of wanted) this.#wish(row, { cursor: null, fullPullRunning: false });
    return wanted.map((row) => row.id);
  };

  findForgottenPushes: Methods["findForgottenPushes"] = (_sql, now, requestedBefore, limit) => {
    const { references, calendars } = this.#db.tables;
    const waiting = [...references.values()].filter(
      ({ pushRequestedAt, nextPushAt, recheckAt }) =>
        pushRequestedAt !== null &&
        recheckAt === null &&
        pushRequestedAt < requestedBefore &&
        (nextPushAt === null || nextPushAt < requestedBefore),
    );
    return [...new Set(waiting.slice(0, limit).map((one) => one.calendarSyncId))].filter((id) => {
      const row = calendars.get(id);
      return row?.enabled === true && (row.status !== "FAILED" || row.nextPollAt <= now);
    });
  };

  markOthersForPull: Methods["markOthersForPull"] = (_sql, userId, except) => {
    const others = this.#others(userId, except);
    for (const row of others) this.#wish(row, {});
    return others.map(({ id }) => id);
  };

  othersAwaitPull: Methods["othersAwaitPull"] = (_sql, userId, except) =>
    this.#others(userId, except).some((row) => row.pullRequestedAt !== null);

  findForgottenRechecks: Methods["findForgottenRechecks"] = (_sql, dueBefore, limit) => {
    const { references, calendars } = this.#db.tables;
    const waiting = [...references.values()].filter(
      ({ recheckAt }) => recheckAt !== null && recheckAt < dueBefore,
    );
    const ids = new Set(waiting.slice(0, limit).map((one) => one.calendarSyncId));
    return [...ids].filter((id) => calendars.get(id)?.enabled);
  };

  findShortMirrors: Methods["findShortMirrors"] = (_sql, until, limit) =>
    this.#all((row) => row.enabled && row.inUse && row.mirroredUntil !== null && row.mirroredUntil < until)
      .slice(0, limit)
      .map(({ id }) => id);

  /** Calendars of the user that can be read now. */
  #others(userId: number, except: string): CalendarRecord[] {
    const { credentials } = this.#db.tables;
    return this.#all(
      (row) => row.userId === userId && row.id !== except && row.enabled && row.inUse && row.lostAt === null,
    ).filter((row) => credentials.get(row.credentialId)?.active);
  }

  #all(which: (row: CalendarRecord) => boolean): CalendarRecord[] {
    return [...this.#db.tables.calendars.values()].filter(which);
  }

  #wish(row: CalendarRecord, patch: Partial<CalendarRecord>): void {
    const pullRequestedAt = this.#db.laterThan(row.pullRequestedAt);
    patchRow(this.#db.tables.calendars, row.id, { ...patch, pullRequestedAt });
  }

  /** Changes a row whose lease `owner` holds. */
  #patchHeld(id: string, owner: string, patch: Partial<CalendarRecord>): boolean {
    const { calendars } = this.#db.tables;
    if (calendars.get(id)?.leaseOwner !== owner) return false;
    patchRow(calendars, id, patch);
    return true;
  }
}

function newCalendar(id: string, target: CalendarSyncTarget, now: Date): CalendarRecord {
  return {
    ...target,
    id,
    ownAddresses: [],
    direction: null,
    cursor: null,
    fullPullGeneration: 0,
    fullPullRunning: false,
    pullRequestedAt: now,
    lastNotificationAt: null,
    mirroredUntil: null,
    quietPolls: 0,
    missedChanges: 0,
    clockSkewMs: 0,
    lastPulledAt: null,
    errorCount: 0,
    policyOverrides: {},
    pollIntervalMinutes: null,
    enabled: true,
    inUse: true,
    status: "INITIAL",
    leaseOwner: null,
    leaseUntil: null,
    lastPushedAt: null,
    nextPollAt: now,
    lastError: null,
    usageCheckAt: null,
    lostAt: null,
    currentSubscriptionId: null,
  };
}
