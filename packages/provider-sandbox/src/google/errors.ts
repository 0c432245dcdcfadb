/** Where in the request an error lies, as Google names it. */
export interface ErrorLocation {
  type: "parameter" | "header";
  name: string;
}

const STATUS_NAMES: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  429: "RESOURCE_EXHAUSTED",
};

/** A refusal of the Calendar API: HTTP status, domain and reason as in its error guide. */
export class GoogleApiError extends Error {
  readonly status: number;
  readonly domain: string;
  readonly reason: string;
  readonly location: ErrorLocation | undefined;

  constructor(status: number, domain: string, reason: string, message: string, location?: ErrorLocation) {
    super(message);
    this.name = "GoogleApiError";
    this.status = status;
    this.domain = domain;
    this.reason = reason;
    this.location = location;
  }

  /** The JSON body of the answer. */
  toBody(): object {
    const entry: Record<string, string> = { domain: this.domain, reason: this.reason, message: this.message };
    if (this.location) {
      entry.locationType = this.location.type;
      entry.location = this.location.name;
    }
    const error: Record<string, unknown> = { errors: [entry], code: this.status, message: this.message };
    if (this.reason === "insufficientPermissions") {
      error.status = STATUS_NAMES[403];
      error.details = [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
          domain: "googleapis.com",
        },
      ];
    } else if (this.reason === "authError") {
      error.status = STATUS_NAMES[401];
    }
    return { error };
  }
}

const parameter = (name: string): ErrorLocation => ({ type: "parameter", name });

/** 400 `invalid`: a value that cannot be used. */
export function invalid(message: string, parameterName?: string): GoogleApiError {
  return new GoogleApiError(
    400,
    "global",
    "invalid",
    message,
    parameterName ? parameter(parameterName) : undefined,
  );
}

/** 400 `required`: a value that is missing. */
export function required(message: string, parameterName?: string): GoogleApiError {
  return new GoogleApiError(
    400,
    "global",
    "required",
    message,
    parameterName ? parameter(parameterName) : undefined,
  );
}

/** 400 `badRequest`: a combination that is not allowed. */
export function badRequest(message: string, parameterName?: string): GoogleApiError {
  return new GoogleApiError(
    400,
    "global",
    "badRequest",
    message,
    parameterName ? parameter(parameterName) : undefined,
  );
}

/** 400 `parseError`: the body is no JSON object. */
export function parseError(): GoogleApiError {
  return new GoogleApiError(400, "global", "parseError", "Parse Error");
}

/** 400 `timeRangeEmpty`: the end lies before the start. */
export function timeRangeEmpty(): GoogleApiError {
  return new GoogleApiError(
    400,
    "calendar",
    "timeRangeEmpty",
    "The specified time range is empty.",
    parameter("timeMax"),
  );
}

/** 400 `syncTokenWithRequestRestrictions`: a filter beside a sync token. */
export function syncTokenWithRestrictions(): GoogleApiError {
  return new GoogleApiError(
    400,
    "calendar",
    "syncTokenWithRequestRestrictions",
    "Sync token cannot be used with other request restrictions.",
    parameter("syncToken"),
  );
}

/** 401 `authError`: no access token, or one that is unknown, expired or revoked. */
export function authError(): GoogleApiError {
  return new GoogleApiError(401, "global", "authError", "Invalid Credentials", {
    type: "header",
    name: "Authorization",
  });
}

/** 403 `insufficientPermissions`: the token lacks the scope of the method. */
export function insufficientPermissions(): GoogleApiError {
  return new GoogleApiError(
    403,
    "global",
    "insufficientPermissions",
    "Request had insufficient authentication scopes.",
  );
}

/** 403 `forbidden`: the user may not do this on the calendar. */
export function forbidden(message = "Forbidden"): GoogleApiError {
  return new GoogleApiError(403, "global", "forbidden", message);
}

/** 403 of the calendar domain: a rule about who may change what. */
export function calendarForbidden(reason: string, message: string): GoogleApiError {
  return new GoogleApiError(403, "calendar", reason, message);
}

/** 404 `notFound`: unknown, purged or invisible. */
export function notFound(): GoogleApiError {
  return new GoogleApiError(404, "global", "notFound", "Not Found");
}

/** 409 `duplicate`: the identifier is taken, also by a deleted event. */
export function duplicate(): GoogleApiError {
  return new GoogleApiError(409, "global", "duplicate", "The requested identifier already exists.");
}

/** 409 `conflict`: two parts of one batch touch the same resource. */
export function conflict(): GoogleApiError {
  return new GoogleApiError(409, "global", "conflict", "Conflict");
}

/** 410 `deleted`: a second deletion. */
export function alreadyDeleted(): GoogleApiError {
  return new GoogleApiError(410, "global", "deleted", "Resource has been deleted");
}

/** 410 `fullSyncRequired`: the sync token has expired. */
export function fullSyncRequired(): GoogleApiError {
  return new GoogleApiError(
    410,
    "calendar",
    "fullSyncRequired",
    "Sync token is no longer valid, a full sync is required.",
    parameter("syncToken"),
  );
}

/** 410 `updatedMinTooLongAgo`. */
export function updatedMinTooLongAgo(): GoogleApiError {
  return new GoogleApiError(
    410,
    "calendar",
    "updatedMinTooLongAgo",
    "The requested minimum modification time lies too far in the past.",
    parameter("updatedMin"),
  );
}

/** 412 `conditionNotMet`: the resource changed since the etag of `If-Match`. */
export function conditionNotMet(): GoogleApiError {
  return new GoogleApiError(412, "global", "conditionNotMet", "Precondition Failed", {
    type: "header",
    name: "If-Match",
  });
}

/** 403 or 429 `rateLimitExceeded`; both mean the same. */
export function rateLimitExceeded(status: 403 | 429): GoogleApiError {
  return new GoogleApiError(status, "usageLimits", "rateLimitExceeded", "Rate Limit Exceeded");
}

/** 403 `quotaExceeded`: hours, not seconds. */
export function quotaExceeded(): GoogleApiError {
  return new GoogleApiError(403, "usageLimits", "quotaExceeded", "Calendar usage limits exceeded.");
}

/** 5xx `backendError`. */
export function backendError(status: number): GoogleApiError {
  return new GoogleApiError(status, "global", "backendError", "Backend Error");
}
