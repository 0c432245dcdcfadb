import { Logger } from "graphile-worker";
import type { JobLog } from "./handler.ts";

/**
 * The engine's logger, writing to ours. What it says about single jobs is left out, because each run is reported by `runJob`;
 * its other news is detail, so that it goes one level lower.
 */
export function engineLogger(log: JobLog | undefined): Logger {
  return new Logger((scope) => (level, message, meta) => {
    if (!log || scope.label === "job" || meta?.["success"] || meta?.["failure"]) return;
    const fields = { engine: "graphile-worker", ...(meta?.["error"] ? { err: meta["error"] } : {}) };
    if (level === "error") log.error(fields, message);
    else if (level === "warning") log.warn(fields, message);
    else if (level === "info") log.debug(fields, message);
  });
}

/** Says nothing; for callers that give no log. */
export const silentLog: JobLog = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
