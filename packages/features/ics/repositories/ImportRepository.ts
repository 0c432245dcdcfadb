import type { IcsProblem } from "@calsync/icalendar";
import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";
import type { SetAsideReason } from "../mailbox/reasons.ts";

/** Inside a transaction or outside of one. */
export type Sql = PrismaClient | PrismaTransaction;

/** What applying a file did: how many of its events are what. */
export type ImportCounts = Record<Verdict, number>;

/** What an event of a file is to what was known before. */
export type Verdict = "added" | "changed" | "cancelled" | "unchanged" | "outdated" | "own";

/** An import as its owner sees it. */
export interface ImportRow {
  id: string;
  fileName: string;
  calendarName: string | null;
  method: string | null;
  timeZone: string;
  status: "READING" | "READY" | "APPLIED" | "TAKEN_BACK";
  freeEvents: "IGNORE" | "AVAILABILITY";
  octets: number;
  events: number;
  errors: number;
  warnings: number;
  otherComponents: number;
  problems: IcsProblem[];
  result: ImportCounts | null;
  createdAt: Date;
  appliedAt: Date | null;
  takenBackAt: Date | null;
  /** The mail that it came with; null for an upload. `setAside` says why it was not applied at once. */
  mail: { from: string | null; subject: string; setAside: SetAsideReason | null } | null;
}

/** What reading a file has found. */
export interface ReadResult {
  calendarName: string | null;
  method: string | null;
  octets: number;
  events: number;
  errors: number;
  warnings: number;
  otherComponents: number;
  problems: readonly IcsProblem[];
}

/** Imports of one user may not be changed by two at once; first half of the advisory lock's key. */
const IMPORT_LOCK = 1_667_329_140;

const COLUMNS = Prisma.sql`i."id"::text, i."fileName", i."calendarName", i."method", i."timeZone", i."status"::text, i."freeEvents"::text,
  i."octets", i."events", i."errors", i."warnings", i."otherComponents", i."problems", i."result", i."createdAt", i."appliedAt",
  i."takenBackAt", (SELECT jsonb_build_object('from', m."sender", 'subject', m."subject", 'setAside', m."reason")
                      FROM "InboxMessage" m WHERE m."importId" = i."id" LIMIT 1) AS "mail"`;

/** Imports of a user, whose id scopes every query. One statement per method. */
export const importRepository = {
  async create(
    sql: Sql,
    row: { id?: string; userId: number; fileName: string; timeZone: string; createdAt: Date },
  ): Promise<string> {
    const { id } = await sql.calendarImport.create({ data: row, select: { id: true } });
    return id;
  },

  /** The file was read to its end: it can be looked at and applied. */
  async finishReading(sql: Sql, userId: number, id: string, result: ReadResult): Promise<void> {
    await sql.calendarImport.update({
      where: { id, userId },
      data: {
        ...result,
        problems: [...result.problems] as unknown as Prisma.InputJsonArray,
        status: "READY",
      },
      select: { id: true },
    });
  },

  /** The newest first. */
  async findAll(sql: Sql, userId: number, limit: number): Promise<ImportRow[]> {
    return sql.$queryRaw`
      SELECT ${COLUMNS} FROM "CalendarImport" i
       WHERE i."userId" = ${userId} AND i."status" <> 'READING' ORDER BY i."createdAt" DESC, i."id" DESC LIMIT ${limit}`;
  },

  async find(sql: Sql, userId: number, id: string): Promise<ImportRow | null> {
    const rows = await sql.$queryRaw<ImportRow[]>`
      SELECT ${COLUMNS} FROM "CalendarImport" i
       WHERE i."userId" = ${userId} AND i."id" = ${id}::uuid AND i."status" <> 'READING'`;
    return rows[0] ?? null;
  },

  async lockUser(tx: PrismaTransaction, userId: number): Promise<void> {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${IMPORT_LOCK}::int, ${userId}::int)`;
  },

  async markApplied(
    tx: PrismaTransaction,
    userId: number,
    id: string,
    done: { freeEvents: ImportRow["freeEvents"]; result: ImportCounts; appliedAt: Date },
  ): Promise<void> {
    await tx.calendarImport.update({
      where: { id, userId },
      data: { ...done, status: "APPLIED" },
      select: { id: true },
    });
  },

  async markTakenBack(tx: PrismaTransaction, userId: number, id: string, takenBackAt: Date): Promise<void> {
    await tx.calendarImport.update({
      where: { id, userId },
      data: { status: "TAKEN_BACK", takenBackAt },
      select: { id: true },
    });
  },

  /** Its events and their times go with it. */
  async remove(sql: Sql, userId: number, id: string): Promise<void> {
    await sql.calendarImport.deleteMany({ where: { id, userId } });
  },

  /** The same for one that does not count: an upload under a chosen id begins anew. */
  async removeUnapplied(sql: Sql, userId: number, id: string): Promise<void> {
    await sql.calendarImport.deleteMany({ where: { id, userId, status: { in: ["READING", "READY"] } } });
  },

  /** Files that were never applied and do not belong to a mail. @returns how many were forgotten */
  async removeUnused(sql: Sql, before: Date): Promise<number> {
    const { count } = await sql.calendarImport.deleteMany({
      where: { status: { in: ["READING", "READY"] }, createdAt: { lt: before }, mails: { none: {} } },
    });
    return count;
  },

  /** Who a user is, and where. */
  async findOwner(sql: Sql, userId: number): Promise<{ uid: string; email: string; timeZone: string }> {
    return sql.user.findUniqueOrThrow({
      where: { id: userId },
      select: { uid: true, email: true, timeZone: true },
    });
  },
};
