import { CRON_NAMES, type CronName } from "@calsync/calendar-sync";
import { createContainer } from "./container.ts";
import { readEnv } from "./entrypoint.ts";

/** Runs one cron and ends, for a scheduler of the system: `node dist/cron.js calendar-sync`. */
const name = process.argv[2];
if (!isCronName(name)) {
  console.error(`Which cron? One of: ${CRON_NAMES.join(", ")}.`);
  process.exit(64);
}
const container = createContainer(readEnv(), { name: "cron" });
try {
  const report = await container.sync.runCron(name);
  container.log.info({ cron: name, ...report }, "cron finished");
} catch (error) {
  container.log.error({ err: error, cron: name }, "cron failed");
  process.exitCode = 1;
} finally {
  await container.close();
}

function isCronName(text: string | undefined): text is CronName {
  return CRON_NAMES.some((known) => known === text);
}
