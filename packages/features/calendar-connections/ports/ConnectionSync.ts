import type { PrismaTransaction } from "@calsync/prisma";

/** One external calendar that a choice of the user's needs in step. */
export interface CalendarTarget {
  userId: number;
  credentialId: number;
  provider: string;
  externalCalendarId: string;
  /** As the provider shows it. */
  name: string;
}

/** What connecting, choosing and disconnecting ask of the sync engine (its facade fits). */
export interface ConnectionSync {
  /** Makes the CalendarSync that each choice just stored needs, links the choices to it and asks for a first pull. */
  ensureCalendarSyncs(tx: PrismaTransaction, targets: readonly CalendarTarget[]): Promise<unknown>;
  /** Bookings to come that stand in no calendar yet are written to the destination just chosen. */
  destinationChosen(tx: PrismaTransaction, userId: number): Promise<void>;
  /** The account works again: its calendars leave the failed state and are pulled. */
  credentialReconnected(tx: PrismaTransaction, credentialId: number): Promise<unknown>;
  /** The account is about to be deleted: its push channels are stopped while its secret still works. */
  credentialWillBeRemoved(credentialId: number): Promise<unknown>;
}
