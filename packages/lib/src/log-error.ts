/** An error as a log line shows it. */
export interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  code?: string | number;
  status?: number;
  providerReason?: string;
  cause?: LoggedError;
}

/** How many causes are followed. */
const DEPTH = 5;

/**
 * Picks from an error what helps and is safe. Whatever else hangs on it stays out: HTTP clients attach the request with
 * its tokens, Prisma the row that was refused.
 */
export function describeError(error: unknown, depth = DEPTH): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutSecrets(String(error)) };
  const { code, status, providerReason, cause } = error as Error & Record<string, unknown>;
  return {
    type: error.name,
    message: withoutSecrets(error.message),
    ...(error.stack === undefined ? {} : { stack: withoutSecrets(error.stack) }),
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(typeof status === "number" ? { status } : {}),
    ...(typeof providerReason === "string" ? { providerReason } : {}),
    ...(cause === undefined || depth <= 1 ? {} : { cause: describeError(cause, depth - 1) }),
  };
}

/** Takes passwords out of addresses, and tokens out of headers and queries that a message repeats. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1[redacted]@")
    .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, "$1 [redacted]")
    .replaceAll(
      /\b(access_token|refresh_token|id_token|client_secret|code_verifier|token|secret|password|code)=[^&\s"']+/gi,
      "$1=[redacted]",
    );
}
