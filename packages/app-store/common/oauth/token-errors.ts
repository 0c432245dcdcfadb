import { CalendarError } from "@calsync/lib";
import type { CalendarErrorCode } from "@calsync/types";
import type { RefusalCause, TokenRefusal } from "./token-endpoint.ts";

/** What a person can do about each cause, in a sentence. */
export type RefusalSentences = Readonly<Record<RefusalCause, string>>;

/** A refused refresh: the grant has ended, or it cannot be renewed for now. */
export const REFRESH_CODES: Readonly<Record<RefusalCause, CalendarErrorCode>> = {
  grant: "CREDENTIAL_INVALID",
  client: "OAUTH_CLIENT_REFUSED",
  request: "INVALID_REQUEST",
  transient: "OAUTH_TOKEN_EXPIRED",
};

/** A refused exchange of a code: nothing was connected yet. */
export const EXCHANGE_CODES: Readonly<Record<RefusalCause, CalendarErrorCode>> = {
  grant: "INVALID_REQUEST",
  client: "OAUTH_CLIENT_REFUSED",
  request: "INVALID_REQUEST",
  transient: "NETWORK_ERROR",
};

/** A refusal as the one error that leaves an adapter. */
export function toTokenError(
  { cause, reason, status, retryAfterMs }: TokenRefusal,
  codes: Readonly<Record<RefusalCause, CalendarErrorCode>>,
  sentences: RefusalSentences,
): CalendarError {
  const code = codes[cause];
  return new CalendarError(code, sentences[cause], {
    status: status ?? undefined,
    providerReason: reason,
    ...(code === "OAUTH_TOKEN_EXPIRED"
      ? { advice: { retry: "later" as const, afterMs: retryAfterMs ?? null } }
      : {}),
  });
}
