import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

type Database = PrismaClient | PrismaTransaction;

/** A calendar that bookings are written to. */
export interface StoredDestination {
  id: string;
  credentialId: number;
  externalCalendarId: string;
  name: string;
  eventTypeId: number | null;
  privacy: "FULL" | "TITLE_ONLY" | "BUSY";
  titleTemplate: string | null;
  descriptionTemplate: string | null;
  provider: string;
  accountEmail: string | null;
}

interface ChosenCalendar {
  externalCalendarId: string;
  name: string;
}

/** Which calendars a user reads for busy times and writes bookings to. Every method is scoped by the user. */
export const calendarChoiceRepository = {
  /** Ids of the account's calendars that are read for busy times. */
  async selectedIds(db: Database, userId: number, credentialId: number): Promise<Set<string>> {
    const rows = await db.selectedCalendar.findMany({
      where: { userId, credentialId },
      select: { externalCalendarId: true },
    });
    return new Set(rows.map((row) => row.externalCalendarId));
  },

  /** Makes exactly these calendars of the account the ones that are read; those that have a CalendarSync are linked to it. */
  async replaceSelected(
    tx: PrismaTransaction,
    userId: number,
    credentialId: number,
    calendars: readonly ChosenCalendar[],
  ): Promise<void> {
    await tx.selectedCalendar.deleteMany({
      where: {
        userId,
        credentialId,
        externalCalendarId: { notIn: calendars.map((calendar) => calendar.externalCalendarId) },
      },
    });
    await tx.$executeRaw`
      INSERT INTO "SelectedCalendar" ("id", "userId", "credentialId", "externalCalendarId", "name", "calendarSyncId")
      SELECT gen_random_uuid(), ${userId}, ${credentialId}, chosen."externalCalendarId", chosen."name", sync."id"
      FROM unnest(${calendars.map((calendar) => calendar.externalCalendarId)}::text[],
                  ${calendars.map((calendar) => calendar.name)}::text[])
             AS chosen("externalCalendarId", "name")
      LEFT JOIN "CalendarSync" sync
        ON sync."credentialId" = ${credentialId} AND sync."externalCalendarId" = chosen."externalCalendarId"
      ON CONFLICT ("userId", "credentialId", "externalCalendarId")
      DO UPDATE SET "name" = EXCLUDED."name", "calendarSyncId" = EXCLUDED."calendarSyncId"`;
  },

  /** The user's destinations: the default (no event type) first. */
  async listDestinations(db: Database, userId: number): Promise<StoredDestination[]> {
    const rows = await db.destinationCalendar.findMany({
      where: { userId },
      orderBy: [{ eventTypeId: { sort: "asc", nulls: "first" } }, { createdAt: "asc" }],
      select: {
        id: true,
        credentialId: true,
        externalCalendarId: true,
        name: true,
        eventTypeId: true,
        privacy: true,
        titleTemplate: true,
        descriptionTemplate: true,
        credential: { select: { provider: true, accountEmail: true } },
      },
    });
    return rows.map(({ credential, ...row }) => ({ ...row, ...credential }));
  },

  /**
   * Makes one calendar the destination of the user's bookings, or of one event type's, in place of what was. The user's
   * row is locked, so that of two requests at once the later one stands alone.
   */
  async replaceDestination(
    tx: PrismaTransaction,
    destination: ChosenCalendar & { userId: number; credentialId: number; eventTypeId: number | null },
  ): Promise<void> {
    const { userId, eventTypeId, credentialId, externalCalendarId, name } = destination;
    await tx.$queryRaw`SELECT "id" FROM "User" WHERE "id" = ${userId} FOR NO KEY UPDATE`;
    const sync = await tx.calendarSync.findUnique({
      where: { credentialId_externalCalendarId: { credentialId, externalCalendarId } },
      select: { id: true },
    });
    const choice = { userId, eventTypeId, credentialId, externalCalendarId };
    // The same calendar chosen again keeps what it is shown.
    const view = await tx.destinationCalendar.findFirst({
      where: choice,
      select: { privacy: true, titleTemplate: true, descriptionTemplate: true },
    });
    await tx.destinationCalendar.deleteMany({ where: { userId, eventTypeId } });
    await tx.destinationCalendar.create({
      data: { ...choice, ...view, name, calendarSyncId: sync?.id ?? null },
    });
  },

  /** Forgets an event type's own destination. @returns whether it had one */
  async clearDestination(tx: PrismaTransaction, userId: number, eventTypeId: number): Promise<boolean> {
    return (await tx.destinationCalendar.deleteMany({ where: { userId, eventTypeId } })).count > 0;
  },

  async eventTypeBelongsTo(db: Database, userId: number, eventTypeId: number): Promise<boolean> {
    return (await db.eventType.count({ where: { id: eventTypeId, userId } })) > 0;
  },
};
