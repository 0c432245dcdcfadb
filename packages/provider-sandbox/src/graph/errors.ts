import { randomUUID } from "node:crypto";

/** A refusal of Microsoft Graph: HTTP status, code and message as in its error guide. */
export class GraphApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  /**
   * @param headers of the answer, e.g. `retry-after`
   * @param members further members of the error object
   */
  constructor(
    status: number,
    code: string,
    message: string,
    extra: { headers?: Record<string, string>; members?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause });
    this.name = "GraphApiError";
    this.status = status;
    this.code = code;
    this.headers = extra.headers ?? {};
    this.members = extra.members ?? {};
  }

  /** The JSON body of the answer. @param at when the refusal was made, RFC 3339 */
  toBody(at: string, clientRequestId: string | undefined): object {
    const requestId = randomUUID();
    const innerError = {
      date: at.slice(0, 19),
      "request-id": requestId,
      "client-request-id": clientRequestId ?? requestId,
    };
    return { error: { code: this.code, message: this.message, ...this.members, innerError } };
  }
}

/** 400 for a property or a body that cannot be used. */
export function badRequest(code: string, message: string): GraphApiError {
  return new GraphApiError(400, code, message);
}

/** 400: the body is no JSON. @param cause what the parser said */
export function unreadableBody(cause?: unknown): GraphApiError {
  return new GraphApiError(
    400,
    "BadRequest",
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
    { cause },
  );
}

/** 400: the value of an event's property breaks a rule. */
export function invalidProperty(message: string): GraphApiError {
  return new GraphApiError(400, "ErrorPropertyValidationFailure", message);
}

/** 400: the zone is neither a Windows name nor one of the listed IANA names. */
export function unsupportedTimeZone(name: string): GraphApiError {
  return new GraphApiError(
    400,
    "TimeZoneNotSupportedException",
    `A valid TimeZone value must be specified. The following TimeZone value is not supported: '${name}'.`,
  );
}

/** 400: a query option that the path does not take. */
export function invalidQuery(message: string): GraphApiError {
  return new GraphApiError(400, "ErrorInvalidUrlQuery", message);
}

/** 401: no token, or one that is unknown or expired. */
export function invalidToken(message: string, wwwAuthenticate?: string): GraphApiError {
  return new GraphApiError(401, "InvalidAuthenticationToken", message, {
    headers: { "www-authenticate": wwwAuthenticate ?? 'Bearer realm="", error="invalid_token"' },
  });
}

/** 403: the token's scopes or the user's rights do not reach so far. */
export function accessDenied(message = "Access is denied. Check credentials and try again."): GraphApiError {
  return new GraphApiError(403, "ErrorAccessDenied", message);
}

/** 404: no such item in the mailbox. */
export function itemNotFound(): GraphApiError {
  return new GraphApiError(404, "ErrorItemNotFound", "The specified object was not found in the store.");
}

/** 404: no such resource outside of a mailbox, e.g. a subscription. */
export function resourceNotFound(): GraphApiError {
  return new GraphApiError(404, "ResourceNotFound", "The object was not found.");
}

/** 409 or 412: the item changed since the client read it. */
export function irresolvableConflict(status: 409 | 412): GraphApiError {
  return new GraphApiError(
    status,
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
  );
}

/** 410: a delta token of a generation that the server has dropped. */
export function syncStateNotFound(generation: number, known: readonly number[]): GraphApiError {
  const highest = Math.max(0, ...known);
  return new GraphApiError(
    410,
    "SyncStateNotFound",
    `The sync state generation is not found; generation=${generation};[highest=${highest}]${known
      .map((one) => `[${one}]`)
      .join("")}.`,
  );
}

/** 429 with `Retry-After`, in seconds that may be a fraction. */
export function throttled(message: string, retryAfterSeconds: number): GraphApiError {
  return new GraphApiError(429, "ApplicationThrottled", message, {
    headers: { "retry-after": String(retryAfterSeconds) },
  });
}

const SERVER_ERRORS: Record<number, [string, string]> = {
  500: ["ErrorInternalServerError", "An internal server error occurred. The operation failed."],
  502: ["BadGateway", "Failed to reach the upstream server."],
  503: ["ServiceUnavailable", "The service is temporarily unavailable."],
  504: ["GatewayTimeout", "The upstream server did not answer in time."],
};

/** 5xx. @param retryAfterSeconds sent as `Retry-After` when given */
export function serverError(status: number, retryAfterSeconds?: number): GraphApiError {
  const [code, message] = SERVER_ERRORS[status] ?? ["UnknownError", "An unknown error occurred."];
  return new GraphApiError(status, code, message, {
    headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
  });
}
