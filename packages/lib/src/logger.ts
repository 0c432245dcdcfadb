import { pino } from "pino";
import { describeError } from "./log-error.ts";
import { readableLines } from "./readable-log.ts";

/** What code logs to. Handed down, with its scope bound by `child({ calendarSyncId })`. */
export type Logger = pino.Logger;

/** Least level of the lines that are written. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** Who writes a log, and how. */
export interface LoggerOptions {
  level: LogLevel;
  /** Which process writes: "api", "worker", "cron". */
  name: string;
  /** Lines for people in place of JSON. */
  pretty?: boolean | undefined;
  /** Where lines go; default standard output. */
  destination?: { write(line: string): void } | undefined;
}

/** Names under which secrets travel, in headers, bodies, rows and settings. */
const SECRET_NAMES = [
  "authorization",
  "Authorization",
  "cookie",
  "set-cookie",
  "token",
  "accessToken",
  "access_token",
  "refreshToken",
  "refresh_token",
  "idToken",
  "id_token",
  "secret",
  "clientSecret",
  "client_secret",
  "clientState",
  "password",
  "passwordHash",
  "apiKey",
  "code_verifier",
  "codeVerifier",
  "x-goog-channel-token",
];

/** How deep below a log call's object secrets are looked for. */
const DEPTH = 4;

const SECRET_PATHS = Array.from({ length: DEPTH }, (_, depth) =>
  SECRET_NAMES.map((name) => `${"*.".repeat(depth)}["${name}"]`.replace('.["', '["')),
).flat();

/**
 * A pino logger whose lines hold no secret, also when somebody logs a whole request or error by mistake. That is a net, no
 * licence: log ids, codes, counts and durations; never titles, attendees, tokens or bodies.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    name: options.name,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError, error: describeError },
    redact: { paths: SECRET_PATHS, censor: "[redacted]" },
  };
  const destination = options.destination ?? pino.destination({ dest: 1, sync: true });
  return pino(settings, options.pretty === true ? readableLines(destination) : destination);
}
