import type { BookingSync } from "@calsync/calendar-sync";
import type { MailKind } from "@calsync/notifications";
import type { PrismaClient } from "@calsync/prisma";
import type { GuestTokens } from "./guest-tokens.ts";
import type { BusyLookup } from "./offered.ts";

/** Structured log, fields first; a pino logger fits. */
export interface BookingLog {
  info(fields: object, message: string): void;
}

/** What the booking service is handed. */
export interface BookingDependencies {
  prisma: PrismaClient;
  /** Told of every change that is made here, in the transaction of the change. */
  sync: BookingSync;
  /** When a host's connected calendars are busy. */
  busy: BusyLookup;
  now: () => Date;
  log: BookingLog;
  guestTokens: GuestTokens;
  /** How long mails about a change wait for further changes; see `queueBookingMails`. */
  settleMs?: Partial<Record<MailKind, number>>;
}
