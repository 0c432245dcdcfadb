import type { Prisma, PrismaTransaction } from "@calsync/prisma";
import type { Interval } from "@calsync/types";
import type { Sql } from "./BookingRepository.ts";

const ENTRY = {
  attendees: { where: { expected: true }, orderBy: { id: "asc" } },
  references: {
    where: { detachedAt: null },
    select: {
      status: true,
      lastError: true,
      calendarSync: { select: { id: true, name: true, provider: true } },
    },
    orderBy: { createdAt: "asc" },
  },
} satisfies Prisma.BookingInclude;

/** A host's own entry with those who take part and where it stands. */
export type EntryRow = Prisma.BookingGetPayload<{ include: typeof ENTRY }>;

/** What a new entry is made of. */
export interface NewEntry {
  uid: string;
  hostId: number;
  title: string;
  description: string;
  location: string;
  time: Interval;
  timeZone: string;
  allDay: boolean;
  iCalUid: string;
  idempotencyKey: string | null;
  attendees: readonly EntryAttendee[];
  createdAt: Date;
}

/** Whom a host has put on their own entry. */
export interface EntryAttendee {
  email: string;
  name: string;
  timeZone: string;
}

/** New values; what is left out stays. */
export interface EntryChanges {
  title?: string;
  description?: string;
  location?: string;
  time?: Interval & { timeZone: string; allDay: boolean };
  status?: "CANCELLED";
  /** How many take part from now on. */
  attendees?: number;
}

/** Every query is scoped by the host. */
export async function findEntry(sql: Sql, hostId: number, uid: string): Promise<EntryRow | null> {
  return sql.booking.findFirst({ where: { uid, hostId, kind: "ENTRY" }, include: ENTRY });
}

/** Locks an entry until the transaction ends and reads it as it then is. */
export async function lockEntry(
  tx: PrismaTransaction,
  hostId: number,
  uid: string,
): Promise<EntryRow | null> {
  await tx.$queryRaw`
    SELECT 1 AS "locked" FROM "Booking"
    WHERE "uid" = ${uid}::uuid AND "hostId" = ${hostId} AND "kind" = 'ENTRY' FOR NO KEY UPDATE`;
  return findEntry(tx, hostId, uid);
}

/** The entry that an earlier request with the same key has made. */
export async function findEntryByKey(
  sql: Sql,
  hostId: number,
  idempotencyKey: string,
): Promise<EntryRow | null> {
  return sql.booking.findFirst({ where: { idempotencyKey, hostId, kind: "ENTRY" }, include: ENTRY });
}

/** A host's active entries that touch a range, in order of start. */
export async function findEntries(sql: Sql, hostId: number, range: Interval): Promise<EntryRow[]> {
  return sql.booking.findMany({
    where: {
      hostId,
      kind: "ENTRY",
      status: { in: ["PENDING", "ACCEPTED"] },
      endTime: { gt: range.start },
      startTime: { lt: range.end },
    },
    include: ENTRY,
    orderBy: [{ startTime: "asc" }, { id: "asc" }],
  });
}

/** The zone that the host's entries are in unless they say otherwise. */
export async function zoneOf(sql: Sql, hostId: number): Promise<string> {
  const { timeZone } = await sql.user.findUniqueOrThrow({
    where: { id: hostId },
    select: { timeZone: true },
  });
  return timeZone;
}

/** Inserts an entry. It is where its host wants it: it may overlap, and guests may not take its time. @returns its id */
export async function insertEntry(tx: PrismaTransaction, entry: NewEntry): Promise<number> {
  const { time, attendees, ...fields } = entry;
  const { id } = await tx.booking.create({
    data: {
      ...fields,
      kind: "ENTRY",
      hostPlaced: true,
      startTime: time.start,
      endTime: time.end,
      occupiedStart: time.start,
      occupiedEnd: time.end,
      seats: Math.max(1, attendees.length),
      seatsTaken: attendees.length,
      attendees: { create: attendees.map((one) => ({ ...one, response: "NEEDS_ACTION" as const })) },
    },
    select: { id: true },
  });
  return id;
}

/** Writes new values, and when each of them was changed. */
export async function updateEntry(
  tx: PrismaTransaction,
  entry: EntryRow,
  changes: EntryChanges,
  now: Date,
): Promise<void> {
  const { time, attendees, status, ...details } = changes;
  const fieldChangedAt = { ...(entry.fieldChangedAt as Prisma.InputJsonObject) } as Record<string, string>;
  for (const field of Object.keys(changes)) fieldChangedAt[field] = now.toISOString();
  await tx.booking.update({
    where: { id: entry.id },
    data: {
      ...details,
      ...(time
        ? {
            startTime: time.start,
            endTime: time.end,
            occupiedStart: time.start,
            occupiedEnd: time.end,
            timeZone: time.timeZone,
            allDay: time.allDay,
          }
        : {}),
      ...(attendees === undefined ? {} : { seats: Math.max(1, attendees), seatsTaken: attendees }),
      ...(status ? { status, cancelledAt: now } : {}),
      sequence: { increment: 1 },
      fieldChangedAt,
    },
  });
}

/** Makes these the ones who take part; who leaves stays known, so that they can be told. Two statements. */
export async function setAttendees(
  tx: PrismaTransaction,
  bookingId: number,
  attendees: readonly EntryAttendee[],
): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Attendee" SET "seat" = false, "expected" = false, "response" = 'DECLINED'
    WHERE "bookingId" = ${bookingId} AND "expected" AND NOT ("email" = ANY(${attendees.map(({ email }) => email)}))`;
  await tx.$executeRaw`
    INSERT INTO "Attendee" ("bookingId", "email", "name", "timeZone", "response")
    SELECT ${bookingId}, a."email", a."name", a."timeZone", 'NEEDS_ACTION'
    FROM jsonb_to_recordset(${JSON.stringify(attendees)}::jsonb) AS a("email" text, "name" text, "timeZone" text)
    ON CONFLICT ("bookingId", "email") DO UPDATE
    SET "name" = CASE WHEN EXCLUDED."name" = '' THEN "Attendee"."name" ELSE EXCLUDED."name" END, "seat" = true, "expected" = true,
        "response" = CASE WHEN "Attendee"."expected" THEN "Attendee"."response" ELSE 'NEEDS_ACTION'::"AttendeeResponse" END`;
}
