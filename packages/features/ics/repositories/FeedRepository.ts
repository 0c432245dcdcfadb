import { Prisma } from "@calsync/prisma";
import type { SchedulePart } from "../services/export-schedule.ts";
import type { Sql } from "./ImportRepository.ts";

/** A feed as its owner sees it; its address is not kept. */
export interface FeedRow {
  id: string;
  name: string;
  parts: SchedulePart[];
  details: boolean;
  createdAt: Date;
  lastReadAt: Date | null;
}

const COLUMNS = Prisma.sql`"id"::text, "name", "parts", "details", "createdAt", "lastReadAt"`;

/** Feeds that were not withdrawn. One statement per method. */
export const feedRepository = {
  /** The oldest first. */
  async findAll(sql: Sql, userId: number): Promise<FeedRow[]> {
    return sql.$queryRaw`
      SELECT ${COLUMNS} FROM "CalendarFeed" WHERE "userId" = ${userId} AND "revokedAt" IS NULL ORDER BY "createdAt", "id"`;
  },

  async insert(
    sql: Sql,
    userId: number,
    feed: { name: string; parts: readonly SchedulePart[]; details: boolean },
    tokenHash: Uint8Array<ArrayBuffer>,
    createdAt: Date,
  ): Promise<FeedRow> {
    const [row] = await sql.$queryRaw<FeedRow[]>`
      INSERT INTO "CalendarFeed" ("id", "userId", "name", "tokenHash", "parts", "details", "createdAt")
      VALUES (gen_random_uuid(), ${userId}, ${feed.name}, ${tokenHash}, ${[...feed.parts]}, ${feed.details}, ${createdAt})
      RETURNING ${COLUMNS}`;
    if (!row) throw new Error("a feed was not written");
    return row;
  },

  /** @returns false when the user has no such feed */
  async revoke(sql: Sql, userId: number, id: string, now: Date): Promise<boolean> {
    const count = await sql.$executeRaw`
      UPDATE "CalendarFeed" SET "revokedAt" = ${now} WHERE "id" = ${id}::uuid AND "userId" = ${userId} AND "revokedAt" IS NULL`;
    return count === 1;
  },

  /** The feed with this secret and its owner, noting that it was read. */
  async readByToken(
    sql: Sql,
    tokenHash: Uint8Array<ArrayBuffer>,
    now: Date,
  ): Promise<(FeedRow & { userId: number }) | null> {
    const [row] = await sql.$queryRaw<(FeedRow & { userId: number })[]>`
      UPDATE "CalendarFeed" SET "lastReadAt" = ${now} WHERE "tokenHash" = ${tokenHash} AND "revokedAt" IS NULL
      RETURNING ${COLUMNS}, "userId"`;
    return row ?? null;
  },
};
