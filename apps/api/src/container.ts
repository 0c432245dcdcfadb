import {
  type BookingService,
  createBookingService,
  createBookingStore,
  createEntryService,
  createGuestTokens,
  type EntryService,
  findHostHours,
  type GuestTokens,
} from "@calsync/bookings";
import {
  type ConnectionService,
  type ConnectionServiceOptions,
  createConnectionService,
  createCredentialStore,
  createDelegationService,
  type DelegationService,
  mappingAccess,
} from "@calsync/calendar-connections";
import {
  type CalendarSync,
  createCalendarSync,
  createSyncPreferences,
  type SyncPreferenceService,
  SyncQueue,
  type SyncSettings,
} from "@calsync/calendar-sync";
import {
  createIcsService,
  createImapMailbox,
  type IcsService,
  inboxAddressOf,
  type Mailbox,
} from "@calsync/ics";
import { handleJob, type JobRegistration, type ScheduledJob } from "@calsync/jobs";
import {
  type Clock,
  createLogger,
  createOutboundGuard,
  createSecretBox,
  type Logger,
  systemClock,
} from "@calsync/lib";
import { createSmtpTransport, type HostNoticeKind, notificationJobs } from "@calsync/notifications";
import { createPrismaClient, type PrismaClient } from "@calsync/prisma";
import {
  createWebhookService,
  queueWebhook,
  type WebhookDependencies,
  type WebhookService,
  webhookJobs,
  webhookSchedule,
} from "@calsync/webhooks";
import type { ApiEnv } from "./env.ts";
import { cleanUpJob } from "./jobs/clean-up.job.ts";
import { connectRedis, postgresQuotas, redisQuotas } from "./repositories/CallLimitRepository.ts";
import { type AuthService, createAuthService } from "./services/auth.ts";
import { busyLookup } from "./services/busy-lookup.ts";
import { createCallLimiter } from "./services/call-limits/call-limiter.ts";
import { type CleanUpReport, createCleanUp } from "./services/clean-up.ts";
import { createGateway, createProviders, notificationAddress } from "./services/gateway.ts";
import { createHostNews, noticePath } from "./services/host-news.ts";
import { createMetrics, type Metrics } from "./services/metrics.ts";
import { createNotificationSecrets, type NotificationSecrets } from "./services/notification-secrets.ts";
import { checkReadiness, type Readiness } from "./services/readiness.ts";
import { createVisitorLimits, type VisitorLimits } from "./services/visitor-limits/visitor-limits.ts";

/** Everything that a process of the API is made of, put together once. The one place where providers meet features. */
export interface Container {
  readonly env: ApiEnv;
  readonly log: Logger;
  readonly now: Clock;
  readonly prisma: PrismaClient;
  readonly auth: AuthService;
  readonly bookings: BookingService;
  readonly entries: EntryService;
  readonly connections: ConnectionService;
  readonly delegations: DelegationService;
  readonly sync: CalendarSync;
  /** What signs the notifications of providers that notify the installation as a whole. */
  readonly notificationSecrets: NotificationSecrets;
  readonly preferences: SyncPreferenceService;
  /** The sync queue as people see it. */
  readonly queue: SyncQueue;
  /** Deletes what is over its time. */
  cleanUp(): Promise<CleanUpReport>;
  readonly guestTokens: GuestTokens;
  /** What strangers may use from one address, and how often passwords may be tried. */
  readonly visitors: VisitorLimits;
  readonly webhooks: WebhookService;
  /** Calendar files: imports, exports and feeds. */
  readonly ics: IcsService;
  readonly metrics: Metrics;
  /** What a worker runs. */
  readonly jobs: JobRegistration[];
  /** What a worker enqueues by itself. */
  readonly schedule: ScheduledJob[];
  /** Whether cookies go over https only. */
  readonly secureCookie: boolean;
  readiness(): Promise<Readiness>;
  /** Closes the database's connections. */
  close(): Promise<void>;
}

const CLEAN_UP_EVERY_MS = 6 * 3_600_000;

/** How a process, or a test, differs from the others. */
export interface ContainerOptions {
  /** What the process calls itself in its logs and at the database. */
  name: string;
  now?: Clock;
  log?: Logger;
  /** The engine's times and sizes where they are not to be the usual ones. */
  syncSettings?: Partial<SyncSettings>;
  /** How long news for hosts waits for more of its kind, in milliseconds, where that is not to be the usual time. */
  hostNewsSettleMs?: Partial<Record<HostNoticeKind, number>>;
  /** The mailbox to use in place of the one that INBOX_URL names. */
  mailbox?: Mailbox;
  /** A database client to use in place of one of its own, for instance one whose statements are counted. */
  prisma?: PrismaClient;
}

/** Puts everything together. Connects to nothing yet. */
export function createContainer(env: ApiEnv, options: ContainerOptions): Container {
  const { name, now = systemClock } = options;
  const log =
    options.log ?? createLogger({ level: env.LOG_LEVEL, name, pretty: env.NODE_ENV === "development" });
  const prisma =
    options.prisma ??
    createPrismaClient({
      url: env.DATABASE_URL,
      maxConnections: env.DATABASE_POOL_SIZE,
      log,
      applicationName: `calsync ${name}`,
    });
  const metrics = createMetrics(prisma);
  const [currentKey] = env.ENCRYPTION_KEYS;
  if (!currentKey) throw new Error("there is no encryption key");
  const secretBox = createSecretBox({ keys: env.ENCRYPTION_KEYS, current: currentKey.id });
  const guestTokens = createGuestTokens(env.SESSION_SECRET);
  const settleMs = {
    rescheduled: env.MAIL_SETTLE_MS,
    changed: env.MAIL_SETTLE_MS,
    restored: env.MAIL_SETTLE_MS,
    invited: env.MAIL_SETTLE_MS,
    uninvited: env.MAIL_SETTLE_MS,
  };

  const providers = createProviders(env);
  const news = createHostNews({ now, settleMs: options.hostNewsSettleMs ?? {} });
  const credentials = createCredentialStore({
    prisma,
    secretBox,
    now,
    credentialEnded: news.credentialEnded,
  });
  const redis = env.REDIS_URL === undefined ? null : connectRedis(env.REDIS_URL);
  redis?.on("error", (error) =>
    log.warn({ err: error }, "Redis cannot be reached; limits count per process"),
  );
  const store = redis ? redisQuotas(redis) : postgresQuotas(prisma);
  const visitors = createVisitorLimits({
    store,
    readsPerMinute: env.GUEST_READS_PER_MINUTE,
    changesPerHour: env.GUEST_CHANGES_PER_HOUR,
    log,
  });
  const limiter = createCallLimiter({
    store,
    maxWaitMs: env.CALL_LIMIT_MAX_WAIT_MS,
    factor: env.CALL_LIMIT_FACTOR,
    log,
    onHeldUp: (provider, outcome) => metrics.heldUpCalls.inc({ provider, outcome }),
  });
  const notificationSecrets = createNotificationSecrets({ prisma, secretBox, now });
  const gateway = createGateway({
    catalog: providers,
    credentials,
    mappings: (credentialId) => mappingAccess(prisma, credentialId),
    secrets: notificationSecrets,
    metrics,
    limiter,
    now,
    log,
  });
  const sync = createCalendarSync({
    prisma,
    gateway,
    bookingStore: createBookingStore({ settleMs, hostLink: (uid) => manageUrl(env, uid, null) }),
    tellHosts: news.tellHosts,
    tellWebhooks: (tx, asked) => queueWebhook(tx, asked, { now: now() }),
    now,
    log,
    notificationAddress: (provider) => notificationAddress(env, provider),
    settings: {
      freshForMs: env.SYNC_FRESH_FOR_MS,
      freshWhenAnnouncedMs: env.SYNC_FRESH_WHEN_ANNOUNCED_MS,
      backoffBaseMs: env.SYNC_BACKOFF_BASE_MS,
      backoffCeilingMs: env.SYNC_BACKOFF_CEILING_MS,
      pushMaxTries: env.SYNC_PUSH_MAX_TRIES,
      doctorEveryNights: env.SYNC_DOCTOR_EVERY_NIGHTS,
      ...options.syncSettings,
    },
  });
  const inboxAddress = env.INBOX_URL ? addressOfInbox(env, env.INBOX_URL.user) : undefined;
  const ics = createIcsService({
    prisma,
    now,
    inbox:
      env.INBOX_URL && inboxAddress !== undefined
        ? {
            mailbox: options.mailbox ?? createImapMailbox(env.INBOX_URL),
            settings: {
              address: inboxAddress,
              maxMessageOctets: env.INBOX_MAX_MB * 1024 * 1024,
              authority: env.INBOX_AUTHSERV_ID ?? null,
            },
            pollMs: env.INBOX_POLL_MS,
          }
        : undefined,
    settings: { maxFileOctets: env.ICS_MAX_MB * 1024 * 1024 },
    applyAnswers: (tx, hostId, answers) => sync.answersReceived(tx, hostId, answers),
    openHours: async (userId, range) =>
      findHostHours(prisma, userId, range, (await ics.imports.times(userId, range)).open),
    bookingUrl: (uid) => manageUrl(env, uid, null),
    feedUrl: (token) => `${env.WEB_URL}/api/v1/feeds/${token}.ics`,
  });
  const busy = busyLookup(sync, ics);
  const bookingDeps = { prisma, sync, busy, now, log, guestTokens, settleMs };
  const bookings = createBookingService(bookingDeps);
  const entries = createEntryService({ ...bookingDeps, calendarsOf: sync.calendarsOf });
  const connectionOptions: ConnectionServiceOptions = {
    prisma,
    secretBox,
    providers,
    gateway,
    sync,
    now,
    log,
    oauthRedirectUri: (provider) => `${env.WEB_URL}/api/v1/oauth/${provider}/callback`,
    credentialEnded: news.credentialEnded,
  };
  const connections = createConnectionService(connectionOptions);
  const delegations = createDelegationService(connectionOptions);
  const mails = notificationJobs({
    prisma,
    transport: createSmtpTransport({ url: env.SMTP_URL, from: env.MAIL_FROM }),
    manageUrl: ({ uid }, { role, email }) =>
      manageUrl(env, uid, role === "guest" ? guestTokens.tokenFor({ uid, email }) : null),
    providerName: (slug) => providers.list().find((provider) => provider.slug === slug)?.name ?? slug,
    noticeUrl: (kind) => `${env.WEB_URL}${noticePath(kind)}`,
    messageIdDomain: new URL(env.WEB_URL).hostname,
    answerAddress: inboxAddress !== undefined ? ({ uid }) => inboxAddressOf(inboxAddress, uid) : null,
  });
  const webhooks: WebhookDependencies = {
    prisma,
    secretBox,
    guard: createOutboundGuard({ allow: env.OUTBOUND_ALLOW }),
    now,
    settings: {
      maxTries: env.WEBHOOK_MAX_TRIES,
      timeoutMs: env.WEBHOOK_TIMEOUT_MS,
      disableAfterMs: env.WEBHOOK_DISABLE_AFTER_HOURS * 3_600_000,
    },
    tellDisabled: news.webhookDisabled,
  };

  const queue = new SyncQueue({ prisma, now });
  const cleanUp = createCleanUp({ prisma, queue, sync, ics, now });
  const ownJobs = [
    handleJob(cleanUpJob, async () => {
      log.info(await cleanUp(), "cleaned up");
    }),
  ];

  return {
    env,
    log,
    now,
    prisma,
    auth: createAuthService({ prisma, now }),
    bookings,
    entries,
    connections,
    sync,
    preferences: createSyncPreferences({ prisma, now }),
    guestTokens,
    visitors,
    webhooks: createWebhookService(webhooks),
    ics,
    metrics,
    jobs: [...sync.jobs, ...mails, ...webhookJobs(webhooks), ...ics.jobs, ...ownJobs],
    schedule: [
      ...sync.schedule.map((entry) => ({ ...entry, everyMs: env.CRON_INTERVAL_MS })),
      ...webhookSchedule,
      ...ics.schedule,
      { name: "clean-up", job: cleanUpJob, payload: {}, everyMs: CLEAN_UP_EVERY_MS },
    ],
    secureCookie: env.WEB_URL.startsWith("https:"),
    delegations,
    notificationSecrets,
    queue,
    cleanUp,
    readiness: () => checkReadiness(prisma),
    async close() {
      redis?.disconnect();
      await prisma.$disconnect();
    },
  };
}

/** Under which address the mailbox gets its mail, where it is not said. */
function addressOfInbox(env: ApiEnv, user: string): string {
  if (env.INBOX_ADDRESS !== undefined) return env.INBOX_ADDRESS;
  return user.includes("@") ? user : (/<([^<>]+)>\s*$/.exec(env.MAIL_FROM)?.[1] ?? env.MAIL_FROM);
}

/** The web page on which a person sees and changes a booking; a guest's link carries their secret. */
function manageUrl(env: ApiEnv, uid: string, guestToken: string | null): string {
  const url = new URL(`/booking/${uid}`, `${env.WEB_URL}/`);
  if (guestToken !== null) url.searchParams.set("token", guestToken);
  return url.href;
}
