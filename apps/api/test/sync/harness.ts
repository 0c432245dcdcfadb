import {
  type BookingService,
  createBookingService,
  createBookingStore,
  createEntryService,
  createGuestTokens,
  type EntryService,
} from "@calsync/bookings";
import {
  type BookingStore,
  type CalendarSync,
  createCalendarSync,
  type SyncSettings,
} from "@calsync/calendar-sync";
import { type JobRun, runJobsUntilEmpty } from "@calsync/jobs";
import { createLogger } from "@calsync/lib";
import { type MailMessage, notificationJobs, queueHostMails } from "@calsync/notifications";
import type { PrismaClient } from "@calsync/prisma";
import {
  createCredential,
  createEventType,
  createUser,
  type FixedClock,
  fixedClock,
  type TestDatabase,
} from "@calsync/testing";
import {
  MEMORY_CAPABILITIES,
  MemoryCalendar,
  MemoryCalendarServer,
  type MemoryNotification,
  memoryCalendarProvider,
  toNotificationRequest,
} from "@calsync/testing/memory-calendar";
import type { CalendarService, EventTime, ExternalEvent } from "@calsync/types";

/** Monday morning in the tests' world. */
const START = new Date("2030-01-07T08:00:00.000Z");

/** `2030-01-08T10:00Z` and an hour after it. */
export function hourAt(text: string, hours = 1): EventTime {
  const start = new Date(text);
  const end = new Date(start.getTime() + hours * 3_600_000);
  return { allDay: false, start: start.toISOString(), end: end.toISOString(), timeZone: "UTC" };
}

export interface HarnessOptions {
  settings?: Partial<SyncSettings>;
  /** False: providers cannot reach us, so that calendars are polled. */
  reachable?: boolean;
  /** For jitter; always the middle when left out. */
  random?: () => number;
}

/** A weekly series of `count` dates. */
export interface SeriesOfHarness {
  count: number;
  start?: string | undefined;
  guest?: string | undefined;
}

/** One host with bookings, calendars in memory, and the real engine on a real database. */
export class SyncHarness {
  readonly database: TestDatabase;
  readonly prisma: PrismaClient;
  readonly clock: FixedClock;
  readonly server: MemoryCalendarServer;
  readonly sync: CalendarSync;
  readonly bookings: BookingService;
  readonly entries: EntryService;
  readonly mails: MailMessage[] = [];
  readonly notifications: MemoryNotification[] = [];
  /** Stands between the engine and the calendars; a test replaces it to see or change what passes. */
  wrapService: (service: CalendarService) => CalendarService = (service) => service;
  /** Stands between the engine and the bookings. */
  wrapStore: (store: BookingStore) => BookingStore = (store) => store;
  readonly #accounts = new Map<number, string>();
  readonly #mailJobs;

  constructor(database: TestDatabase, options: HarnessOptions = {}) {
    this.database = database;
    this.prisma = database.prisma;
    this.clock = fixedClock(START);
    this.server = new MemoryCalendarServer({
      now: this.clock,
      onNotification: (one) => this.notifications.push(one),
    });
    const provider = memoryCalendarProvider(this.server);
    const log = createLogger({ level: "silent", name: "test" });
    const store = createBookingStore({ hostLink: (uid) => `https://calsync.test/booking/${uid}` });
    this.sync = createCalendarSync({
      prisma: this.prisma,
      gateway: {
        serviceFor: async (id) =>
          this.wrapService(new MemoryCalendar(this.server, this.#accounts.get(id) ?? "unknown")),
        capabilitiesOf: () => MEMORY_CAPABILITIES,
        parseNotification: async (_provider, request) => provider.parseNotification(request),
      },
      bookingStore: {
        loadItems: (...input) => this.wrapStore(store).loadItems(...input),
        applyActions: (...input) => this.wrapStore(store).applyActions(...input),
        ...(store.series ? { series: store.series } : {}),
        checkTimes: async (...input) => (await this.wrapStore(store).checkTimes?.(...input)) ?? [],
      },
      tellHosts: (tx, notices) => queueHostMails(tx, notices, { now: this.clock() }),
      now: this.clock,
      log,
      notificationAddress: () => (options.reachable === false ? null : "https://calsync.test/notifications"),
      settings: options.settings ?? {},
      random: options.random ?? (() => 0.5),
    });
    const guestTokens = createGuestTokens(["a secret of the tests that is long enough"]);
    const bookingDeps = {
      prisma: this.prisma,
      sync: this.sync,
      busy: this.sync.busyIntervals,
      now: this.clock,
      log,
      guestTokens,
    };
    this.bookings = createBookingService(bookingDeps);
    this.entries = createEntryService({ ...bookingDeps, calendarsOf: this.sync.calendarsOf });
    this.#mailJobs = notificationJobs({
      prisma: this.prisma,
      transport: { send: async (message) => void this.mails.push(message) },
      manageUrl: ({ uid }) => `https://calsync.test/booking/${uid}`,
      providerName: () => "Memory calendar",
      noticeUrl: (kind) => `https://calsync.test/${kind}`,
      messageIdDomain: "calsync.test",
    });
  }

  /** A world with one {@link host}, whose calendar has been read for the first time. */
  static async withHost(
    database: TestDatabase,
    options: HarnessOptions = {},
  ): Promise<{ world: SyncHarness; host: Host }> {
    const world = new SyncHarness(database, options);
    const host = await world.host();
    await world.tick();
    return { world, host };
  }

  /** A host with a bookable event type and one connected calendar that bookings are written to. */
  async host(name = "host"): Promise<Host> {
    const user = await createUser(this.prisma, { name, timeZone: "UTC" });
    const eventType = await createEventType(this.prisma, {
      userId: user.id,
      durationMinutes: 60,
      minimumNoticeMinutes: 0,
    });
    const account = `${user.username}@calendar.test`;
    const calendarId = this.server.addCalendar(account, { name: "Work" });
    const host: Host = {
      userId: user.id,
      username: user.username,
      slug: eventType.slug,
      account,
      credentialId: 0,
      calendarId,
      calendarSyncId: "",
    };
    await this.connect(host);
    host.calendarSyncId = await this.useCalendar(host, calendarId, { destination: true, selected: true });
    return host;
  }

  /** Connects the host's account, for the first time or again. */
  async connect(host: Host): Promise<void> {
    const { userId, account } = host;
    const credential = await createCredential(this.prisma, {
      userId,
      provider: "memorycalendar",
      accountId: account,
    });
    this.#accounts.set(credential.id, account);
    host.credentialId = credential.id;
  }

  /** Chooses a calendar as the settings page does. */
  async useCalendar(
    host: Host,
    calendarId: string,
    use: { destination?: boolean; selected?: boolean },
  ): Promise<string> {
    return this.prisma.$transaction(async (tx) => {
      const choice = {
        userId: host.userId,
        credentialId: host.credentialId,
        externalCalendarId: calendarId,
        name: calendarId,
      };
      if (use.destination) await tx.destinationCalendar.create({ data: choice });
      if (use.selected) await tx.selectedCalendar.create({ data: choice });
      const [id] = await this.sync.ensureCalendarSyncs(tx, [{ ...choice, provider: "memorycalendar" }]);
      return id ?? "";
    });
  }

  /** A guest books the host. @returns the booking's uid */
  async book(host: Host, start: string, guest = "ann"): Promise<string> {
    const { booking } = await this.bookings.book({
      username: host.username,
      eventType: host.slug,
      start: new Date(start).toISOString(),
      timeZone: "UTC",
      guest: { name: guest, email: `${guest}@guest.test` },
    });
    return booking.uid;
  }

  /** Event types may be booked every week, and a year ahead. */
  async allowSeries(): Promise<void> {
    await this.prisma.eventType.updateMany({
      data: { recurrenceFrequency: "WEEKLY", maximumDaysAhead: 365 },
    });
  }

  /** A guest books a weekly series, from Tuesday 8 January 2030, 10:00 on if not said otherwise. @returns the bookings' uids in order */
  async bookSeries(host: Host, series: SeriesOfHarness): Promise<string[]> {
    return (await this.bookSeriesWithTokens(host, series)).map(({ uid }) => uid);
  }

  /** As {@link bookSeries}, with what the guest holds. */
  async bookSeriesWithTokens(
    host: Host,
    { count, start = "2030-01-08T10:00:00.000Z", guest = "ann" }: SeriesOfHarness,
  ): Promise<{ uid: string; guestToken: string }[]> {
    const { occurrences } = await this.bookings.book({
      username: host.username,
      eventType: host.slug,
      start,
      timeZone: "UTC",
      guest: { name: guest, email: `${guest}@guest.test` },
      recurrence: { count },
    });
    return occurrences ?? [];
  }

  /** A booking whose event stands in the host's calendar. */
  async booked(host: Host, start: string, guest?: string): Promise<{ uid: string; eventId: string }> {
    const uid = await this.book(host, start, guest);
    await this.settle();
    return { uid, eventId: (await this.eventOf(uid, host.calendarId)).id };
  }

  /**
   * Lets ten seconds pass (mails about moves wait a little), delivers the notifications that calendars have sent, and runs
   * all jobs that are due.
   */
  async settle(): Promise<JobRun[]> {
    this.clock.advance({ seconds: 1 });
    const runs: JobRun[] = await this.runJobs();
    this.clock.advance({ seconds: 9 });
    do {
      for (const one of this.notifications.splice(0))
        await this.sync.handleNotification("memorycalendar", toNotificationRequest(one));
      runs.push(...(await this.runJobs()));
    } while (this.notifications.length > 0);
    return runs;
  }

  /** Lets the waiting jobs run until nothing is due any more. */
  async rest(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.settle();
  }

  runJobs(): Promise<JobRun[]> {
    return runJobsUntilEmpty(this.prisma, [...this.sync.jobs, ...this.#mailJobs], { clock: this.clock });
  }

  /** One tick of both crons and all that follows. */
  async tick(): Promise<void> {
    await this.sync.runCron("calendar-sync");
    await this.sync.runCron("calendar-subscriptions");
    await this.settle();
  }

  /** Asks for a pull and runs it. */
  async pull(host: Host): Promise<JobRun[]> {
    await this.sync.requestPull([host.calendarSyncId]);
    return this.settle();
  }

  /** Pulls one calendar now, with what the provider has announced forgotten, and runs no other job. */
  async pullOnly(calendarSyncId: string): Promise<void> {
    this.notifications.splice(0);
    await this.sync.requestPull([calendarSyncId]);
    await this.runPullJob(calendarSyncId);
  }

  /** What the worker does for a calendar that is to be pulled. @throws RetryLater when another worker has it */
  async runPullJob(calendarSyncId: string): Promise<void> {
    const pull = this.sync.jobs.find(({ job }) => job.name === "pull-calendar");
    if (!pull) throw new Error("there is no job that pulls");
    await pull.handler({ calendarSyncId } as never, {} as never);
  }

  /** What is kept of a calendar. */
  calendarSync({ calendarSyncId }: Pick<Host, "calendarSyncId">) {
    return this.prisma.calendarSync.findUniqueOrThrow({ where: { id: calendarSyncId } });
  }

  async booking(uid: string) {
    return this.prisma.booking.findUniqueOrThrow({
      where: { uid },
      include: { attendees: true, references: true },
    });
  }

  /** The event that stands for a booking in a calendar. */
  async eventOf(uid: string, calendarId: string): Promise<ExternalEvent> {
    const { references } = await this.booking(uid);
    const found = this.server
      .events(calendarId)
      .find((event) => references.some((one) => one.externalEventId === event.id));
    if (!found) throw new Error(`booking ${uid} has no event in ${calendarId}`);
    return found;
  }

  /** Events that are not cancelled. */
  liveEvents(calendarId: string): ExternalEvent[] {
    return this.server.events(calendarId).filter((event) => event.status !== "cancelled");
  }

  async reasons(uid: string): Promise<string[]> {
    const records = await this.prisma.changeRecord.findMany({
      where: { booking: { uid } },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
    });
    return records.map((record) => record.reason);
  }
}

export interface Host {
  userId: number;
  username: string;
  slug: string;
  account: string;
  credentialId: number;
  calendarId: string;
  calendarSyncId: string;
}
