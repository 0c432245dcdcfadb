import type { CalendarMapping, CalendarTable, TablePlace } from "@calsync/types";
import type { CalendarChoice, Connection, Destination, Provider } from "../dto.ts";
import { credentialRepository } from "../repositories/CredentialRepository.ts";
import {
  clearDestination,
  listCalendars,
  listDestinations,
  setDestination,
  setSelected,
} from "./calendar-choices.ts";
import { createTable, describeTable, mapTable, tablePlaces } from "./calendar-tables.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";
import { disconnect } from "./disconnect.ts";
import { connectByForm, type FormValues, reconnectByForm } from "./form-connect.ts";
import { type ConnectedAccount, finishOAuth, type OAuthCallback, startOAuth } from "./oauth-connect.ts";

/**
 * Connecting accounts, choosing calendars, disconnecting. Every method is for one user and sees only that user's things;
 * what is not theirs is reported as not found. Besides the errors named here, methods that ask the provider throw
 * CalendarError.
 */
export interface ConnectionService {
  /** All providers that are shipped, and whether the operator has configured them. */
  listProviders(): Provider[];
  /** See {@link startOAuth}. */
  startOAuth(userId: number, provider: string, returnTo: string | null): Promise<string>;
  /** See {@link finishOAuth}. */
  finishOAuth(userId: number, provider: string, callback: OAuthCallback): Promise<ConnectedAccount>;
  /** See {@link connectByForm}. */
  connectByForm(userId: number, provider: string, values: FormValues): Promise<number>;
  /** See {@link reconnectByForm}. */
  reconnectByForm(userId: number, connectionId: number, values: FormValues): Promise<void>;
  listConnections(userId: number): Promise<Connection[]>;
  /** @throws AppError `connection_not_found`, `connection_invalid` */
  listCalendars(userId: number, connectionId: number): Promise<CalendarChoice[]>;
  /**
   * Makes exactly these calendars of the account the ones that are read for busy times.
   * @throws AppError `connection_not_found`, `connection_invalid`, `unknown_calendar`
   */
  setSelected(
    userId: number,
    connectionId: number,
    calendarIds: readonly string[],
  ): Promise<CalendarChoice[]>;
  /**
   * Makes one calendar the destination of the user's bookings, or of one event type's, in place of what was.
   * @throws AppError `connection_not_found`, `connection_invalid`, `unknown_calendar`, `calendar_read_only`, `event_type_not_found`
   */
  setDestination(
    userId: number,
    choice: { connectionId: number; calendarId: string; eventTypeId?: number | null | undefined },
  ): Promise<Destination>;
  /** Lets an event type's bookings go to the user's default again; nothing happens when they do so already. */
  clearDestination(userId: number, eventTypeId: number): Promise<void>;
  listDestinations(userId: number): Promise<Destination[]>;
  /**
   * A calendar that is a table: its columns, and how they stand for the fields of events.
   * @throws AppError `connection_not_found`, `no_tables`
   */
  describeTable(userId: number, connectionId: number, calendarId: string): Promise<CalendarTable>;
  /** See {@link mapTable}. */
  mapTable(
    userId: number,
    connectionId: number,
    calendarId: string,
    mapping: CalendarMapping,
  ): Promise<CalendarTable>;
  /** Where a table can be made in the account. */
  tablePlaces(userId: number, connectionId: number): Promise<TablePlace[]>;
  /** Makes a table with a column for each field, and maps it. */
  createTable(
    userId: number,
    connectionId: number,
    input: { name: string; placeId: string },
  ): Promise<CalendarTable>;
  /** Forgets the account; bookings stay. @throws AppError `connection_not_found` */
  disconnect(userId: number, connectionId: number): Promise<void>;
}

/** @param options everything the feature needs from outside; see {@link ConnectionServiceOptions} */
export function createConnectionService(options: ConnectionServiceOptions): ConnectionService {
  const { prisma, providers } = options;
  const nameOf = (slug: string) => providers.list().find((provider) => provider.slug === slug)?.name ?? slug;
  return {
    listProviders: () =>
      providers.list().map(({ slug, name, auth, form, capabilities }) => ({
        slug,
        name,
        auth,
        configured: providers.settings(slug) !== null,
        form: form ? { ...form, fields: [...form.fields], links: [...form.links] } : null,
        tables: capabilities.tables ?? false,
      })),
    startOAuth: (userId, provider, returnTo) => startOAuth(options, userId, provider, returnTo),
    finishOAuth: (userId, provider, callback) => finishOAuth(options, userId, provider, callback),
    connectByForm: (userId, provider, values) => connectByForm(options, userId, provider, values),
    reconnectByForm: (userId, connectionId, values) => reconnectByForm(options, userId, connectionId, values),
    async listConnections(userId) {
      const rows = await credentialRepository.listOfUser(prisma, userId);
      return rows.map((row) => ({
        id: row.id,
        provider: row.provider,
        providerName: nameOf(row.provider),
        accountEmail: row.accountEmail,
        accountName: row.accountName,
        status: row.status === "ACTIVE" ? "active" : "invalid",
        invalidReason: row.invalidReason,
        createdAt: row.createdAt.toISOString(),
        calendarCount: row.calendarCount,
      }));
    },
    listCalendars: (userId, connectionId) => listCalendars(options, userId, connectionId),
    setSelected: (userId, connectionId, calendarIds) =>
      setSelected(options, userId, connectionId, calendarIds),
    setDestination: (userId, choice) => setDestination(options, userId, choice),
    clearDestination: (userId, eventTypeId) => clearDestination(options, userId, eventTypeId),
    listDestinations: (userId) => listDestinations(options, userId),
    describeTable: (userId, connectionId, calendarId) =>
      describeTable(options, userId, connectionId, calendarId),
    mapTable: (userId, connectionId, calendarId, mapping) =>
      mapTable(options, userId, connectionId, calendarId, mapping),
    tablePlaces: (userId, connectionId) => tablePlaces(options, userId, connectionId),
    createTable: (userId, connectionId, input) => createTable(options, userId, connectionId, input),
    disconnect: (userId, connectionId) => disconnect(options, userId, connectionId),
  };
}
