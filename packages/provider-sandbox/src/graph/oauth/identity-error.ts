import { randomUUID } from "node:crypto";

/** A refusal of the identity platform: an OAuth error with the number of AADSTS that says why. */
export class IdentityError extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: number;
  readonly members: Readonly<Record<string, string>>;

  /** @param members further members of the answer, e.g. `suberror`, `claims` */
  constructor(
    status: number,
    error: string,
    code: number,
    message: string,
    members: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.error = error;
    this.code = code;
    this.members = members;
  }

  /** The JSON body of the answer. @param nowMs time that it names */
  toBody(nowMs: number): object {
    const timestamp = `${new Date(nowMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
    const traceId = randomUUID();
    const correlationId = randomUUID();
    return {
      error: this.error,
      error_description: `AADSTS${this.code}: ${this.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [this.code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      ...this.members,
    };
  }
}

const GRANT_MESSAGES: Record<number, string> = {
  50173:
    "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.",
  54005:
    "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
  65001:
    "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.",
  70000: "Provided grant is invalid or malformed.",
  70008: "The provided authorization code or refresh token has expired due to inactivity.",
  700082: "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00.",
  700084:
    "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00.",
};

/** 400 `invalid_grant`. @param code number of AADSTS that says why */
export function invalidGrant(code: number, message?: string): IdentityError {
  return new IdentityError(
    400,
    "invalid_grant",
    code,
    message ?? GRANT_MESSAGES[code] ?? "The grant is invalid.",
  );
}

/** 400 `invalid_request`. */
export function invalidRequest(code: number, message: string): IdentityError {
  return new IdentityError(400, "invalid_request", code, message);
}
