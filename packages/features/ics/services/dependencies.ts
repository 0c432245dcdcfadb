import type { Clock } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { AttendeeResponse, Interval } from "@calsync/types";

/** How much a file may hold and cost. */
export interface IcsSettings {
  /** Octets of one uploaded file. */
  maxFileOctets: number;
  /** Events of one file. */
  maxEvents: number;
  /** Times that the events of one file may come to, repetitions counted. */
  maxTimes: number;
  /** Time that working out one file may take, in milliseconds; waiting does not count. */
  workBudgetMs: number;
  /** Feeds of one user. */
  maxFeeds: number;
}

export const DEFAULT_ICS_SETTINGS: IcsSettings = {
  maxFileOctets: 50 * 1024 * 1024,
  maxEvents: 100_000,
  maxTimes: 300_000,
  workBudgetMs: 60_000,
  maxFeeds: 20,
};

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
