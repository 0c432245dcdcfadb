import { randomUUID } from "node:crypto";

/** An error of the simulated Notion API, in the envelope that the API sends. */
export class NotionApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly additionalData: Record<string, string | string[]> | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: {
      additionalData?: Record<string, string | string[]>;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: extra.cause });
    this.status = status;
    this.code = code;
    this.additionalData = extra.additionalData;
    this.headers = extra.headers ?? {};
  }

  toBody(): Record<string, unknown> {
    return {
      object: "error",
      status: this.status,
      code: this.code,
      message: this.message,
      request_id: randomUUID(),
      ...(this.additionalData ? { additional_data: this.additionalData } : {}),
    };
  }
}

/** 400: the request's content does not fit the schema or the rules of the API. */
export const validationError = (message: string, cause?: unknown): NotionApiError =>
  new NotionApiError(400, "validation_error", message, { cause });

/** 404: not there, or not shared with the connection; the two cannot be told apart. */
export function notFound(kind: "page" | "database" | "data_source" | "block", id: string): NotionApiError {
  const name = kind === "data_source" ? "data source" : kind;
  const message = `Could not find ${name} with ID: ${id}. Make sure the relevant pages and databases are shared with your integration.`;
  return new NotionApiError(404, "object_not_found", message);
}

/** 401: the token is none, or has ended. */
export const unauthorized = (): NotionApiError =>
  new NotionApiError(401, "unauthorized", "API token is invalid.");

/** 403: the integration's capabilities do not reach so far. */
export const restricted = (message = "Insufficient permissions for this endpoint."): NotionApiError =>
  new NotionApiError(403, "restricted_resource", message);

/** 400: no such endpoint. */
export const invalidUrl = (): NotionApiError =>
  new NotionApiError(400, "invalid_request_url", "Invalid request URL.");

/** 409: somebody else was writing; to be tried again. */
export const conflict = (): NotionApiError =>
  new NotionApiError(409, "conflict_error", "Conflict occurred while saving. Please try again.");

/** 429 with the seconds to wait in the header and, as text, in the body. */
export function rateLimited(reason: string, retryAfterSeconds: number): NotionApiError {
  const seconds = String(retryAfterSeconds);
  return new NotionApiError(429, "rate_limited", "You have been rate limited. Please try again later.", {
    headers: { "retry-after": seconds },
    additionalData: { rate_limit_reason: reason, retry_after: seconds },
  });
}
