import { AppError, type CalendarError, isCalendarError } from "@calsync/lib";
import type { ExternalCalendar } from "@calsync/types";
import type { CalendarChoice, Destination } from "../dto.ts";
import type { CalendarTarget } from "../ports/ConnectionSync.ts";
import { calendarChoiceRepository } from "../repositories/CalendarChoiceRepository.ts";
import { credentialRepository, type StoredCredential } from "../repositories/CredentialRepository.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";

/** One of the user's accounts. @throws AppError `connection_not_found`, also when it is somebody else's */
export async function ownConnection(
  { prisma }: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
): Promise<StoredCredential> {
  const credential = await credentialRepository.findOfUser(prisma, userId, connectionId);
  if (!credential) throw new AppError("not-found", "connection_not_found", "There is no such connection.");
  return credential;
}

/** The calendars of one of the user's accounts as the provider lists them now, and what each is used for. */
export async function listCalendars(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
): Promise<CalendarChoice[]> {
  const credential = await ownConnection(options, userId, connectionId);
  return describe(options, credential, await readCalendars(options, credential));
}

/** Makes exactly these calendars of the account the ones that are read for busy times. */
export async function setSelected(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
  calendarIds: readonly string[],
): Promise<CalendarChoice[]> {
  const credential = await ownConnection(options, userId, connectionId);
  const calendars = await readCalendars(options, credential);
  const chosen = [...new Set(calendarIds)].map((id) => calendarById(calendars, id));
  await options.prisma.$transaction(async (tx) => {
    await calendarChoiceRepository.replaceSelected(
      tx,
      userId,
      credential.id,
      chosen.map(({ id, name }) => ({ externalCalendarId: id, name })),
    );
    await options.sync.ensureCalendarSyncs(
      tx,
      chosen.map((calendar) => targetOf(credential, calendar)),
    );
  });
  return describe(options, credential, calendars);
}

/** Makes one calendar the destination of the user's bookings, or of one event type's. */
export async function setDestination(
  options: ConnectionServiceOptions,
  userId: number,
  choice: { connectionId: number; calendarId: string; eventTypeId?: number | null | undefined },
): Promise<Destination> {
  const { prisma, sync } = options;
  const credential = await ownConnection(options, userId, choice.connectionId);
  const eventTypeId = choice.eventTypeId ?? null;
  if (
    eventTypeId !== null &&
    !(await calendarChoiceRepository.eventTypeBelongsTo(prisma, userId, eventTypeId))
  ) {
    throw new AppError("not-found", "event_type_not_found", "There is no such event type.");
  }
  const calendar = calendarById(await readCalendars(options, credential), choice.calendarId);
  if (!calendar.writable) {
    throw new AppError(
      "invalid",
      "calendar_read_only",
      `Bookings cannot be written to “${calendar.name}”: it is read-only.`,
      {
        hint: "Choose a calendar that this account may change.",
      },
    );
  }
  await prisma.$transaction(async (tx) => {
    await calendarChoiceRepository.replaceDestination(tx, {
      userId,
      eventTypeId,
      credentialId: credential.id,
      externalCalendarId: calendar.id,
      name: calendar.name,
    });
    await sync.ensureCalendarSyncs(tx, [targetOf(credential, calendar)]);
    await sync.destinationChosen(tx, userId);
  });
  const chosen = (await listDestinations(options, userId)).find((one) => one.eventTypeId === eventTypeId);
  if (!chosen)
    throw new AppError("conflict", "destination_replaced", "Another choice has replaced this one.");
  return chosen;
}

/** Lets the bookings of an event type go to the user's default destination again. */
export async function clearDestination(
  { prisma, sync }: ConnectionServiceOptions,
  userId: number,
  eventTypeId: number,
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    if (await calendarChoiceRepository.clearDestination(tx, userId, eventTypeId)) {
      await sync.destinationChosen(tx, userId);
    }
  });
}

/** Where the user's bookings are written: the default first, then event types that have their own. */
export async function listDestinations(
  { prisma }: ConnectionServiceOptions,
  userId: number,
): Promise<Destination[]> {
  const destinations = await calendarChoiceRepository.listDestinations(prisma, userId);
  return destinations.map((row) => ({
    connectionId: row.credentialId,
    provider: row.provider,
    accountEmail: row.accountEmail,
    calendarId: row.externalCalendarId,
    name: row.name,
    eventTypeId: row.eventTypeId,
    privacy: row.privacy,
    titleTemplate: row.titleTemplate,
    descriptionTemplate: row.descriptionTemplate,
  }));
}

async function describe(
  { prisma }: ConnectionServiceOptions,
  { userId, id: credentialId }: StoredCredential,
  calendars: readonly ExternalCalendar[],
): Promise<CalendarChoice[]> {
  const selected = await calendarChoiceRepository.selectedIds(prisma, userId, credentialId);
  const destinations = await calendarChoiceRepository.listDestinations(prisma, userId);
  const byDefault = destinations.filter(
    (row) => row.eventTypeId === null && row.credentialId === credentialId,
  );
  return calendars.map(({ id, name, primary, writable, timeZone, color }) => ({
    id,
    name,
    primary,
    writable,
    timeZone,
    color,
    selected: selected.has(id),
    destination: byDefault.some((row) => row.externalCalendarId === id),
  }));
}

async function readCalendars(
  { gateway }: ConnectionServiceOptions,
  credential: StoredCredential,
): Promise<ExternalCalendar[]> {
  try {
    const service = await gateway.serviceFor(credential.id);
    return await service.listCalendars();
  } catch (error) {
    throw isCalendarError(error, "CREDENTIAL_INVALID") ? endedConnection(error) : error;
  }
}

function endedConnection(cause: CalendarError): AppError {
  return new AppError("conflict", "connection_invalid", "The provider no longer accepts this connection.", {
    hint: "Connect the account again.",
    cause,
  });
}

function calendarById(calendars: readonly ExternalCalendar[], id: string): ExternalCalendar {
  const calendar = calendars.find((candidate) => candidate.id === id);
  if (calendar) return calendar;
  throw new AppError("invalid", "unknown_calendar", "The account has no calendar with this id.", {
    hint: "List the connection's calendars and send one of their ids.",
  });
}

function targetOf(credential: StoredCredential, calendar: ExternalCalendar): CalendarTarget {
  return {
    userId: credential.userId,
    credentialId: credential.id,
    provider: credential.provider,
    externalCalendarId: calendar.id,
    name: calendar.name,
  };
}
