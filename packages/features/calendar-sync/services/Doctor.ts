import { enqueueMany, RetryLater } from "@calsync/jobs";
import { isCalendarError } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import type { CalendarService, ExternalEvent, Interval } from "@calsync/types";
import type { CheckedReference } from "../engine/checked-reference.ts";
import {
  diagnose,
  FINDINGS,
  type Finding,
  type FindingKind,
  markedStrangers,
  missingFromListing,
  type Remedy,
} from "../engine/diagnose.ts";
import { doubtfulInstances, instancesOf } from "../engine/diagnose-series.ts";
import { maintainSubscriptionJob } from "../jobs/maintain-subscription.job.ts";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import type { BookingStore } from "../ports/BookingStore.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { CheckedCalendar, DoctorRepository } from "../repositories/DoctorRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { asShown } from "./as-shown.ts";
import type { BookingReferences } from "./BookingReferences.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { type DoctorFinding, type DoctorReport, type Healing, reportOf } from "./doctor-report.ts";
import { eventRefOf, readEvent } from "./event-ref.ts";
import { Lease } from "./Lease.ts";
import { policyOf } from "./policy-of.ts";

/** What the doctor works with. */
export interface DoctorDependencies extends EngineDependencies {
  store: BookingStore;
  rows: DoctorRepository;
  bookingReferences: BookingReferences;
}

/** Longer than any worker may hold a calendar without proving that it lives, many times over. */
const STUCK_LEASES = 10;
/** Most events that one look deletes without being asked to. */
const MAX_DELETED_UNASKED = 5;
const OVERDUE_MS = 15 * 60_000;
const UNREAD_FOR_MS = 24 * 3_600_000;

/**
 * Compares every coming booking of a calendar with its event: one listing per calendar, and a direct read of the events that it
 * does not show. Holds the calendar's lease meanwhile, so that nothing moves under its eyes. What it heals goes the way that
 * changes always go, through pulls and pushes with their guards.
 */
export class Doctor {
  readonly #deps: DoctorDependencies;
  constructor(deps: DoctorDependencies) {
    this.#deps = deps;
  }

  /** @throws RetryLater while another worker has the calendar */
  async check(calendarSyncId: string, healing: Healing): Promise<DoctorReport> {
    const { prisma, rows, settings, now } = this.#deps;
    const calendar = await rows.findCalendar(prisma, calendarSyncId);
    if (!calendar) return { ...reportOf(calendarSyncId, "", ""), outcome: "gone" };
    const report = reportOf(calendarSyncId, calendar.name, calendar.provider);
    const findings = this.#ofState(calendar);
    const stuck = findings.some(({ kind }) => kind === "lease-stuck");
    if (stuck && healing !== "none") {
      await rows.freeStuckLease(prisma, calendarSyncId, STUCK_LEASES * settings.leaseTtlMs);
    }
    if (calendar.syncing && (!stuck || healing !== "none")) {
      await this.#compare(calendarSyncId, healing, findings, report);
    }
    await this.#healState(calendar, findings, healing);
    report.findings = await this.#toPeople(findings, healing);
    await rows.noteChecked(prisma, calendarSyncId, now(), findings.length);
    return report;
  }

  /** What can be said without asking the calendar. */
  #ofState(calendar: CheckedCalendar): Finding[] {
    const { settings, now } = this.#deps;
    const at = now().getTime();
    const findings: Finding[] = [];
    const say = (kind: FindingKind, remedy: Remedy | null) => findings.push({ ...NO_BOOKING, kind, remedy });
    if (!calendar.syncing) say("not-syncing", null);
    if ((calendar.leaseForMs ?? 0) > STUCK_LEASES * settings.leaseTtlMs) say("lease-stuck", "free-lease");
    const { subscription, inUse, lastPulledAt, nextPollAt } = calendar;
    if (!calendar.syncing || !inUse) return findings;
    const late = (time: Date | null | undefined) => time != null && at - time.getTime() > OVERDUE_MS;
    if (
      subscription &&
      (late(subscription.nextAttemptAt) || (subscription.status === "ACTIVE" && late(subscription.expiresAt)))
    ) {
      say("subscription-stale", "maintain-subscription");
    }
    const unread = lastPulledAt !== null && at - lastPulledAt.getTime() > UNREAD_FOR_MS;
    if (late(nextPollAt) || unread) say("not-read-lately", "pull");
    return findings;
  }

  async #compare(
    calendarSyncId: string,
    healing: Healing,
    findings: Finding[],
    report: DoctorReport,
  ): Promise<void> {
    const { prisma, calendars, gateway, settings, now, random } = this.#deps;
    const lease = await Lease.acquire(prisma, calendars, calendarSyncId, settings, now);
    if ("refused" in lease) {
      if (lease.refused === "busy")
        throw new RetryLater({
          afterMs: 1_000 + random() * 2_000,
          reason: "Another worker has this calendar.",
        });
      findings.push({ ...NO_BOOKING, kind: "not-syncing" });
      return;
    }
    try {
      const service = await gateway.serviceFor(lease.row.credentialId);
      const found = await this.#diagnose(lease, service, report);
      if (healing === "safe") leaveTooMany(found);
      findings.push(...found);
      report.outcome = "checked";
      if (healing !== "none") await this.#heal(lease, service, found, healing);
    } catch (error) {
      if (!isCalendarError(error)) throw error;
      report.error = { code: error.code, message: error.message };
    } finally {
      await lease[Symbol.asyncDispose]();
    }
  }

  async #diagnose(lease: Lease, service: CalendarService, report: DoctorReport): Promise<Finding[]> {
    const { prisma, rows, store, now } = this.#deps;
    const { row } = lease;
    const at = now();
    const { events: listed, gone, unreadable } = await this.#list(lease, service);
    const references = asShown(await rows.findComing(prisma, row.id, at), service.capabilities);
    const ids = [...new Set(references.map(({ bookingId }) => bookingId))].sort((a, b) => a - b);
    const items = new Map(
      (await prisma.$transaction((tx) => store.loadItems(tx, ids))).map((item) => [item.bookingId, item]),
    );
    const events = [...listed, ...(await this.#readMissing(lease, service, references, listed, unreadable))];
    const instances = instancesOf(references, events, gone);
    for (const doubtful of doubtfulInstances(references, items, instances)) {
      lease.signal.throwIfAborted();
      const read = await readEvent(service, eventRefOf(row.externalCalendarId, doubtful));
      if (read?.type === "unreadable") unreadable.add(doubtful.externalEventId ?? "");
      instances.set(doubtful.id, read?.type === "upsert" ? read.event : null);
    }
    const strangers = markedStrangers(references, events);
    const own = new Set(references.map(({ id }) => id));
    const markers = strangers.flatMap(({ marker }) => (marker !== null && !own.has(marker) ? [marker] : []));
    report.bookings = ids.length;
    const unlinked = row.direction === "FROM_CALENDAR" ? [] : await rows.findUnlinked(prisma, row.id, at);
    const toBeLinked = new Set<string | null>(unlinked.map(({ marker }) => marker));
    const found = diagnose({
      references,
      ownAddresses: row.ownAddresses,
      items,
      unreadable,
      // What stands for a booking that is about to be linked is no orphan.
      events: events.filter(({ marker }) => !toBeLinked.has(marker)),
      instances,
      gone,
      markers: await rows.findMarkers(prisma, row.userId, markers, at),
      ourEventIds: new Set(
        await rows.findOwnEvents(
          prisma,
          row.userId,
          strangers.map(({ id }) => id),
        ),
      ),
      policy: policyOf(row),
      calendarSideIsKnown: row.pullRequestedAt !== null || row.hasHeld,
      now: at,
    });
    const lacking = unlinked.map(
      ({ bookingId }): Finding => ({
        ...NO_BOOKING,
        kind: "no-reference",
        bookingId,
        remedy: "link-bookings",
      }),
    );
    return [...found, ...lacking];
  }

  /** Everything that the calendar holds from now on. Nothing of it is stored: the cursor stays where it is. */
  async #list(
    lease: Lease,
    service: CalendarService,
  ): Promise<{ events: ExternalEvent[]; gone: ReadonlySet<string>; unreadable: Set<string> }> {
    const { settings, now } = this.#deps;
    const start = now();
    const window: Interval = {
      start,
      end: new Date(start.getTime() + settings.windowAheadDays * 24 * 3_600_000),
    };
    const events = new Map<string, ExternalEvent>();
    const gone = new Set<string>();
    const unreadable = new Set<string>();
    const pages = service.onWatchedCalendarChange(lease.row.externalCalendarId, null, {
      window,
      pageSize: settings.pageSize,
      signal: lease.signal,
    });
    for await (const page of pages) {
      lease.signal.throwIfAborted();
      for (const change of page.changes) {
        if (change.type === "upsert") events.set(change.event.id, change.event);
        else if (change.type === "unreadable") unreadable.add(change.eventId ?? "");
        // A date that is gone from its series is listed, so that it is known to be.
        else if (change.type === "delete" && change.seriesId && change.originalStart)
          gone.add(`${change.seriesId} ${change.originalStart}`);
      }
    }
    return { events: [...events.values()], gone, unreadable };
  }

  /** Absence from a list proves nothing (invariant 6): what it does not show is read. `unreadable` takes what cannot be. */
  async #readMissing(
    lease: Lease,
    service: CalendarService,
    references: readonly CheckedReference[],
    listed: readonly ExternalEvent[],
    unreadable: Set<string>,
  ): Promise<ExternalEvent[]> {
    const events: ExternalEvent[] = [];
    const ids = new Set(
      missingFromListing(references, listed).map(({ externalEventId }) => externalEventId ?? ""),
    );
    for (const eventId of ids) {
      lease.signal.throwIfAborted();
      const found = await readEvent(service, { calendarId: lease.row.externalCalendarId, eventId });
      if (found?.type === "upsert") events.push(found.event);
      if (found?.type === "unreadable") unreadable.add(eventId);
    }
    return events;
  }

  async #heal(
    lease: Lease,
    service: CalendarService,
    findings: readonly Finding[],
    healing: Healing,
  ): Promise<void> {
    const { prisma, references, seriesReferences, calendars, bookingReferences } = this.#deps;
    const { row } = lease;
    const needing = (remedy: Remedy) => findings.filter((finding) => finding.remedy === remedy);
    const superfluous = healing === "all" ? needing("delete-event") : [];
    for (const finding of [...superfluous, ...needing("delete-own-event")])
      await this.#deleteEvent(lease, service, finding);
    const pushes = needing("push").flatMap(({ referenceId }) => referenceId ?? []);
    const rereads = needing("pull-everything").length > 0;
    const unlinked = needing("link-bookings").length > 0;
    if (pushes.length === 0 && !rereads && !unlinked) return;
    await inTransaction(prisma, async (tx) => {
      await lease.fence(tx);
      if (rereads) await calendars.requestListing(tx, row.id, lease.owner);
      const failed = needing("push").flatMap(({ kind, referenceId }) =>
        kind === "push-failed" && referenceId
          ? [{ id: referenceId, status: "PENDING" as const, errorCount: 0 }]
          : [],
      );
      await references.update(tx, failed);
      const pushed = await references.requestPushes(tx, { ids: pushes });
      // An occurrence that was never written comes with its series.
      const written = await references.findByIds(tx, pushes);
      const waiting = written.flatMap(({ externalEventId, seriesReferenceId }) =>
        externalEventId === null ? (seriesReferenceId ?? []) : [],
      );
      const series = await seriesReferences.findForChanges(tx, row.id, waiting);
      const ofSeries = await seriesReferences.requestPushes(
        tx,
        series.map(({ seriesId }) => seriesId),
      );
      if (unlinked) await bookingReferences.destinationChosen(tx, row.userId);
      await enqueueMany(tx, [
        ...(rereads ? [{ job: pullCalendarJob, payload: { calendarSyncId: row.id } }] : []),
        ...[...new Set([...pushed, ...ofSeries])].map((id) => ({
          job: pushCalendarJob,
          payload: { calendarSyncId: id },
        })),
      ]);
    });
  }

  /** Deletes an event of ours that stands for nothing, when a direct read still says the same of it. */
  async #deleteEvent(lease: Lease, service: CalendarService, finding: Finding): Promise<void> {
    const { prisma, records, now } = this.#deps;
    const { row } = lease;
    const ref = { calendarId: row.externalCalendarId, eventId: finding.eventId ?? "" };
    const read = await readEvent(service, ref);
    const event = read?.type === "upsert" ? read.event : null;
    if (!event || event.status === "cancelled" || event.marker === null) return;
    const doubles = finding.kind !== "orphan-event";
    if (finding.kind === "duplicate-event" && event.marker !== finding.referenceId) return;
    await service.deleteEvent(ref, event.version);
    const record: NewChangeRecord = {
      userId: row.userId,
      bookingId: finding.bookingId,
      calendarSyncId: row.id,
      referenceId: finding.referenceId,
      externalEventId: event.id,
      source: "SYNC",
      result: "APPLIED",
      action: "push",
      reason: doubles ? "duplicate-removed" : "orphan-removed",
      before: { title: event.title, time: event.time },
      after: null,
      providerVersion: event.version,
      actionId: null,
    };
    await inTransaction(prisma, (tx: PrismaTransaction) => records.append(tx, [record], now()));
  }

  async #healState(calendar: CheckedCalendar, findings: readonly Finding[], healing: Healing): Promise<void> {
    if (healing === "none") return;
    const { prisma, rows, calendars, now } = this.#deps;
    const wants = (remedy: Remedy) => findings.some((finding) => finding.remedy === remedy);
    await inTransaction(prisma, async (tx) => {
      const jobs: Parameters<typeof enqueueMany>[1][number][] = [];
      if (wants("pull")) {
        await calendars.markPullRequested(tx, [calendar.id]);
        jobs.push({ job: pullCalendarJob, payload: { calendarSyncId: calendar.id } });
      }
      if (wants("maintain-subscription") && calendar.subscription) {
        await rows.wakeSubscription(tx, calendar.subscription.id, now());
        jobs.push({ job: maintainSubscriptionJob, payload: { subscriptionId: calendar.subscription.id } });
      }
      await enqueueMany(tx, jobs);
    });
  }

  async #toPeople(findings: readonly Finding[], healing: Healing): Promise<DoctorFinding[]> {
    const ids = findings.flatMap(({ bookingId }) => bookingId ?? []);
    const bookings = new Map(
      (await this.#deps.rows.findBookings(this.#deps.prisma, ids)).map(({ id, ...booking }) => [id, booking]),
    );
    return findings.map(({ kind, bookingId, eventId, fields, changedLast, remedy }) => {
      const heals = healing === "all" || (healing === "safe" && remedy !== "delete-event");
      return {
        kind,
        cause: FINDINGS[kind],
        booking: bookings.get(bookingId ?? -1) ?? null,
        eventId,
        fields,
        changedLast,
        healing: remedy === null ? "by-hand" : heals ? "done" : "possible",
      };
    });
  }
}

const NO_BOOKING: Omit<Finding, "kind"> = {
  bookingId: null,
  referenceId: null,
  eventId: null,
  fields: [],
  changedLast: null,
  remedy: null,
};

/** So many superfluous events of our own are no slip, and a person looks at them first. */
function leaveTooMany(findings: Finding[]): void {
  const own = findings.filter(({ remedy }) => remedy === "delete-own-event");
  if (own.length > MAX_DELETED_UNASKED) for (const finding of own) finding.remedy = "delete-event";
}
