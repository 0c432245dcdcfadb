import { STATUS_CODES } from "node:http";
import { AppError, type AppErrorKind, CalendarError } from "@calsync/lib";
import type { CalendarErrorCode } from "@calsync/types";
import type { FastifyError, FastifyReply } from "fastify";
import plugin from "fastify-plugin";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { pathOf } from "./request-log.ts";

/** The body of every error answer: RFC 9457, media type `application/problem+json`. */
export const problemSchema = z
  .object({
    type: z.string().describe("`urn:calsync:problem:<code>`"),
    title: z.string().describe("What kind of problem it is; the same for each of its kind."),
    status: z.int(),
    detail: z.string().describe("What happened, for people."),
    code: z.string().describe("What happened, for programs."),
    hint: z.string().optional().describe("What to do about it."),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe("Each part of the request that is not as it should be."),
  })
  .meta({ id: "Problem" });
/** An error as the API answers it (RFC 9457). */
export type Problem = z.infer<typeof problemSchema>;

/** Somebody tried too often. */
export class TooManyRequests extends Error {
  override readonly name = "TooManyRequests";
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const STATUS_OF_KIND: Record<AppErrorKind, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  outdated: 412,
  unavailable: 503,
};

/** How a calendar's error looks over HTTP. The adapters know no HTTP status of ours; only this table does. */
const OF_CALENDAR_CODE: Record<CalendarErrorCode, { status: number; title: string; hint?: string }> = {
  OAUTH_TOKEN_EXPIRED: { status: 503, title: "The provider's access could not be renewed for now" },
  CREDENTIAL_INVALID: {
    status: 409,
    title: "The connection is no longer accepted by the provider",
    hint: "Connect the account again.",
  },
  OAUTH_CLIENT_REFUSED: {
    status: 503,
    title: "The provider refuses this installation",
    hint: "An operator has to check the client id and secret.",
  },
  RATE_LIMIT_EXCEEDED: { status: 503, title: "The provider asks for a pause", hint: "Try again in a while." },
  NETWORK_ERROR: { status: 502, title: "The provider cannot be reached", hint: "Try again in a while." },
  CALENDAR_API_ERROR: { status: 502, title: "The provider failed", hint: "Try again in a while." },
  INVALID_ICS_FORMAT: { status: 400, title: "This is not iCalendar" },
  CONFLICT_DETECTED: { status: 409, title: "Both sides changed" },
  CURSOR_EXPIRED: { status: 503, title: "The calendar is being read anew", hint: "Try again in a while." },
  VERSION_CONFLICT: { status: 409, title: "The event changed meanwhile", hint: "Read it again and repeat." },
  EVENT_NOT_FOUND: { status: 404, title: "There is no such event" },
  EVENT_UNREADABLE: { status: 409, title: "The event cannot be read" },
  CALENDAR_NOT_FOUND: { status: 404, title: "There is no such calendar" },
  MAPPING_INVALID: {
    status: 409,
    title: "The table's columns do not fit to how they are assigned",
    hint: "Assign the columns again.",
  },
  PERMISSION_DENIED: { status: 403, title: "The account may not do this" },
  INVALID_REQUEST: { status: 502, title: "The provider does not accept the request" },
  WATCH_UNSUPPORTED: { status: 409, title: "The calendar cannot be watched" },
  UNSUPPORTED_OPERATION: { status: 409, title: "The provider does not offer this" },
};

/** Turns everything that goes wrong in a route into a problem. What is not one of our errors says nothing about itself. */
export const problemPlugin = plugin(
  async (app) => {
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const problem = problemOf(error);
      if (problem.status >= 500) request.log.error({ err: error, code: problem.code }, "a request failed");
      if (error instanceof CalendarError && error.advice.retry === "later" && error.advice.afterMs !== null) {
        reply.header("retry-after", Math.ceil(error.advice.afterMs / 1_000));
      }
      if (error instanceof TooManyRequests) reply.header("retry-after", error.retryAfterSeconds);
      return sendProblem(reply, problem);
    });
    app.setNotFoundHandler((request, reply) =>
      sendProblem(reply, {
        ...common("not_found", 404),
        detail: `There is no ${request.method} ${pathOf(request)}.`,
        hint: "The routes are listed at /docs.",
      }),
    );
  },
  { name: "calsync-problem" },
);

/** `40 seconds`, `1 minute`, `12 minutes`. */
function inWords(seconds: number): string {
  const [count, unit] = seconds < 60 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // Sent as text, so that a route's own response schemas do not apply to it.
  return reply
    .code(problem.status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(problem));
}

/** The problem that an error is to a caller. Internals of errors that are not meant for callers stay inside. */
function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof AppError) {
    const { code, message: detail, hint, errors } = error;
    return {
      ...common(code, STATUS_OF_KIND[error.kind]),
      detail,
      ...(hint === undefined ? {} : { hint }),
      ...(errors === undefined ? {} : { errors: [...errors] }),
    };
  }
  if (error instanceof CalendarError) {
    const { status, title, hint } = OF_CALENDAR_CODE[error.code];
    const base = common(error.code.toLowerCase(), status);
    return { ...base, title, detail: error.message, ...(hint === undefined ? {} : { hint }) };
  }
  if (error instanceof TooManyRequests) {
    const hint = `Try again in ${inWords(error.retryAfterSeconds)}.`;
    return { ...common("too_many_attempts", 429), detail: error.message, hint };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part = "validationContext" in error ? String(error.validationContext) : "request";
    return {
      ...common("invalid_request", 400),
      detail: `The ${part === "querystring" ? "query" : part} is not as it should be.`,
      errors: error.validation.map((issue) => ({
        path: pathOfIssue(issue.instancePath),
        message: issue.message ?? "is wrong",
      })),
    };
  }
  const status = "statusCode" in error && error.statusCode !== undefined ? error.statusCode : 500;
  if (status >= 400 && status < 500) {
    // Fastify's own refusals: a body that is not JSON, one that is too large, a media type nobody reads, too many requests.
    return { ...common(codeOfStatus(status), status), detail: error.message };
  }
  return { ...common("internal_error", 500), detail: "Something went wrong on our side. It was logged." };
}

function common(code: string, status: number): Pick<Problem, "type" | "title" | "status" | "code"> {
  return { type: `urn:calsync:problem:${code}`, title: STATUS_CODES[status] ?? "Error", status, code };
}

function codeOfStatus(status: number): string {
  return (STATUS_CODES[status] ?? "error").toLowerCase().replace(/[^a-z]+/g, "_");
}

/** `/guest/email` as callers write it: `guest.email`. */
function pathOfIssue(instancePath: string): string {
  return instancePath.replace(/^\//, "").replaceAll("/", ".");
}
