import { AppError } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type {
  CalendarMapping,
  CalendarTable,
  CalendarTables,
  MappingAccess,
  MappingProblem,
  TablePlace,
} from "@calsync/types";
import { calendarMappingRepository } from "../repositories/CalendarMappingRepository.ts";
import { credentialRepository } from "../repositories/CredentialRepository.ts";
import { ownConnection } from "./calendar-choices.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";

/** How an account's adapter finds and fixes the mappings of its tables. */
export function mappingAccess(prisma: PrismaClient, credentialId: number): MappingAccess {
  return {
    read: async (calendarId) =>
      (await calendarMappingRepository.find(prisma, credentialId, calendarId)) as CalendarMapping | null,
    timeZone: async () => (await calendarMappingRepository.timeZoneOf(prisma, credentialId)) ?? "UTC",
    keep: async (calendarId, mapping) =>
      (await calendarMappingRepository.keep(prisma, credentialId, calendarId, mapping)) as CalendarMapping,
  };
}

/** One table of a user's account: its columns, how they are mapped or would be, and what is wrong with that. */
export async function describeTable(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
  calendarId: string,
): Promise<CalendarTable> {
  const { tables } = await openTables(options, userId, connectionId);
  return tables.describe(calendarId);
}

/**
 * Maps the columns of a table, after looking whether they fit as they are now. What is in step with it is read anew.
 * @throws AppError `mapping_invalid` with what is wrong, field by field
 */
export async function mapTable(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
  calendarId: string,
  mapping: CalendarMapping,
): Promise<CalendarTable> {
  const { tables, credentialId } = await openTables(options, userId, connectionId);
  const problems = await tables.check(calendarId, mapping);
  if (problems.length > 0) throw refusal(problems);
  await options.prisma.$transaction(async (tx) => {
    await calendarMappingRepository.replace(tx, credentialId, calendarId, mapping);
    // A calendar that had stopped because a column was gone goes on.
    await options.sync.credentialReconnected(tx, credentialId);
  });
  return tables.describe(calendarId);
}

/** The places in a user's account where a table can be made. */
export async function tablePlaces(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
): Promise<TablePlace[]> {
  const { tables } = await openTables(options, userId, connectionId);
  return tables.places();
}

/** Makes a table with a column for each field, and maps it. */
export async function createTable(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
  input: { name: string; placeId: string },
): Promise<CalendarTable> {
  const { tables, credentialId } = await openTables(options, userId, connectionId);
  const timeZone = (await credentialRepository.timeZoneOfUser(options.prisma, userId)) ?? "UTC";
  const { calendar, mapping } = await tables.create({ ...input, timeZone });
  await calendarMappingRepository.replace(options.prisma, credentialId, calendar.id, mapping);
  return tables.describe(calendar.id);
}

async function openTables(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
): Promise<{ tables: CalendarTables; credentialId: number }> {
  const { id } = await ownConnection(options, userId, connectionId);
  const { tables } = await options.gateway.serviceFor(id);
  if (tables) return { tables, credentialId: id };
  throw new AppError("invalid", "no_tables", "The calendars of this account are no tables.", {
    hint: "Only calendars of a provider with tables, such as Notion, have columns to map.",
  });
}

function refusal(problems: readonly MappingProblem[]): AppError {
  return new AppError("invalid", "mapping_invalid", problems.map(({ message }) => message).join(" "), {
    hint: "Choose columns that the table has now, each for one field.",
    errors: problems.map(({ field, message }) => ({ path: `columns.${field}`, message })),
  });
}
