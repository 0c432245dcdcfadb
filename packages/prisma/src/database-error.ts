import { setTimeout as sleep } from "node:timers/promises";

/** What PostgreSQL said about a statement that failed. */
export interface DatabaseErrorInfo {
  /** SQLSTATE, five characters. */
  code: string;
  /** The constraint or index that refused, when one did. */
  constraint: string | undefined;
}

const UNIQUE_VIOLATION = "23505";
const EXCLUSION_VIOLATION = "23P01";
const CHECK_VIOLATION = "23514";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK = "40P01";

/**
 * PostgreSQL's code and constraint, from an error of a Prisma query, of a raw query or of `pg`; null for any other error.
 * Prisma has codes of its own (P2002, P2010, P2034, P2039) that differ between those kinds of query, but keeps
 * PostgreSQL's in `meta`. Do not log `meta`: it can hold the row that was refused.
 */
export function databaseErrorInfo(error: unknown): DatabaseErrorInfo | null {
  if (!(error instanceof Error)) return null;
  const direct = error as { code?: unknown; constraint?: unknown; severity?: unknown };
  if (typeof direct.code === "string" && typeof direct.severity === "string") {
    return { code: direct.code, constraint: optionalString(direct.constraint) };
  }
  const cause = (error as { meta?: { driverAdapterError?: { cause?: AdapterCause } } }).meta
    ?.driverAdapterError?.cause;
  const code = optionalString(cause?.originalCode);
  if (code === undefined) {
    // Inside of a transaction Prisma may give its own code alone.
    return (error as { code?: unknown }).code === "P2034" ? { code: DEADLOCK, constraint: undefined } : null;
  }
  const named = /constraint "([^"]+)"/.exec(cause?.originalMessage ?? "")?.[1];
  return { code, constraint: optionalString(cause?.constraint?.index) ?? named };
}

interface AdapterCause {
  originalCode?: string;
  originalMessage?: string;
  constraint?: { index?: string };
}

function optionalString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function is(error: unknown, code: string, constraint?: string): boolean {
  const info = databaseErrorInfo(error);
  return info?.code === code && (constraint === undefined || info.constraint === constraint);
}

/** Whether a row with the same key exists. `constraint`, when given, is the index's name (`"User_email_key"`). */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return is(error, UNIQUE_VIOLATION, constraint);
}

/**
 * Whether the host's time is taken: by another guest (`"Booking_guests_apart"`) or by something that the host has put
 * there (`"Booking_guest_not_over_host"`).
 */
export function isExclusionViolation(
  error: unknown,
  constraint?: "Booking_guests_apart" | "Booking_guest_not_over_host",
): boolean {
  return is(error, EXCLUSION_VIOLATION, constraint);
}

/** Whether a CHECK refused the row, such as `"Booking_seats_check"` when no seat is left. */
export function isCheckViolation(error: unknown, constraint?: string): boolean {
  return is(error, CHECK_VIOLATION, constraint);
}

/** Whether a transaction at REPEATABLE READ or SERIALIZABLE has to be run again. */
export function isSerializationFailure(error: unknown): boolean {
  return is(error, SERIALIZATION_FAILURE);
}

/** Whether PostgreSQL ended this transaction because two waited for each other. */
export function isDeadlock(error: unknown): boolean {
  return is(error, DEADLOCK);
}

/**
 * Runs `transaction` again, up to `attempts` times in all, when it was ended by a deadlock or a serialization failure:
 * then nothing of it has happened, and usually the other one is done by now. Every other error passes at once. The
 * function must do all of its work inside of one transaction that it opens itself.
 */
export async function retryOnDeadlock<T>(transaction: () => Promise<T>, attempts = 4): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt >= attempts || !(isDeadlock(error) || isSerializationFailure(error))) throw error;
      // Spread out, so that the two do not meet again.
      await sleep(Math.random() * 40 * 2 ** attempt);
    }
  }
}
