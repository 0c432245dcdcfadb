import { loadEnv } from "@calsync/lib";
import { type WebEnv, webEnv } from "../../env.ts";

let settings: WebEnv | undefined;

/**
 * The web server's configuration, read from the environment of the running process when first asked for.
 * @throws ConfigurationError that lists every variable that is missing or wrong
 */
export function readSettings(): WebEnv {
  settings ??= loadEnv(webEnv, process.env);
  return settings;
}
