import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { CalendarMapping } from "@calsync/types";

type Database = PrismaClient | PrismaTransaction;

/** How tables that serve as calendars are mapped. A credential is its user's; whoever calls has seen to that. */
export const calendarMappingRepository = {
  async find(db: Database, credentialId: number, externalCalendarId: string): Promise<unknown | null> {
    const row = await db.calendarMapping.findUnique({
      where: { credentialId_externalCalendarId: { credentialId, externalCalendarId } },
      select: { mapping: true },
    });
    return row?.mapping ?? null;
  },

  /** Stores a mapping unless there is one. @returns the one that is stored then */
  async keep(
    db: Database,
    credentialId: number,
    externalCalendarId: string,
    mapping: CalendarMapping,
  ): Promise<unknown> {
    const rows = await db.$queryRaw<{ mapping: unknown }[]>`
      INSERT INTO "CalendarMapping" ("credentialId", "externalCalendarId", "mapping", "updatedAt")
      VALUES (${credentialId}, ${externalCalendarId}, ${JSON.stringify(mapping)}::jsonb, now())
      ON CONFLICT ("credentialId", "externalCalendarId") DO UPDATE SET "mapping" = "CalendarMapping"."mapping"
      RETURNING "mapping"`;
    return rows[0]?.mapping ?? null;
  },

  /** Stores a mapping in place of what was. */
  async replace(
    db: Database,
    credentialId: number,
    externalCalendarId: string,
    mapping: CalendarMapping,
  ): Promise<void> {
    await db.$executeRaw`
      INSERT INTO "CalendarMapping" ("credentialId", "externalCalendarId", "mapping", "updatedAt")
      VALUES (${credentialId}, ${externalCalendarId}, ${JSON.stringify(mapping)}::jsonb, now())
      ON CONFLICT ("credentialId", "externalCalendarId")
      DO UPDATE SET "mapping" = EXCLUDED."mapping", "updatedAt" = now()`;
  },

  /** The zone of the user whose account it is. */
  async timeZoneOf(db: Database, credentialId: number): Promise<string | null> {
    const row = await db.credential.findUnique({
      where: { id: credentialId },
      select: { user: { select: { timeZone: true } } },
    });
    return row?.user.timeZone ?? null;
  },
};
