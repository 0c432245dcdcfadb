import { createLogger } from "@calsync/lib";
import { type FixedClock, fixedClock } from "@calsync/testing";
import {
  MEMORY_CAPABILITIES,
  MemoryCalendar,
  MemoryCalendarServer,
  type MemoryNotification,
  memoryCalendarProvider,
  toNotificationRequest,
} from "@calsync/testing/memory-calendar";
import { chosen } from "@calsync/testing/model";
import type { CalendarEvent, CalendarService, ExternalEvent } from "@calsync/types";
import { type CalendarSync, createCalendarSync } from "../create-calendar-sync.ts";
import type { BookingStore, SeriesStore } from "../ports/BookingStore.ts";
import { MemoryBookings } from "./MemoryBookings.ts";
import { MemoryDatabase, type MemoryDatabaseOptions } from "./MemoryDatabase.ts";
import { MemorySeries } from "./MemorySeries.ts";
import { type MemoryJobRun, MemoryJobs } from "./memory-jobs.ts";
import { memoryRepositories } from "./memory-repositories.ts";

const PROVIDER = "memorycalendar";
const HOST_ID = 1;
const CREDENTIAL_ID = 1;
const ACCOUNT = "host@calendar.test";
/** One for all worlds, because making a logger takes a good part of the time of a history. */
const SILENT = createLogger({ level: "silent", name: "model" });

/** A calendar of the world's host. */
export interface WorldCalendar {
  /** At the provider. */
  calendarId: string;
  calendarSyncId: string;
}

/** How the world of the engine's tests differs from the usual one. */
export interface EngineWorldOptions extends MemoryDatabaseOptions {
  /** The provider keeps descriptions in its own way (HTML), as several do. */
  ownSpelling?: boolean;
}

/** The whole engine in memory: real services, jobs and crons over twins of its repositories, and calendars in memory. */
export class EngineWorld {
  readonly options: EngineWorldOptions;
  readonly hostId = HOST_ID;
  /** Our own clock, and the database's. */
  readonly clock: FixedClock = fixedClock();
  /** How far the provider's clock is ahead of ours. */
  skewMs = 0;
  readonly server: MemoryCalendarServer;
  readonly db: MemoryDatabase;
  readonly bookings: MemoryBookings;
  readonly series: MemorySeries;
  readonly sync: CalendarSync;
  readonly jobs: MemoryJobs;
  readonly calendars: WorldCalendar[] = [];
  /** Sent by the provider, not delivered yet. */
  notifications: MemoryNotification[] = [];

  constructor(options: EngineWorldOptions = {}) {
    this.options = options;
    this.server = new MemoryCalendarServer({
      now: () => new Date(this.clock().getTime() + this.skewMs),
      onNotification: (one) => this.notifications.push(one),
    });
    this.db = new MemoryDatabase(this.clock, options);
    this.bookings = new MemoryBookings(this.db);
    this.series = new MemorySeries(this.db);
    const store = this.db.repository<BookingStore>("bookings", this.bookings);
    const provider = memoryCalendarProvider(this.server);
    const calendar = new MemoryCalendar(this.server, ACCOUNT);
    const service = options.ownSpelling ? withOwnSpelling(calendar) : calendar;
    this.server.faults.hook = () => this.db.moment();
    this.sync = createCalendarSync({
      prisma: this.db.prisma,
      gateway: {
        serviceFor: async () => service,
        capabilitiesOf: () => MEMORY_CAPABILITIES,
        parseNotification: async (_provider, request) => provider.parseNotification(request),
      },
      bookingStore: {
        loadItems: (...input) => store.loadItems(...input),
        applyActions: (...input) => store.applyActions(...input),
        series: this.db.repository<SeriesStore>("series", this.series),
      },
      repositories: memoryRepositories(this.db),
      now: this.clock,
      log: SILENT,
      notificationAddress: () => "https://calsync.test/notifications",
      // A worker's heart beats in real time, and a history takes none.
      settings: { leaseHeartbeatMs: 3_600_000, pageSize: 3, pushBatchSize: 3 },
      random: () => 0.5,
    });
    this.jobs = new MemoryJobs(this.db, this.sync.jobs, SILENT);
  }

  /** Connects the host's account with so many calendars, of which the first `destinations` are written to. */
  async connect(calendars: number, destinations: number): Promise<void> {
    this.db.tables.credentials.set(CREDENTIAL_ID, { id: CREDENTIAL_ID, userId: HOST_ID, active: true });
    for (let index = 0; index < calendars; index++) {
      const calendarId = this.server.addCalendar(ACCOUNT);
      const calendarSyncId = await this.#ensure(calendarId);
      this.calendars.push({ calendarId, calendarSyncId });
      this.db.tables.selections.set(calendarSyncId, { userId: HOST_ID, calendarSyncId });
      if (index < destinations)
        this.db.tables.destinations.set(calendarSyncId, { userId: HOST_ID, calendarSyncId });
    }
    await this.tick();
  }

  /** The host chooses where bookings are written from now on. */
  async chooseDestination(calendar: WorldCalendar): Promise<void> {
    const { calendarSyncId } = calendar;
    await this.db.prisma.$transaction(async (tx) => {
      this.db.tables.destinations.clear();
      this.db.tables.destinations.set(calendarSyncId, { userId: HOST_ID, calendarSyncId });
      await this.sync.destinationChosen(tx, HOST_ID);
    });
  }

  /** Delivers what the provider has sent, in the order given, and runs what is due; again while there is more. */
  async settle(): Promise<MemoryJobRun[]> {
    const runs: MemoryJobRun[] = [];
    do {
      for (const one of this.notifications.splice(0))
        await this.sync.handleNotification(PROVIDER, toNotificationRequest(one));
      runs.push(...(await this.jobs.runDue()));
    } while (this.notifications.length > 0);
    return runs;
  }

  /** One tick of both crons and all that follows. */
  async tick(): Promise<MemoryJobRun[]> {
    await this.sync.runCron("calendar-sync");
    await this.sync.runCron("calendar-subscriptions");
    return this.settle();
  }

  /** The calendar that a number chooses. */
  calendarAt(index: number): WorldCalendar {
    const found = chosen(this.calendars, index);
    if (!found) throw new Error("The world has no calendar.");
    return found;
  }

  /** Events of a calendar that are not cancelled. */
  events({ calendarId }: WorldCalendar): ExternalEvent[] {
    return this.server.events(calendarId);
  }

  /** Ends the history: nothing is stored from now on, and what dead workers have left behind goes. */
  async end(): Promise<void> {
    this.db.close();
    this.server.faults.clear();
    await this.jobs.bury();
  }

  async #ensure(calendarId: string): Promise<string> {
    const target = {
      userId: HOST_ID,
      credentialId: CREDENTIAL_ID,
      provider: PROVIDER,
      externalCalendarId: calendarId,
      name: calendarId,
    };
    const [id] = await this.db.prisma.$transaction((tx) => this.sync.ensureCalendarSyncs(tx, [target]));
    if (id === undefined) throw new Error("No CalendarSync was made.");
    return id;
  }
}

function withOwnSpelling(calendar: MemoryCalendar): CalendarService {
  const spelt = (event: CalendarEvent): CalendarEvent => ({
    ...event,
    description: event.description.startsWith("<p>") ? event.description : `<p>${event.description}</p>`,
  });
  return new Proxy<CalendarService>(calendar, {
    get(target, name) {
      if (name === "createEvent")
        return (id: string, event: CalendarEvent, key: string) => target.createEvent(id, spelt(event), key);
      if (name === "updateEvent") {
        return (...[ref, event, version]: Parameters<CalendarService["updateEvent"]>) =>
          target.updateEvent(ref, spelt(event), version);
      }
      const member = target[name as keyof CalendarService];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
