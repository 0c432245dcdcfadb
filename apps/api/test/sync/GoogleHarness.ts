import { randomUUID } from "node:crypto";
import { migrateJobs, runJobsUntilEmpty } from "@calsync/jobs";
import { createLogger, createSecretBox, loadEnv } from "@calsync/lib";
import { type GoogleSandbox, type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import {
  createCredential,
  createEventType,
  createTestDatabase,
  createUser,
  type FixedClock,
  fixedClock,
  type TestDatabase,
} from "@calsync/testing";
import type { FastifyInstance } from "fastify";
import { buildApp } from "../../src/app.ts";
import { type Container, createContainer } from "../../src/container.ts";
import { apiEnv } from "../../src/env.ts";
import { apiEnvironment, GOOGLE_CLIENT } from "../support/api-environment.ts";
import { freePort } from "../support/node-process.ts";

/** A host with a Google account that is connected already, and its primary calendar as destination and selection. */
export interface GoogleHost {
  userId: number;
  username: string;
  slug: string;
  googleEmail: string;
  calendarId: string;
  calendarSyncId: string;
}

/**
 * The whole API over PostgreSQL and the simulated Google: calls and notifications go over HTTP, time stands still until it is
 * told to move. Hosts come and go in one database, which is quicker than a database for each.
 */
export class GoogleHarness {
  readonly clock: FixedClock;
  readonly database: TestDatabase;
  readonly container: Container;
  readonly google: GoogleSandbox;
  readonly #sandbox: Sandbox;
  readonly #app: FastifyInstance;
  #hosts = 0;

  private constructor(parts: {
    clock: FixedClock;
    database: TestDatabase;
    container: Container;
    sandbox: Sandbox;
    app: FastifyInstance;
  }) {
    this.clock = parts.clock;
    this.database = parts.database;
    this.container = parts.container;
    this.google = parts.sandbox.google;
    this.#sandbox = parts.sandbox;
    this.#app = parts.app;
  }

  static async start(): Promise<GoogleHarness> {
    const clock = fixedClock("2030-01-07T08:00:00Z");
    const database = await createTestDatabase();
    await migrateJobs(database.url);
    const sandbox = await startSandbox({ clock, allowHttpCallbacks: true, googleClients: [GOOGLE_CLIENT] });
    sandbox.google.faults.set({ notificationRetryBaseMs: 1, notificationRetries: 1 });
    const apiPort = await freePort();
    const env = loadEnv(
      apiEnv,
      apiEnvironment({ databaseUrl: database.url, googleUrl: sandbox.url, apiPort, smtpPort: 25 }),
    );
    const log = createLogger({ level: "silent", name: "test" });
    const container = createContainer(env, { name: "test", log, now: clock, prisma: database.prisma });
    const app = await buildApp(container);
    await app.listen({ port: apiPort, host: "127.0.0.1" });
    return new GoogleHarness({ clock, database, container, sandbox, app });
  }

  async close(): Promise<void> {
    await this.#app.close();
    await this.#sandbox.close();
    await this.database.drop();
  }

  async host(): Promise<GoogleHost> {
    const { prisma } = this.database;
    const { sync, env } = this.container;
    this.#hosts += 1;
    const googleEmail = `host${this.#hosts}@gmail.test`;
    this.google.createAccount({ email: googleEmail, timeZone: "UTC" });
    const tokens = this.google.issueToken({ email: googleEmail, clientId: GOOGLE_CLIENT.clientId });
    const user = await createUser(prisma, { name: `host${this.#hosts}`, timeZone: "UTC" });
    const { slug } = await createEventType(prisma, {
      userId: user.id,
      durationMinutes: 60,
      minimumNoticeMinutes: 0,
    });
    const credential = await createCredential(prisma, {
      userId: user.id,
      provider: "googlecalendar",
      accountId: randomUUID(),
    });
    const [key] = env.ENCRYPTION_KEYS;
    const box = createSecretBox({ keys: env.ENCRYPTION_KEYS, current: key?.id ?? "" });
    const secret = {
      accessToken: tokens.accessToken,
      accessTokenExpiresAt: tokens.expiresAt,
      refreshToken: tokens.refreshToken,
      scope: tokens.scopes.join(" "),
      grantEndsAt: null,
    };
    const sealed = box.encrypt(JSON.stringify(secret), `credential:${user.id}:googlecalendar`);
    await prisma.credential.update({ where: { id: credential.id }, data: { secret: sealed } });
    const choice = {
      userId: user.id,
      credentialId: credential.id,
      externalCalendarId: googleEmail,
      name: googleEmail,
    };
    const [calendarSyncId = ""] = await prisma.$transaction(async (tx) => {
      await tx.destinationCalendar.create({ data: choice });
      await tx.selectedCalendar.create({ data: choice });
      return sync.ensureCalendarSyncs(tx, [{ ...choice, provider: "googlecalendar" }]);
    });
    await this.tick();
    return {
      userId: user.id,
      username: user.username,
      slug,
      googleEmail,
      calendarId: googleEmail,
      calendarSyncId,
    };
  }

  /** The host is done with: nothing of theirs is worked on any more. */
  async leave({ userId }: GoogleHost): Promise<void> {
    const { prisma } = this.database;
    await prisma.calendarSync.updateMany({ where: { userId }, data: { enabled: false } });
    await prisma.calendarSubscription.updateMany({ data: { nextAttemptAt: null } });
    await prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`;
  }

  /** Waits for notifications that are on their way and runs what is due, until nothing is. Mails stay in their queue. */
  async settle(): Promise<void> {
    const { prisma } = this.database;
    for (let round = 0; round < 20; round++) {
      await this.google.notificationsIdle();
      const runs = await runJobsUntilEmpty(prisma, this.container.sync.jobs, { clock: this.clock });
      if (runs.length === 0) return;
    }
    throw new Error("Notifications and jobs cause each other without end.");
  }

  /** One tick of both crons and all that follows. */
  async tick(): Promise<void> {
    await this.container.sync.runCron("calendar-sync");
    await this.container.sync.runCron("calendar-subscriptions");
    await this.settle();
  }

  /** A guest books. @returns the booking's uid */
  async book(host: GoogleHost, start: Date, guest: string): Promise<string> {
    const { booking } = await this.container.bookings.book({
      username: host.username,
      eventType: host.slug,
      start: start.toISOString(),
      timeZone: "UTC",
      guest: { name: guest, email: `${guest}@guest.test` },
    });
    return booking.uid;
  }
}
