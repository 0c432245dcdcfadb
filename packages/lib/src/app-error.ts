/** What sort of refusal it is; apps/api has an HTTP status for each. */
export type AppErrorKind =
  /** The request makes no sense as it stands. */
  | "invalid"
  /** Nobody is signed in, or the key is not valid. */
  | "unauthorized"
  /** Known, but not allowed. */
  | "forbidden"
  /** There is none, or it belongs to somebody else. */
  | "not-found"
  /** The request makes sense, and something that exists stands in its way. */
  | "conflict"
  /** The request was made on a state that has changed since. */
  | "outdated"
  /** Something that we need does not answer at the moment. */
  | "unavailable";

/** What an error tells beside its code and sentence. */
export interface AppErrorOptions extends ErrorOptions {
  /** What the person can do about it, as a sentence. */
  hint?: string | undefined;
  /** Each part of the request that stands in the way, for people to choose otherwise. */
  errors?: readonly { path: string; message: string }[] | undefined;
}

/**
 * A refusal that a feature means to be seen by whoever made the request. Match `code` (snake_case, lasting, documented),
 * never `message`; both may be shown to a person, so they hold no secret. Everything else that is thrown is a bug or an
 * outage, and its message stays in the log.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly kind: AppErrorKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly errors: AppErrorOptions["errors"];

  constructor(kind: AppErrorKind, code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.hint = options.hint;
    this.errors = options.errors;
  }
}

/** Whether `error` is an AppError, with one of `codes` when any are given. */
export function isAppError(error: unknown, ...codes: string[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}
