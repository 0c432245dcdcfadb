import { Prisma, type PrismaTransaction } from "@calsync/prisma";
import type { SetAsideReason } from "../mailbox/reasons.ts";
import type { Sql } from "./ImportRepository.ts";

/** Where reading goes on, once the lease is held. */
export interface InboxPosition {
  validity: string | null;
  lastUid: number;
}

/** A mail as it was taken. */
export interface TakenMail {
  userId: number | null;
  fingerprint: Uint8Array<ArrayBuffer>;
  messageId: string | null;
  sender: string | null;
  subject: string;
  status: "HANDLED" | "SET_ASIDE";
  reason: SetAsideReason | "own-booking" | null;
  detail: string | null;
  importId: string | null;
  receivedAt: Date;
  takenAt: Date;
}

/** A mail that waits for its user. */
export interface SetAsideRow {
  id: string;
  sender: string | null;
  subject: string;
  reason: SetAsideReason;
  detail: string | null;
  receivedAt: Date;
}

/** How reading a mailbox stands. */
export interface InboxRow {
  lastReadAt: Date | null;
  lastError: string | null;
  nextReadAt: Date | null;
}

/** A user whom a mail may be for. */
export interface InboxUser {
  id: number;
  uid: string;
  email: string;
}

const userIds = (ids: readonly number[]) => Prisma.sql`${[...ids]}::int[]`;

/** The inbox: how far it was read, and what was taken. One statement per method. */
export const inboxRepository = {
  /** Takes the lease of a mailbox that is due. @returns null when another process holds it, or it is not due yet */
  async take(sql: Sql, name: string, owner: string, now: Date, until: Date): Promise<InboxPosition | null> {
    const rows = await sql.$queryRaw<{ validity: string | null; lastUid: bigint }[]>`
      INSERT INTO "Inbox" AS i ("name", "leaseOwner", "leaseUntil") VALUES (${name}, ${owner}::uuid, ${until})
      ON CONFLICT ("name") DO UPDATE SET "leaseOwner" = EXCLUDED."leaseOwner", "leaseUntil" = EXCLUDED."leaseUntil"
       WHERE (i."leaseUntil" IS NULL OR i."leaseUntil" <= ${now}) AND (i."nextReadAt" IS NULL OR i."nextReadAt" <= ${now})
      RETURNING i."validity", i."lastUid"`;
    const [row] = rows;
    return row ? { validity: row.validity, lastUid: Number(row.lastUid) } : null;
  },

  /** Notes that a message is begun, and prolongs the lease. @returns how often it was begun by now; null when the lease is lost */
  async begin(sql: Sql, name: string, owner: string, uid: number, until: Date): Promise<number | null> {
    const rows = await sql.$queryRaw<{ tries: number }[]>`
      UPDATE "Inbox" SET "tries" = CASE WHEN "takingUid" = ${uid}::bigint THEN "tries" + 1 ELSE 1 END,
             "takingUid" = ${uid}::bigint, "leaseUntil" = ${until}
       WHERE "name" = ${name} AND "leaseOwner" = ${owner}::uuid RETURNING "tries"`;
    return rows[0]?.tries ?? null;
  },

  /** The message was taken: reading goes on after it. */
  async advance(sql: Sql, name: string, owner: string, validity: string, uid: number): Promise<void> {
    await sql.$executeRaw`
      UPDATE "Inbox" SET "validity" = ${validity}, "lastUid" = ${uid}::bigint, "takingUid" = NULL, "tries" = 0
       WHERE "name" = ${name} AND "leaseOwner" = ${owner}::uuid`;
  },

  /** Ends the lease after a reading that came to its end. */
  async finish(sql: Sql, name: string, owner: string, now: Date): Promise<void> {
    await sql.$executeRaw`
      UPDATE "Inbox" SET "lastReadAt" = ${now}, "lastError" = NULL, "errorCount" = 0, "nextReadAt" = NULL, "leaseOwner" = NULL, "leaseUntil" = NULL
       WHERE "name" = ${name} AND "leaseOwner" = ${owner}::uuid`;
  },

  /**
   * Ends the lease after a reading that broke off; the next one waits twice as long as the last, up to a quarter of an hour. That the
   * mailbox could not be read counts against the message that was begun only when it goes on and on.
   */
  async fail(
    sql: Sql,
    name: string,
    owner: string,
    { words, ofMailbox }: { words: string; ofMailbox: boolean },
    now: Date,
  ): Promise<void> {
    await sql.$executeRaw`
      UPDATE "Inbox" SET "tries" = CASE WHEN ${ofMailbox} AND "errorCount" < 10 THEN 0 ELSE "tries" END, "lastError" = ${words}, "errorCount" = "errorCount" + 1, "leaseOwner" = NULL, "leaseUntil" = NULL,
             "nextReadAt" = ${now}::timestamptz + make_interval(secs => least(900, 15 * power(2, least("errorCount", 10))))
       WHERE "name" = ${name} AND "leaseOwner" = ${owner}::uuid`;
  },

  /** Gives the lease back without a result: the process ends. */
  async release(sql: Sql, name: string, owner: string): Promise<void> {
    await sql.$executeRaw`
      UPDATE "Inbox" SET "leaseOwner" = NULL, "leaseUntil" = NULL, "takingUid" = NULL, "tries" = 0
       WHERE "name" = ${name} AND "leaseOwner" = ${owner}::uuid`;
  },

  async find(sql: Sql, name: string): Promise<InboxRow | null> {
    return sql.inbox.findUnique({
      where: { name },
      select: { lastReadAt: true, lastError: true, nextReadAt: true },
    });
  },

  /** Which of some mails were taken before, as hex. */
  async findTaken(
    sql: Sql,
    fingerprints: readonly Uint8Array[],
    ids: readonly number[],
  ): Promise<Set<string>> {
    const rows = await sql.$queryRaw<{ key: string }[]>`
      SELECT coalesce("userId", 0) || ':' || encode("fingerprint", 'hex') AS "key" FROM "InboxMessage"
       WHERE "fingerprint" = ANY(${fingerprints.map((one) => Buffer.from(one))}::bytea[])
         AND coalesce("userId", 0) = ANY(${userIds([0, ...ids])})`;
    return new Set(rows.map(({ key }) => key));
  },

  /** Keeps a mail that was taken; one that is there already stays as it is. */
  async add(sql: Sql | PrismaTransaction, mail: TakenMail): Promise<void> {
    await sql.inboxMessage.createMany({ data: [mail], skipDuplicates: true });
  },

  /** Users by the tags of their addresses here (their uids), and by their own addresses in lower case. */
  async findUsers(sql: Sql, tags: readonly string[], addresses: readonly string[]): Promise<InboxUser[]> {
    return sql.$queryRaw`
      SELECT "id", "uid"::text, "email" FROM "User"
       WHERE "uid" = ANY(${[...tags]}::uuid[]) OR lower("email") = ANY(${[...addresses]}) ORDER BY "id"`;
  },

  /** Hosts of the bookings and series whose invitations have these UIDs. */
  async findHosts(sql: Sql, uids: readonly string[]): Promise<InboxUser[]> {
    return sql.$queryRaw`
      SELECT u."id", u."uid"::text, u."email" FROM "User" u
       WHERE u."id" IN (SELECT b."hostId" FROM "Booking" b WHERE b."iCalUid" = ANY(${[...uids]})
                        UNION SELECT s."hostId" FROM "BookingSeries" s WHERE s."iCalUid" = ANY(${[...uids]})) ORDER BY u."id"`;
  },

  /** What a user knows under some UIDs: how many are bookings of theirs, and who organizes the imported ones. */
  async findKnown(
    sql: Sql,
    userId: number,
    uids: readonly string[],
  ): Promise<{ own: number; organizers: string[] }> {
    const rows = await sql.$queryRaw<{ own: number; organizers: string[] }[]>`
      SELECT (SELECT count(*)::int FROM unnest(${[...uids]}::text[]) AS wanted(uid)
               WHERE EXISTS (SELECT 1 FROM "Booking" b WHERE b."iCalUid" = wanted.uid AND b."hostId" = ${userId})
                  OR EXISTS (SELECT 1 FROM "BookingSeries" s WHERE s."iCalUid" = wanted.uid AND s."hostId" = ${userId})) AS "own",
             ARRAY(SELECT DISTINCT lower(e."snapshot"->'organizer'->>'email') FROM "ImportedEvent" e
                    WHERE e."userId" = ${userId} AND e."uid" = ANY(${[...uids]}) AND e."current"
                      AND e."snapshot"->'organizer'->>'email' IS NOT NULL) AS "organizers"`;
    return rows[0] ?? { own: 0, organizers: [] };
  },

  /** How all mailboxes stand that were ever read, by name. */
  async findMailboxes(sql: Sql): Promise<(InboxRow & { name: string })[]> {
    return sql.inbox.findMany({
      select: { name: true, lastReadAt: true, lastError: true, nextReadAt: true },
      orderBy: { name: "asc" },
    });
  },

  /** Mails that wait and name no account, newest first, with how many there are. */
  async findUnnamed(sql: Sql, limit: number): Promise<{ total: number; mails: SetAsideRow[] }> {
    const rows = await sql.$queryRaw<(SetAsideRow & { total: number })[]>`
      SELECT "id"::text, "sender", "subject", "reason", "detail", "receivedAt", (count(*) OVER ())::int AS "total" FROM "InboxMessage"
       WHERE "userId" IS NULL AND "status" = 'SET_ASIDE' ORDER BY "takenAt" DESC, "id" DESC LIMIT ${limit}`;
    return { total: rows[0]?.total ?? 0, mails: rows.map(({ total: _total, ...mail }) => mail) };
  },

  /** An operator has seen such mails: one of them, or all when `id` is null. @returns how many */
  async dismissUnnamed(sql: Sql, id: string | null): Promise<number> {
    const { count } = await sql.inboxMessage.updateMany({
      where: { userId: null, status: "SET_ASIDE", ...(id === null ? {} : { id }) },
      data: { status: "DISMISSED" },
    });
    return count;
  },

  /** Mails of a user that wait and have no import beside them, newest first. */
  async findSetAside(sql: Sql, userId: number, limit: number): Promise<SetAsideRow[]> {
    return sql.$queryRaw`
      SELECT "id"::text, "sender", "subject", "reason", "detail", "receivedAt" FROM "InboxMessage"
       WHERE "userId" = ${userId} AND "status" = 'SET_ASIDE' AND "importId" IS NULL ORDER BY "takenAt" DESC, "id" DESC LIMIT ${limit}`;
  },

  /** @returns whether there was one */
  async dismiss(sql: Sql, userId: number, id: string): Promise<boolean> {
    const { count } = await sql.inboxMessage.updateMany({
      where: { id, userId, status: "SET_ASIDE" },
      data: { status: "DISMISSED" },
    });
    return count > 0;
  },

  /** Its owner does not want the import that came with a mail. */
  async dismissOfImport(sql: Sql, userId: number, importId: string): Promise<void> {
    await sql.inboxMessage.updateMany({
      where: { importId, userId, status: "SET_ASIDE" },
      data: { status: "DISMISSED" },
    });
  },

  /** Mails that nobody will come back to. Those that wait beside an import stay with it. @returns how many */
  async removeBefore(sql: Sql, before: Date): Promise<number> {
    const { count } = await sql.inboxMessage.deleteMany({ where: { takenAt: { lt: before } } });
    return count;
  },
};
