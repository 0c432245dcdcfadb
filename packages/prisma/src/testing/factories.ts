import { randomUUID } from "node:crypto";
import type { PrismaTransaction } from "../client.ts";
import type {
  Attendee,
  Booking,
  BookingReference,
  CalendarSubscription,
  CalendarSync,
  Credential,
  DestinationCalendar,
  EventType,
  Prisma,
  Schedule,
  SelectedCalendar,
  User,
} from "../generated/client.ts";

/*
 * Rows for tests: each function makes one row with whatever it needs above it, and every default is unique, so that a test
 * states only what it is about. `overrides` are columns.
 */

let count = 0;
/** A number that no other row of this process has. */
const next = () => ++count;

/** A Monday in the future of every test, 09:00 UTC; bookings are placed here unless told otherwise. */
export const FACTORY_START = new Date("2030-01-07T09:00:00Z");

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A user with a name and address of their own. */
export async function createUser(
  db: PrismaTransaction,
  overrides: Partial<Prisma.UserUncheckedCreateInput> = {},
): Promise<User> {
  const name = `user-${process.pid}-${next()}`;
  return db.user.create({ data: { email: `${name}@calsync.test`, name, username: name, ...overrides } });
}

/** Open from Monday to Friday, 09:00 to 17:00. */
export async function createSchedule(
  db: PrismaTransaction,
  overrides: Partial<Prisma.ScheduleUncheckedCreateInput> = {},
): Promise<Schedule> {
  const userId = overrides.userId ?? (await createUser(db)).id;
  return db.schedule.create({
    data: {
      name: "Working hours",
      timeZone: "UTC",
      availability: { create: [{ days: [1, 2, 3, 4, 5], startMinute: 540, endMinute: 1020 }] },
      ...overrides,
      userId,
    },
  });
}

/** 60 minutes, one guest, no buffers. Without a `scheduleId` it gets a schedule (null for none). */
export async function createEventType(
  db: PrismaTransaction,
  overrides: Partial<Prisma.EventTypeUncheckedCreateInput> = {},
): Promise<EventType> {
  const userId = overrides.userId ?? (await createUser(db)).id;
  const scheduleId =
    overrides.scheduleId === undefined ? (await createSchedule(db, { userId })).id : overrides.scheduleId;
  return db.eventType.create({
    data: {
      title: "Meeting",
      slug: `meeting-${next()}`,
      durationMinutes: 60,
      ...overrides,
      userId,
      scheduleId,
    },
  });
}

/** Options of createBooking beside the columns. */
export interface BookingFactoryOptions {
  /** Also makes these attendees, each with a seat; default one guest. */
  guests?: string[];
}

/**
 * An accepted booking of one hour at FACTORY_START with one guest. Each further one with the same host must say when:
 * the database keeps guests apart. `occupied…` follows `startTime` and `endTime` unless given.
 */
export async function createBooking(
  db: PrismaTransaction,
  overrides: Partial<Prisma.BookingUncheckedCreateInput> = {},
  options: BookingFactoryOptions = {},
): Promise<Booking & { attendees: Attendee[] }> {
  const hostId = overrides.hostId ?? (await createUser(db)).id;
  const startTime = new Date(overrides.startTime ?? FACTORY_START);
  const endTime = new Date(overrides.endTime ?? startTime.getTime() + HOUR);
  const guests = options.guests ?? [`guest-${next()}@calsync.test`];
  const uid = randomUUID();
  return db.booking.create({
    data: {
      uid,
      title: "Meeting",
      timeZone: "UTC",
      occupiedStart: startTime,
      occupiedEnd: endTime,
      iCalUid: `${uid}@calsync.test`,
      seats: Math.max(1, guests.length),
      seatsTaken: guests.length,
      attendees: { create: guests.map((email) => ({ email, name: email.split("@")[0] ?? email })) },
      ...overrides,
      hostId,
      startTime,
      endTime,
    },
    include: { attendees: true },
  });
}

/** An account whose secret is no real one; give `secret` from a SecretBox where it is opened. */
export async function createCredential(
  db: PrismaTransaction,
  overrides: Partial<Prisma.CredentialUncheckedCreateInput> = {},
): Promise<Credential> {
  const userId = overrides.userId ?? (await createUser(db)).id;
  const account = `account-${next()}`;
  return db.credential.create({
    data: {
      provider: "memory",
      accountId: account,
      accountEmail: `${account}@calendar.test`,
      secret: "test.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA.AAAA",
      ...overrides,
      userId,
    },
  });
}

/** A calendar kept in step, of a new credential unless `credentialId` is given. */
export async function createCalendarSync(
  db: PrismaTransaction,
  overrides: Partial<Prisma.CalendarSyncUncheckedCreateInput> = {},
): Promise<CalendarSync> {
  const credential = await credentialOf(db, overrides);
  const calendar = `calendar-${next()}`;
  return db.calendarSync.create({
    data: {
      provider: credential.provider,
      externalCalendarId: calendar,
      name: calendar,
      ...overrides,
      userId: credential.userId,
      credentialId: credential.id,
    },
  });
}

/** A calendar that is read for busy times, with its CalendarSync. */
export async function createSelectedCalendar(
  db: PrismaTransaction,
  overrides: Partial<Prisma.SelectedCalendarUncheckedCreateInput> = {},
): Promise<SelectedCalendar> {
  return db.selectedCalendar.create({ data: await choiceOf(db, overrides) });
}

/** A calendar that bookings are written to (the user's default unless `eventTypeId` is given), with its CalendarSync. */
export async function createDestinationCalendar(
  db: PrismaTransaction,
  overrides: Partial<Prisma.DestinationCalendarUncheckedCreateInput> = {},
): Promise<DestinationCalendar> {
  return db.destinationCalendar.create({ data: await choiceOf(db, overrides) });
}

/** A booking's event in a calendar, as after a first successful push; give both ids or let them be made. */
export async function createReference(
  db: PrismaTransaction,
  overrides: Partial<Prisma.BookingReferenceUncheckedCreateInput> = {},
): Promise<BookingReference> {
  const bookingId = overrides.bookingId ?? (await createBooking(db)).id;
  const calendarSyncId =
    overrides.calendarSyncId ??
    (
      await createCalendarSync(db, {
        userId: (await db.booking.findUniqueOrThrow({ where: { id: bookingId } })).hostId,
      })
    ).id;
  return db.bookingReference.create({
    data: {
      externalEventId: `event-${next()}`,
      version: '"1"',
      status: "SYNCED",
      ...overrides,
      bookingId,
      calendarSyncId,
    },
  });
}

/** A push channel that is active for a week; the CalendarSync names it as its current one. */
export async function createSubscription(
  db: PrismaTransaction,
  overrides: Partial<Prisma.CalendarSubscriptionUncheckedCreateInput> = {},
): Promise<CalendarSubscription> {
  const calendarSync =
    overrides.calendarSyncId === undefined
      ? await createCalendarSync(db)
      : await db.calendarSync.findUniqueOrThrow({ where: { id: overrides.calendarSyncId } });
  const now = Date.now();
  const expiresAt = new Date(now + 7 * 24 * HOUR);
  const subscription = await db.calendarSubscription.create({
    data: {
      provider: calendarSync.provider,
      status: "ACTIVE",
      providerSubscriptionId: `subscription-${process.pid}-${next()}`,
      activatedAt: new Date(now),
      expiresAt,
      nextAttemptAt: new Date(expiresAt.getTime() - 60 * MINUTE),
      ...overrides,
      calendarSyncId: calendarSync.id,
    },
  });
  await db.calendarSync.update({
    where: { id: calendarSync.id },
    data: { currentSubscriptionId: subscription.id },
  });
  return subscription;
}

async function credentialOf(
  db: PrismaTransaction,
  { credentialId, userId, provider }: { credentialId?: number; userId?: number; provider?: string },
): Promise<Credential> {
  if (credentialId !== undefined) return db.credential.findUniqueOrThrow({ where: { id: credentialId } });
  return createCredential(db, {
    ...(userId === undefined ? {} : { userId }),
    ...(provider === undefined ? {} : { provider }),
  });
}

/** Columns that both kinds of choice have, from a CalendarSync that is given, found, or made. */
async function choiceOf<T extends Partial<Prisma.SelectedCalendarUncheckedCreateInput>>(
  db: PrismaTransaction,
  overrides: T,
) {
  const { calendarSyncId, externalCalendarId } = overrides;
  let sync: CalendarSync;
  if (typeof calendarSyncId === "string") {
    sync = await db.calendarSync.findUniqueOrThrow({ where: { id: calendarSyncId } });
  } else {
    const { id, provider } = await credentialOf(db, overrides);
    const known =
      externalCalendarId === undefined
        ? null
        : await db.calendarSync.findFirst({ where: { credentialId: id, externalCalendarId } });
    sync =
      known ??
      (await createCalendarSync(db, {
        credentialId: id,
        provider,
        ...(externalCalendarId === undefined ? {} : { externalCalendarId }),
      }));
  }
  return {
    name: sync.name,
    ...overrides,
    userId: sync.userId,
    credentialId: sync.credentialId,
    externalCalendarId: sync.externalCalendarId,
    calendarSyncId: calendarSyncId === null ? null : sync.id,
  };
}
