import { isCalendarError } from "@calsync/lib";

/** An error as it is shown and acted upon. */
export interface Failure {
  /** A code of the closed list, or INTERNAL_ERROR for what is not a calendar's fault. */
  code: string;
  /** For people; without secrets and without content of events. */
  message: string;
  /** Whether trying again cannot help until somebody does something. */
  final: boolean;
  /** The pause that the provider asked for. */
  retryAfterMs: number | null;
}

/** Reads an error for the record. Foreign errors give away nothing but that they happened: their text may hold anything. */
export function failureOf(error: unknown): Failure {
  if (!isCalendarError(error)) {
    return {
      code: "INTERNAL_ERROR",
      message: "An unexpected error; the log has the details.",
      final: false,
      retryAfterMs: null,
    };
  }
  return {
    code: error.code,
    message: error.message,
    final: error.advice.retry === "never",
    retryAfterMs: error.advice.retry === "later" ? error.advice.afterMs : null,
  };
}
