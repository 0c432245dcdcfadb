import type { IcsProblem } from "@calsync/icalendar";
import { AppError } from "@calsync/lib";

/** A file of which nothing can be kept: it is no calendar, breaks off, or is too large. */
export function unusableFile(message: string, hint: string, problems: readonly IcsProblem[] = []): AppError {
  return new AppError("invalid", "ics_unusable", message, {
    hint,
    errors: problems.map((problem) => ({
      path: `line ${problem.line}${problem.property ? ` ${problem.property}` : ""}`,
      message: problem.message,
    })),
  });
}

/** Also for imports of others: whoever may not see one does not learn that it exists. */
export function unknownImport(): AppError {
  return new AppError("not-found", "unknown_import", "There is no such import.");
}

/** An import is not where it would have to be. */
export function wrongState(message: string, hint?: string): AppError {
  return new AppError("conflict", "import_state", message, hint === undefined ? {} : { hint });
}

/** There is no such mail of the user's. */
export function unknownMail(): AppError {
  return new AppError("not-found", "unknown_mail", "There is no such mail, or it does not wait any more.");
}

/** There is no such feed. */
export function unknownFeed(): AppError {
  return new AppError("not-found", "unknown_feed", "There is no such feed, or its address was withdrawn.");
}
