import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";
import type { ReasonCode } from "../engine/reasons.ts";

type Sql = PrismaClient | PrismaTransaction;

/** One change that sync made or refused. */
export interface NewChangeRecord {
  userId: number;
  bookingId: number | null;
  calendarSyncId: string | null;
  referenceId: string | null;
  externalEventId: string | null;
  source: "CALENDAR" | "APP" | "SYNC";
  result: "APPLIED" | "REFUSED" | "HELD";
  action: string;
  reason: ReasonCode;
  before: unknown;
  after: unknown;
  providerVersion: string | null;
  actionId: string | null;
  /** The change that this one takes back. */
  undoesId?: string;
  /** The confirmed mass change that this is part of. */
  massChangeId?: string;
}

/** A change record as people see it. */
export interface ChangeRecordRow {
  id: string;
  createdAt: Date;
  source: NewChangeRecord["source"];
  result: NewChangeRecord["result"];
  action: string;
  reason: string;
  before: unknown;
  after: unknown;
  calendarName: string | null;
  provider: string | null;
  bookingId: number | null;
  bookingUid: string | null;
  bookingTitle: string | null;
  /** The change that this one takes back, and the one that took this one back. */
  undoesId: string | null;
  undoneById: string | null;
}

const ROW = Prisma.sql`
  SELECT c."id", c."createdAt", c."source"::text, c."result"::text, c."action", c."reason", c."before", c."after",
         s."name" AS "calendarName", s."provider", c."bookingId", b."uid"::text AS "bookingUid", b."title" AS "bookingTitle",
         c."undoesId", (SELECT u."id" FROM "ChangeRecord" u WHERE u."undoesId" = c."id") AS "undoneById"`;

/** What a mass change has done to one booking. */
export interface MassChangeRecord {
  id: string;
  /** Null when the booking is gone. */
  bookingUid: string | null;
  bookingTitle: string | null;
  /** It was taken back. */
  undone: boolean;
}

/** The append-only log of what sync did and why. */
export class ChangeRecordRepository {
  /** One statement. A record whose action id exists already is left out: its change was recorded before. */
  async append(sql: Sql, records: readonly NewChangeRecord[], now: Date): Promise<void> {
    if (records.length === 0) return;
    await sql.$executeRaw`
      INSERT INTO "ChangeRecord" ("id", "userId", "bookingId", "calendarSyncId", "referenceId", "externalEventId", "source", "result",
                                  "action", "reason", "before", "after", "providerVersion", "actionId", "undoesId", "massChangeId", "createdAt")
      SELECT gen_random_uuid(), c."userId", c."bookingId", c."calendarSyncId", c."referenceId", c."externalEventId",
             c."source"::"ChangeSource", c."result"::"ChangeResult", c."action", c."reason", c."before", c."after",
             c."providerVersion", c."actionId", c."undoesId", c."massChangeId", ${now}
        FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb)
          AS c("userId" int, "bookingId" int, "calendarSyncId" uuid, "referenceId" uuid, "externalEventId" text, "source" text,
               "result" text, "action" text, "reason" text, "before" jsonb, "after" jsonb, "providerVersion" text, "actionId" text,
               "undoesId" uuid, "massChangeId" uuid)
      ON CONFLICT ("actionId") DO NOTHING`;
  }

  /** The history of a user's booking, newest first. */
  async findForBooking(
    sql: Sql,
    userId: number,
    bookingUid: string,
    limit: number,
  ): Promise<ChangeRecordRow[]> {
    return sql.$queryRaw`${ROW}
        FROM "Booking" b
        JOIN "ChangeRecord" c ON c."bookingId" = b."id"
        LEFT JOIN "CalendarSync" s ON s."id" = c."calendarSyncId"
       WHERE b."uid" = ${bookingUid}::uuid AND b."hostId" = ${userId} AND c."userId" = ${userId}
       ORDER BY c."createdAt" DESC, c."id" DESC LIMIT ${limit}`;
  }

  /** A user's latest changes, newest first. @param before only those older than this one */
  async findForUser(
    sql: Sql,
    userId: number,
    { before, limit }: { before: string | null; limit: number },
  ): Promise<ChangeRecordRow[]> {
    return sql.$queryRaw`${ROW}
        FROM "ChangeRecord" c
        LEFT JOIN "Booking" b ON b."id" = c."bookingId"
        LEFT JOIN "CalendarSync" s ON s."id" = c."calendarSyncId"
       WHERE c."userId" = ${userId}
         AND (${before}::uuid IS NULL OR (c."createdAt", c."id") < (
               SELECT p."createdAt", p."id" FROM "ChangeRecord" p WHERE p."id" = ${before}::uuid AND p."userId" = ${userId}))
       ORDER BY c."createdAt" DESC, c."id" DESC LIMIT ${limit}`;
  }

  /** One of a user's changes. */
  async findOne(sql: Sql, userId: number, id: string): Promise<ChangeRecordRow | null> {
    const rows = await sql.$queryRaw<ChangeRecordRow[]>`${ROW}
        FROM "ChangeRecord" c
        LEFT JOIN "Booking" b ON b."id" = c."bookingId"
        LEFT JOIN "CalendarSync" s ON s."id" = c."calendarSyncId"
       WHERE c."id" = ${id}::uuid AND c."userId" = ${userId}`;
    return rows[0] ?? null;
  }

  /** The change that took another one back. */
  async findUndoOf(sql: Sql, userId: number, id: string): Promise<ChangeRecordRow | null> {
    const rows = await sql.$queryRaw<ChangeRecordRow[]>`${ROW}
        FROM "ChangeRecord" c
        LEFT JOIN "Booking" b ON b."id" = c."bookingId"
        LEFT JOIN "CalendarSync" s ON s."id" = c."calendarSyncId"
       WHERE c."undoesId" = ${id}::uuid AND c."userId" = ${userId}`;
    return rows[0] ?? null;
  }

  /** What a confirmed mass change has done to bookings, the latest first. @returns ids */
  async findOfMassChange(sql: Sql, userId: number, massChangeId: string): Promise<MassChangeRecord[]> {
    return sql.$queryRaw`
      SELECT c."id", b."uid"::text AS "bookingUid", b."title" AS "bookingTitle",
             EXISTS (SELECT 1 FROM "ChangeRecord" u WHERE u."undoesId" = c."id") AS "undone"
        FROM "ChangeRecord" c LEFT JOIN "Booking" b ON b."id" = c."bookingId" AND b."hostId" = c."userId"
       WHERE c."massChangeId" = ${massChangeId}::uuid AND c."userId" = ${userId} AND c."result" = 'APPLIED'
       ORDER BY c."createdAt" DESC, c."id" DESC`;
  }
}
