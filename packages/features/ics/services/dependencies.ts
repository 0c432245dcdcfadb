import type { Clock } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { AttendeeResponse, Interval } from "@calsync/types";
import type { Mailbox } from "../mailbox/Mailbox.ts";

/** How much a file may hold and cost. */
export interface IcsSettings {
  /** Octets of one uploaded file. */
  maxFileOctets: number;
  /** Events of one file. */
  maxEvents: number;
  /** Times that the events of one file may come to, repetitions counted. */
  maxTimes: number;
  /** Processor time that working out one file may take, in milliseconds. */
  workBudgetMs: number;
  /** Feeds of one user. */
  maxFeeds: number;
}

/** The settings of an installation that has set none. */
export const DEFAULT_ICS_SETTINGS: IcsSettings = {
  maxFileOctets: 50 * 1024 * 1024,
  maxEvents: 100_000,
  maxTimes: 300_000,
  workBudgetMs: 120_000,
  maxFeeds: 20,
};

/** How mails of the inbox are taken. */
export interface InboxSettings {
  /** Under which the mailbox gets mail: `calendar@example.com`. Users have addresses below it, told apart by a tag after a plus. */
  address: string;
  /** Octets of one mail. */
  maxMessageOctets: number;
  /** The name under which the mail server writes Authentication-Results; null when it writes none that can be relied on. */
  authority: string | null;
}

/** An answer to the invitation of one booking, from a message. */
export interface ReceivedAnswer {
  bookingId: number;
  /** In lower case. */
  email: string;
  response: Exclude<AttendeeResponse, "needs-action">;
  /** ISO 8601. */
  answeredAt: string;
  /** Names the message: the same one changes a booking once. */
  messageId: string;
}

/** What becomes of an answer: `changes` means that the booking has changed. */
export type AnswerOutcome = "changes" | "same" | "not-invited" | "cancelled" | "ended";

/** What files are read from and written to. */
export interface IcsDependencies {
  prisma: PrismaClient;
  now: Clock;
  settings?: Partial<IcsSettings>;
  /** Where invitations and answers come in by mail; left out when there is no mailbox. */
  inbox?: { mailbox: Mailbox; settings: InboxSettings; pollMs: number } | undefined;
  /** Applies answers to bookings of a host as sync does, in the transaction; one outcome per answer, in order. */
  applyAnswers: (
    tx: PrismaTransaction,
    hostId: number,
    answers: readonly ReceivedAnswer[],
  ) => Promise<AnswerOutcome[]>;
  /** A user's bookable hours in a range, in order, with the zone that they are kept in. */
  openHours: (userId: number, range: Interval) => Promise<{ timeZone: string; hours: Interval[] }>;
  /** Where a user sees a booking. */
  bookingUrl: (uid: string) => string;
  /** The address of a feed with this secret. */
  feedUrl: (token: string) => string;
}
