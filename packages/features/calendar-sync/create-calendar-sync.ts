import { enqueueMany, handleJob, type JobRegistration, type ScheduledJob } from "@calsync/jobs";
import type { Clock, Logger } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { Interval, NotificationRequest } from "@calsync/types";
import { runCalendarDoctorCron } from "./crons/calendar-doctor.ts";
import { runCalendarSubscriptionsCron } from "./crons/calendar-subscriptions.ts";
import { runCalendarSyncCron } from "./crons/calendar-sync.ts";
import type { CronName, CronReport } from "./crons/cron.ts";
import { type ChangeView, type SyncStatus, toSyncStatus } from "./dto.ts";
import type { AnswerPlan } from "./engine/plan-answer.ts";
import { checkCalendarJob } from "./jobs/check-calendar.job.ts";
import { extendMirrorJob } from "./jobs/extend-mirror.job.ts";
import { maintainSubscriptionJob } from "./jobs/maintain-subscription.job.ts";
import { pullCalendarJob } from "./jobs/pull-calendar.job.ts";
import { pushCalendarJob } from "./jobs/push-calendar.job.ts";
import { recheckEventsJob } from "./jobs/recheck-events.job.ts";
import { runCronJob } from "./jobs/run-cron.job.ts";
import { settleSeriesJob } from "./jobs/settle-series.job.ts";
import { syncRunJob } from "./jobs/sync-run.job.ts";
import { tendExternalEditsJob, writeExternalEditsJob } from "./jobs/write-external-edits.job.ts";
import type { BookingStore } from "./ports/BookingStore.ts";
import type { BookingSync } from "./ports/BookingSync.ts";
import type { CalendarGateway } from "./ports/CalendarGateway.ts";
import type { TellHosts, TellWebhooks } from "./ports/HostNews.ts";
import { type AttentionCounts, AttentionRepository } from "./repositories/AttentionRepository.ts";
import type { CalendarSyncTarget } from "./repositories/CalendarSyncRepository.ts";
import { DoctorRepository } from "./repositories/DoctorRepository.ts";
import { ExternalEditRepository } from "./repositories/ExternalEditRepository.ts";
import type { CalendarStanding } from "./repositories/StatusRepository.ts";
import { SyncRunRepository } from "./repositories/SyncRunRepository.ts";
import { type SyncRepositories, sqlRepositories } from "./repositories/sync-repositories.ts";
import { Answers, type BookingAnswer } from "./services/Answers.ts";
import { BookingReferences } from "./services/BookingReferences.ts";
import { BusyTimes, type BusyTimesFound } from "./services/BusyTimes.ts";
import { ChangeApplier } from "./services/ChangeApplier.ts";
import { ChangeGuard } from "./services/ChangeGuard.ts";
import { Conflicts } from "./services/Conflicts.ts";
import { clockTrustOf } from "./services/clock-trust.ts";
import { Doctor } from "./services/Doctor.ts";
import { DryRun } from "./services/DryRun.ts";
import type { DoctorReport, Healing } from "./services/doctor-report.ts";
import { ExternalEvents } from "./services/ExternalEvents.ts";
import { extendMirror } from "./services/extend-mirror.ts";
import { LiveBusy } from "./services/LiveBusy.ts";
import { MassChanges } from "./services/MassChanges.ts";
import { Mirror } from "./services/Mirror.ts";
import { MovedEvents } from "./services/MovedEvents.ts";
import { MovedSeries } from "./services/MovedSeries.ts";
import { type NotificationAnswer, Notifications } from "./services/Notifications.ts";
import { PullCalendar } from "./services/PullCalendar.ts";
import { PushCalendar } from "./services/PushCalendar.ts";
import { Questions } from "./services/Questions.ts";
import { RecheckEvents } from "./services/RecheckEvents.ts";
import { SeriesChanges } from "./services/SeriesChanges.ts";
import { Subscriptions } from "./services/Subscriptions.ts";
import { SyncRuns } from "./services/SyncRuns.ts";
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from "./services/settings.ts";
import { Undo, type UndoOutcome } from "./services/Undo.ts";
import { WriteExternalEdits } from "./services/WriteExternalEdits.ts";

/** Everything that the engine is handed; it reaches for nothing by itself. */
export interface CalendarSyncDependencies {
  prisma: PrismaClient;
  gateway: CalendarGateway;
  bookingStore: BookingStore;
  now: Clock;
  log: Logger;
  /** The public address that a provider is to call; null when it cannot reach us (then its calendars are polled). */
  notificationAddress: (provider: string) => string | null;
  settings?: Partial<SyncSettings>;
  /** Tells hosts of what needs them; nobody is told when left out. */
  tellHosts?: TellHosts;
  /** Tells the webhooks of users what sync asks them; none is told when left out. */
  tellWebhooks?: TellWebhooks;
  /** From 0 (included) to 1 (excluded); for jitter. `Math.random` when left out. */
  random?: () => number;
  /** In place of those on PostgreSQL: the model test keeps everything in memory. */
  repositories?: SyncRepositories;
}

/** The sync feature: what apps and other features may ask of it. */
export interface CalendarSync extends BookingSync {
  /**
   * Makes the CalendarSync rows that calendars just chosen need, links the choices to them and asks for a first pull, in
   * the caller's transaction. @returns the ids of all of them.
   */
  ensureCalendarSyncs(tx: PrismaTransaction, targets: readonly CalendarSyncTarget[]): Promise<string[]>;
  /**
   * The user has chosen a destination (and its CalendarSync is ensured): bookings to come that stand in no calendar yet are
   * written there.
   */
  destinationChosen(tx: PrismaTransaction, userId: number): Promise<void>;
  /** Asks for a pull of each calendar. @returns how many of them exist and are enabled. */
  requestPull(calendarSyncIds: readonly string[]): Promise<number>;
  /** The calendars that the user has connected and uses, and whether events may be written to them. */
  calendarsOf(userId: number): Promise<{ id: string; name: string; provider: string; writable: boolean }[]>;
  /** Compares a calendar with its bookings, and heals what it may. @throws RetryLater while a worker has the calendar */
  checkCalendar(calendarSyncId: string, healing: Healing): Promise<DoctorReport>;
  /** Syncs and checks by hand. */
  runs: SyncRuns;
  /** Whether a calendar of the user is synced at all, and if not, why; null when it is not the user's. */
  standingOf(userId: number, calendarSyncId: string): Promise<CalendarStanding | null>;
  /** Answers a request at a provider's notification endpoint: verify, enqueue, answer. */
  handleNotification(provider: string, request: NotificationRequest): Promise<NotificationAnswer>;
  runCron(name: CronName): Promise<CronReport>;
  /** The account works again: everything that waited for it goes on. */
  credentialReconnected(tx: PrismaTransaction, credentialId: number): Promise<void>;
  /** Call before a credential is deleted: stops its push channels while its secret is still there. */
  credentialWillBeRemoved(credentialId: number): Promise<void>;
  /**
   * When the user's selected calendars are busy, and how fresh that knowledge is per calendar: from the mirror while it is
   * fresh, else asked at the provider. `except`: the times of bookings that are to be moved, whose own events are not busy.
   */
  busyIntervals(userId: number, range: Interval, except?: readonly Interval[]): Promise<BusyTimesFound>;
  /** Events of connected calendars that are not ours, and their host's edits of them. */
  externalEvents: ExternalEvents;
  status(userId: number): Promise<SyncStatus[]>;
  /** How many things wait for the user; what they are is in the lists of each kind. */
  attention(userId: number): Promise<AttentionCounts>;
  /** What sync did to a booking and why, newest first, and what of it can be undone. */
  history(userId: number, bookingUid: string): Promise<ChangeView[]>;
  /** The latest changes of all of a user's bookings, newest first. @param page.before only those older than this one */
  changes(userId: number, page: { before: string | null; limit: number }): Promise<ChangeView[]>;
  /** Takes a change of sync's back. @returns the record of that @throws AppError with why it cannot be done */
  undo(userId: number, changeId: string): Promise<ChangeView>;
  /** Takes back all that a confirmed mass change has done, as far as it still can be. */
  undoMassChange(userId: number, massChangeId: string): Promise<UndoOutcome[]>;
  /** Questions about single bookings. */
  conflicts: Pick<Conflicts, "list" | "get" | "resolve" | "resolveMany">;
  /** Questions about pulls that would change more bookings than their host allows. */
  massChanges: Pick<MassChanges, "list" | "get" | "decide">;
  /**
   * Applies answers to invitations that came as messages (iTIP REPLY), as if a calendar had shown them, in the caller's
   * transaction; at most one per booking. @returns what came of each
   */
  answersReceived(
    tx: PrismaTransaction,
    hostId: number,
    answers: readonly BookingAnswer[],
  ): Promise<AnswerPlan["outcome"][]>;
  /** The jobs that a worker has to run. */
  jobs: JobRegistration[];
  /** The crons on the worker's own schedule. */
  schedule: ScheduledJob[];
}

/** An edit that is due for so long has lost its job, or the sync of its calendar was off. */
const FORGOTTEN_EDIT_MS = 60_000;

/** Puts the engine together. */
export function createCalendarSync(deps: CalendarSyncDependencies): CalendarSync {
  const { prisma, gateway, bookingStore: store, now, log } = deps;
  const settings: SyncSettings = { ...DEFAULT_SYNC_SETTINGS, ...deps.settings };
  const random = deps.random ?? Math.random;
  const repositories = deps.repositories ?? sqlRepositories(prisma);
  const { calendars, references, events, records, conflicts, heldChanges } = repositories;
  const { subscriptions: subscriptionRows, status: statusRows } = repositories;
  const mirror = new Mirror(events);
  const moved = new MovedEvents(events, calendars, settings);
  const tellHosts: TellHosts = deps.tellHosts ?? (async () => {});
  const tellWebhooks: TellWebhooks = deps.tellWebhooks ?? (async () => {});
  const guard = new ChangeGuard(heldChanges, tellHosts);
  const questions = new Questions(conflicts, { tellHosts, tellWebhooks });
  const seriesChanges = new SeriesChanges(
    repositories,
    store,
    new MovedSeries(moved, settings),
    settings.splitGraceMs,
  );
  const applier = new ChangeApplier(references, records, mirror, store, {
    moved,
    guard,
    series: seriesChanges,
    questions,
    clockOf: (calendar) => clockTrustOf(gateway, calendar),
    capabilitiesOf: (provider) => gateway.capabilitiesOf(provider),
  });
  const shared = {
    prisma,
    gateway,
    calendars,
    references,
    seriesReferences: repositories.seriesReferences,
    events,
    applier,
    heldChanges,
    guard,
    records,
    tellHosts,
    settings,
    now,
    log,
    random,
  };
  const edits = new ExternalEditRepository();
  const attention = new AttentionRepository();
  const writeEdits = new WriteExternalEdits({ ...shared, edits, mirror });
  const pull = new PullCalendar({ ...shared, subscriptions: subscriptionRows });
  const push = new PushCalendar({ ...shared, store, records });
  const recheck = new RecheckEvents(shared);
  const busyTimes = new BusyTimes({ ...shared, status: statusRows, live: new LiveBusy(shared) });
  const subscriptions = new Subscriptions({
    ...shared,
    subscriptions: subscriptionRows,
    notificationAddress: deps.notificationAddress,
  });
  const notifications = new Notifications({ ...shared, subscriptions: subscriptionRows });
  const bookingReferences = new BookingReferences(
    calendars,
    references,
    repositories.seriesReferences,
    records,
    now,
  );
  const answers = new Answers(shared, store, bookingReferences);
  const undo = new Undo(shared, store, bookingReferences);
  const conflictService = new Conflicts(shared, conflicts, store);
  const massChanges = new MassChanges(shared);
  const cronDeps = { prisma, calendars, subscriptions: subscriptionRows, settings, now, random };
  const doctorRows = new DoctorRepository();
  const doctor = new Doctor({ ...shared, store, rows: doctorRows, bookingReferences });
  const runRows = new SyncRunRepository();
  const dryRun = new DryRun({ ...shared, store, rows: doctorRows, runs: runRows });
  const runs = new SyncRuns({
    prisma,
    rows: runRows,
    calendars,
    references,
    pull,
    push,
    dryRun,
    doctor,
    now,
  });
  const crons: Record<CronName, () => Promise<CronReport>> = {
    "calendar-sync": () => runCalendarSyncCron(cronDeps),
    "calendar-subscriptions": () => runCalendarSubscriptionsCron(cronDeps),
    "calendar-doctor": () => runCalendarDoctorCron(cronDeps, doctorRows),
  };
  const runCron = (name: CronName) => crons[name]();

  const enqueuePulls = (tx: PrismaTransaction | PrismaClient, ids: readonly string[]) =>
    enqueueMany(
      tx,
      ids.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
    );

  return {
    bookingsChanged: (tx, changes) => bookingReferences.bookingsChanged(tx, changes),
    async ensureCalendarSyncs(tx, targets) {
      const rows = await calendars.ensure(tx, targets, now());
      await calendars.linkTargets(
        tx,
        rows.map((row) => row.id),
      );
      await subscriptionRows.createMissing(tx, now(), settings.cronBatchSize);
      await enqueuePulls(
        tx,
        rows.filter((row) => row.created).map((row) => row.id),
      );
      return rows.map((row) => row.id);
    },
    destinationChosen: (tx, userId) => bookingReferences.destinationChosen(tx, userId),
    async requestPull(ids) {
      const wanted = await calendars.markPullRequested(prisma, ids);
      await enqueuePulls(prisma, wanted);
      return wanted.length;
    },
    calendarsOf: async (userId) =>
      (await statusRows.findUsed(userId)).map(({ direction, ...calendar }) => ({
        ...calendar,
        writable: direction !== "FROM_CALENDAR" && gateway.capabilitiesOf(calendar.provider).write,
      })),
    checkCalendar: (id, healing) => doctor.check(id, healing),
    runs,
    standingOf: (userId, id) => statusRows.findStanding(userId, id),
    handleNotification: (provider, request) => notifications.handle(provider, request),
    runCron,
    async credentialReconnected(tx, credentialId) {
      await enqueuePulls(tx, await statusRows.wakeCredential(tx, credentialId, now()));
    },
    credentialWillBeRemoved: (credentialId) => subscriptions.stopAllOf(credentialId),
    busyIntervals: (userId, range, except) => busyTimes.find(userId, range, except),
    externalEvents: new ExternalEvents({ prisma, gateway, edits, now }),
    status: async (userId) =>
      (await statusRows.findForUser(userId)).map((row) => toSyncStatus(row, settings, now())),
    attention: (userId) => attention.count(prisma, userId, now()),
    history: (userId, uid) => undo.history(userId, uid),
    changes: (userId, page) => undo.changes(userId, page),
    undo: (userId, changeId) => undo.undo(userId, changeId),
    undoMassChange: (userId, id) => undo.undoMassChange(userId, id),
    conflicts: conflictService,
    massChanges,
    answersReceived: (tx, hostId, received) => answers.apply(tx, hostId, received),
    jobs: [
      handleJob(pullCalendarJob, async ({ calendarSyncId }) => {
        await pull.run(calendarSyncId);
      }),
      handleJob(pushCalendarJob, async ({ calendarSyncId }) => (await push.run(calendarSyncId)).again),
      handleJob(maintainSubscriptionJob, async ({ subscriptionId }) => {
        await subscriptions.maintain(subscriptionId);
      }),
      handleJob(recheckEventsJob, ({ calendarSyncId }) => recheck.run(calendarSyncId)),
      handleJob(writeExternalEditsJob, ({ calendarSyncId }) => writeEdits.run(calendarSyncId)),
      handleJob(tendExternalEditsJob, async () => {
        const before = new Date(now().getTime() - FORGOTTEN_EDIT_MS);
        const ids = await edits.findForgotten(prisma, before, settings.cronBatchSize);
        await enqueueMany(
          prisma,
          ids.map((id) => ({ job: writeExternalEditsJob, payload: { calendarSyncId: id } })),
        );
      }),
      handleJob(settleSeriesJob, async ({ calendarSyncId }) => {
        await enqueuePulls(prisma, await calendars.markPullRequested(prisma, [calendarSyncId]));
      }),
      handleJob(extendMirrorJob, ({ calendarSyncId }) => extendMirror({ ...shared, mirror }, calendarSyncId)),
      handleJob(syncRunJob, ({ runId, calendarSyncId }) => runs.carryOut(runId, calendarSyncId)),
      handleJob(checkCalendarJob, async ({ calendarSyncId }) => {
        const { findings, outcome, error } = await doctor.check(calendarSyncId, "safe");
        if (findings.length === 0 && error === null) return;
        const kinds = Object.groupBy(findings, ({ kind }) => kind);
        const counts = Object.fromEntries(Object.entries(kinds).map(([kind, found]) => [kind, found.length]));
        log.warn(
          { calendarSyncId, outcome, error, findings: counts },
          "a calendar is not as its bookings say",
        );
      }),
      handleJob(runCronJob, async ({ name }) => {
        log.info({ cron: name, ...(await runCron(name)) }, "cron finished");
      }),
    ],
    schedule: [
      {
        name: "tend-external-edits",
        job: tendExternalEditsJob,
        payload: {},
        everyMs: Math.max(settings.cronEveryMs, FORGOTTEN_EDIT_MS),
      },
      {
        name: "calendar-sync",
        job: runCronJob,
        payload: { name: "calendar-sync" },
        everyMs: settings.cronEveryMs,
      },
      {
        name: "calendar-subscriptions",
        job: runCronJob,
        payload: { name: "calendar-subscriptions" },
        everyMs: settings.cronEveryMs,
      },
      {
        name: "calendar-doctor",
        job: runCronJob,
        payload: { name: "calendar-doctor" },
        everyMs: settings.cronEveryMs,
      },
    ],
  };
}
