import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { ExternalEvent } from "@calsync/types";
import type { HoldKind, TimeFacts } from "../engine/guards.ts";
import type { EventSnapshot, SnapshotField } from "../engine/snapshot.ts";
import type { SyncedState } from "../engine/synced-state.ts";

type Sql = PrismaClient | PrismaTransaction;

/** A question as a pull or push finds it. */
export interface FoundConflict {
  userId: number;
  bookingId: number;
  calendarSyncId: string;
  referenceId: string;
  kind: HoldKind;
  base: SyncedState | null;
  local: EventSnapshot;
  /** Null when the event is gone. */
  remote: ExternalEvent | null;
  fields: readonly SnapshotField[];
  facts: TimeFacts | null;
}

/** How a question came to its end. The last two are not a person's answers. */
export type Resolution = "local" | "remote" | "merge" | "converged" | "overtaken";

/** A question with what people need to see of it. */
export interface ConflictRow extends Omit<FoundConflict, "local"> {
  id: string;
  /** The booking's fields when the question was last looked at, or when it was answered. */
  local: EventSnapshot;
  bookingUid: string;
  bookingTitle: string;
  bookingEnd: Date;
  calendarName: string;
  provider: string;
  openedAt: Date;
  updatedAt: Date;
  resolvedAt: Date | null;
  resolution: Resolution | null;
  /** The booking's fields after a person's answer. */
  resolved: EventSnapshot | null;
}

/** Questions about single bookings. Every method is one statement. */
export class ConflictRepository {
  /**
   * Opens questions, or renews what an open one shows, and ends those that have settled by themselves.
   * @returns the questions that are new, and those that ended
   */
  async store(
    sql: Sql,
    found: readonly FoundConflict[],
    settled: readonly { referenceId: string; resolution: Resolution }[],
    now: Date,
  ): Promise<{ id: string; referenceId: string; ended: Resolution | null }[]> {
    if (found.length === 0 && settled.length === 0) return [];
    return sql.$queryRaw`
      WITH ended AS (
        UPDATE "SyncConflict" c SET "resolvedAt" = ${now}, "resolution" = s."resolution", "updatedAt" = ${now}
          FROM jsonb_to_recordset(${JSON.stringify(settled)}::jsonb) AS s("referenceId" uuid, "resolution" text)
         WHERE c."referenceId" = s."referenceId" AND c."resolvedAt" IS NULL
        RETURNING c."id", c."referenceId", c."resolution"),
      stored AS (
      INSERT INTO "SyncConflict" ("id", "userId", "bookingId", "calendarSyncId", "referenceId", "kind", "base", "local", "remote",
                                  "fields", "facts", "openedAt", "updatedAt")
      SELECT gen_random_uuid(), f."userId", f."bookingId", f."calendarSyncId", f."referenceId", f."kind"::"ConflictKind",
             f."base", f."local", f."remote", ARRAY(SELECT jsonb_array_elements_text(f."fields")), f."facts", ${now}, ${now}
        FROM jsonb_to_recordset(${JSON.stringify(found)}::jsonb)
          AS f("userId" int, "bookingId" int, "calendarSyncId" uuid, "referenceId" uuid, "kind" text, "base" jsonb,
               "local" jsonb, "remote" jsonb, "fields" jsonb, "facts" jsonb)
      ON CONFLICT ("referenceId") WHERE "resolvedAt" IS NULL DO UPDATE SET
        "kind" = EXCLUDED."kind", "base" = EXCLUDED."base", "local" = EXCLUDED."local", "remote" = EXCLUDED."remote",
        "fields" = EXCLUDED."fields", "facts" = EXCLUDED."facts", "updatedAt" = EXCLUDED."updatedAt"
      RETURNING "id", "referenceId", (xmax = 0) AS "created")
      SELECT "id", "referenceId", NULL::text AS "ended" FROM stored WHERE "created"
      UNION ALL SELECT "id", "referenceId", "resolution" FROM ended`;
  }

  /**
   * A user's questions, the newest first: open ones whose booking is still to come, or those that are over.
   * @param ids only these; all when null
   */
  async find(
    sql: Sql,
    userId: number,
    filter: { state: "open" | "closed" | "any"; ids: readonly string[] | null; now: Date; limit: number },
  ): Promise<ConflictRow[]> {
    return sql.$queryRaw`
      SELECT c."id", c."userId", c."bookingId", c."calendarSyncId", c."referenceId", c."kind"::text, c."base", c."local", c."remote",
             c."fields", c."facts", c."openedAt", c."updatedAt", c."resolvedAt", c."resolution", c."resolved",
             b."uid"::text AS "bookingUid", b."title" AS "bookingTitle", b."endTime" AS "bookingEnd",
             s."name" AS "calendarName", s."provider"
        FROM "SyncConflict" c
        JOIN "Booking" b ON b."id" = c."bookingId" AND b."hostId" = c."userId"
        JOIN "CalendarSync" s ON s."id" = c."calendarSyncId"
       WHERE c."userId" = ${userId}
         AND (${filter.ids === null} OR c."id" = ANY(${filter.ids ?? []}::uuid[]))
         AND CASE ${filter.state} WHEN 'open' THEN c."resolvedAt" IS NULL AND b."endTime" > ${filter.now}
                                  WHEN 'closed' THEN c."resolvedAt" IS NOT NULL OR b."endTime" <= ${filter.now}
                                  ELSE true END
       ORDER BY c."openedAt" DESC, c."id" DESC LIMIT ${filter.limit}`;
  }

  /** Ends a question with a person's answer. @returns false when it had ended already. */
  async resolve(
    sql: Sql,
    id: string,
    answer: { resolution: Resolution; local: EventSnapshot; resolved: EventSnapshot; now: Date },
  ): Promise<boolean> {
    const count = await sql.$executeRaw`
      UPDATE "SyncConflict"
         SET "resolvedAt" = ${answer.now}, "resolution" = ${answer.resolution}, "updatedAt" = ${answer.now},
             "local" = ${JSON.stringify(answer.local)}::jsonb, "resolved" = ${JSON.stringify(answer.resolved)}::jsonb
       WHERE "id" = ${id}::uuid AND "resolvedAt" IS NULL`;
    return count === 1;
  }
}
