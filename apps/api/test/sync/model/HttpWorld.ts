import { migrateJobs, runJobsUntilEmpty } from "@calsync/jobs";
import { createLogger, createSecretBox, loadEnv } from "@calsync/lib";
import {
  createCredential,
  createEventType,
  createTestDatabase,
  createUser,
  type FixedClock,
  fixedClock,
  freePort,
  type TestDatabase,
} from "@calsync/testing";
import { chosen } from "@calsync/testing/model";
import type { FastifyInstance } from "fastify";
import { buildApp } from "../../../src/app.ts";
import { type Container, createContainer } from "../../../src/container.ts";
import { apiEnv } from "../../../src/env.ts";
import { apiEnvironment } from "../../support/api-environment.ts";
import type { SideCalendar } from "../../support/equal-sides.ts";
import type { RemoteCalendar, RemoteCalendars, RemoteEvent, StartRemote } from "../remote/RemoteCalendars.ts";
import { MortalClient } from "./MortalClient.ts";

/** A calendar of a host, out there and here. */
export interface HttpCalendar extends RemoteCalendar {
  remote: RemoteCalendars;
  credentialId: number;
  calendarSyncId: string;
}

/** A host with accounts that are connected already. */
export interface HttpHost {
  userId: number;
  username: string;
  slug: string;
  /** All of them are read; by turns one of each provider. */
  calendars: HttpCalendar[];
}

/** How many calendars a host has at each provider, and to how many of all these bookings are written. */
export interface HostShape {
  calendars: number;
  destinations: number;
}

/**
 * The whole API over PostgreSQL and providers: calls and notifications go over HTTP, time stands still until it is told to move,
 * and the worker can die. Hosts come and go in one database, which is quicker than a database for each.
 */
export class HttpWorld {
  readonly clock: FixedClock;
  readonly database: TestDatabase;
  /** What answers people and notifications. */
  readonly container: Container;
  readonly remotes: readonly RemoteCalendars[];
  /** What a worker remembers dies with it. */
  #worker: Container;
  readonly #newWorker: () => Container;
  readonly #mortal: MortalClient;
  readonly #app: FastifyInstance;
  #hosts = 0;

  private constructor(parts: {
    clock: FixedClock;
    database: TestDatabase;
    container: Container;
    newWorker: () => Container;
    mortal: MortalClient;
    remotes: readonly RemoteCalendars[];
    app: FastifyInstance;
  }) {
    this.clock = parts.clock;
    this.database = parts.database;
    this.container = parts.container;
    this.remotes = parts.remotes;
    this.#newWorker = parts.newWorker;
    this.#worker = parts.newWorker();
    this.#mortal = parts.mortal;
    this.#app = parts.app;
  }

  /** @param starts each provider once; a host has an account at each of them */
  static async start(starts: readonly StartRemote[]): Promise<HttpWorld> {
    const clock = fixedClock("2030-01-07T08:00:00Z");
    const database = await createTestDatabase();
    await migrateJobs(database.url);
    const remotes = await Promise.all(starts.map((start) => start(clock)));
    const apiPort = await freePort();
    const env = loadEnv(
      apiEnv,
      Object.assign(
        apiEnvironment({ databaseUrl: database.url, apiPort, smtpPort: 25 }),
        ...remotes.map(({ environment }) => environment),
      ),
    );
    const log = createLogger({ level: "silent", name: "test" });
    const shared = { log, now: clock };
    const container = createContainer(env, { ...shared, name: "api", prisma: database.prisma });
    const mortal = new MortalClient(database.prisma);
    const newWorker = () =>
      createContainer(env, {
        ...shared,
        name: "worker",
        prisma: mortal.prisma,
        // A worker's heart beats in real time, and a history takes none.
        syncSettings: { leaseHeartbeatMs: 3_600_000 },
      });
    const app = await buildApp(container);
    await app.listen({ port: apiPort, host: "127.0.0.1" });
    return new HttpWorld({ clock, database, container, newWorker, mortal, remotes, app });
  }

  async close(): Promise<void> {
    await this.#app.close();
    await Promise.all(this.remotes.map((remote) => remote.close()));
    await this.database.drop();
  }

  async host({ calendars, destinations }: HostShape): Promise<HttpHost> {
    const { prisma } = this.database;
    const { sync } = this.container;
    this.#hosts += 1;
    const name = `host${this.#hosts}`;
    const user = await createUser(prisma, { name, timeZone: "UTC" });
    const { slug } = await createEventType(prisma, {
      userId: user.id,
      durationMinutes: 60,
      minimumNoticeMinutes: 0,
    });
    const columns: HttpCalendar[][] = [];
    for (const remote of this.remotes) columns.push(await this.#connect(user.id, name, remote, calendars));
    const all = Array.from({ length: calendars }, (_, row) =>
      columns.flatMap((column) => column[row] ?? []),
    ).flat();
    await prisma.$transaction(async (tx) => {
      for (const [index, calendar] of all.entries()) {
        const choice = choiceOf(user.id, calendar);
        if (index < destinations) await tx.destinationCalendar.create({ data: choice });
        await tx.selectedCalendar.create({ data: choice });
        const target = { ...choice, provider: calendar.remote.provider };
        calendar.calendarSyncId = (await sync.ensureCalendarSyncs(tx, [target]))[0] ?? "";
      }
    });
    await this.tick();
    return { userId: user.id, username: user.username, slug, calendars: all };
  }

  /** The host chooses where bookings are written from now on. */
  async chooseDestination({ userId }: HttpHost, calendar: HttpCalendar): Promise<void> {
    const data = choiceOf(userId, calendar);
    await this.database.prisma.$transaction(async (tx) => {
      await tx.destinationCalendar.deleteMany({ where: { userId } });
      await tx.destinationCalendar.create({
        data: { ...data, calendarSyncId: calendar.calendarSyncId },
      });
      await this.container.sync.destinationChosen(tx, userId);
    });
  }

  /** The host is done with: nothing of theirs is worked on any more. */
  async leave({ userId }: HttpHost): Promise<void> {
    const { prisma } = this.database;
    this.#mortal.spare();
    await prisma.calendarSync.updateMany({ where: { userId }, data: { enabled: false } });
    await prisma.calendarSubscription.updateMany({ data: { nextAttemptAt: null } });
    await prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`;
  }

  /** The worker that runs next dies after so many moments, if it comes that far. */
  strikeAfter(moments: number): void {
    this.#mortal.dieAfter(moments);
  }

  /** Nobody dies any more. */
  spare(): void {
    this.#mortal.spare();
  }

  /** Waits for notifications that are on their way and runs what is due, until nothing is. Mails stay in their queue. */
  async settle(): Promise<void> {
    const { prisma } = this.database;
    for (let round = 0; round < 20; round++) {
      for (const remote of this.remotes) await remote.notificationsIdle();
      let runs = 0;
      const died = await this.#mortal.live(async () => {
        runs = (await runJobsUntilEmpty(prisma, this.#worker.sync.jobs, { clock: this.clock })).length;
      });
      if (died) await this.#bury();
      else if (runs === 0) return;
    }
    throw new Error("Notifications and jobs cause each other without end.");
  }

  /** One tick of both crons and all that follows. */
  async tick(): Promise<void> {
    await this.#worker.sync.runCron("calendar-sync");
    await this.#worker.sync.runCron("calendar-subscriptions");
    await this.settle();
  }

  /** A guest books. @returns the booking's uid, and the secret with which the guest comes back to it */
  async book(host: HttpHost, start: Date, guest: string): Promise<{ uid: string; guestToken: string }> {
    const { booking, guestToken } = await this.container.bookings.book({
      username: host.username,
      eventType: host.slug,
      start: start.toISOString(),
      timeZone: "UTC",
      guest: { name: guest, email: `${guest}@guest.test` },
    });
    return { uid: booking.uid, guestToken };
  }

  /** The calendar that a number chooses. */
  calendarAt({ calendars }: HttpHost, index: number): HttpCalendar {
    const found = chosen(calendars, index);
    if (!found) throw new Error("The host has no calendar.");
    return found;
  }

  /** Events of a calendar that are not in the bin. */
  async liveEvents(calendar: HttpCalendar): Promise<RemoteEvent[]> {
    return (await calendar.remote.events(calendar)).filter(({ deleted }) => !deleted);
  }

  /** What each calendar of the host holds now. */
  async sides({ calendars }: HttpHost): Promise<SideCalendar[]> {
    return Promise.all(
      calendars.map(async (calendar) => ({
        calendarSyncId: calendar.calendarSyncId,
        events: await calendar.remote.events(calendar),
      })),
    );
  }

  /** Another worker starts, so much later that the dead one's calendars and jobs are free again. */
  async #bury(): Promise<void> {
    const { prisma } = this.database;
    this.#worker = this.#newWorker();
    await prisma.calendarSync.updateMany({ data: { leaseOwner: null, leaseUntil: null } });
    await prisma.$executeRaw`
      UPDATE graphile_worker._private_jobs SET "locked_at" = NULL, "locked_by" = NULL, "attempts" = 0
       WHERE "locked_at" IS NOT NULL`;
  }

  async #connect(
    userId: number,
    name: string,
    remote: RemoteCalendars,
    calendars: number,
  ): Promise<HttpCalendar[]> {
    const { prisma } = this.database;
    const account = await remote.openAccount(name, calendars);
    const { provider } = remote;
    const credential = await createCredential(prisma, { userId, provider, accountId: account.accountId });
    const { ENCRYPTION_KEYS: keys } = this.container.env;
    const box = createSecretBox({ keys, current: keys[0]?.id ?? "" });
    const secret = box.encrypt(JSON.stringify(account.secret), `credential:${userId}:${provider}`);
    await prisma.credential.update({ where: { id: credential.id }, data: { secret } });
    return account.calendarIds.map((calendarId) => ({
      remote,
      account,
      calendarId,
      credentialId: credential.id,
      calendarSyncId: "",
    }));
  }
}

function choiceOf(userId: number, { credentialId, calendarId }: HttpCalendar) {
  return { userId, credentialId, externalCalendarId: calendarId, name: calendarId };
}
