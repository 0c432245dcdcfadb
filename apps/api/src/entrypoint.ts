import { ConfigurationError, type Logger, loadEnv } from "@calsync/lib";
import { type ApiEnv, apiEnv } from "./env.ts";

/** A process that has not stopped by itself this long after a signal is ended. */
const STOP_LIMIT_MS = 20_000;

/** Reads the process's configuration. A wrong one ends the process with every problem listed. */
export function readEnv(): ApiEnv {
  try {
    return loadEnv(apiEnv, process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error(error.message);
    process.exit(78);
  }
}

/** Stops in good order on SIGINT and SIGTERM; a second signal, or a stop that takes too long, ends the process at once. */
export function stopOnSignals(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    try {
      await stop();
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, "stopping failed");
      process.exit(1);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}
