import { CRON_NAMES } from "@calsync/calendar-sync";
import { createLogger } from "@calsync/lib";
import { createContainer } from "../container.ts";
import { type Command, UsageError } from "./command.ts";

/** `calsync cron <name>`: one run, in this process. */
export const cronCommand: Command = {
  name: "cron",
  usage: [{ call: "cron <name>", does: `Run a cron once: ${CRON_NAMES.join(" or ")}.` }],
  async run({ env, words, print }) {
    const name = CRON_NAMES.find((known) => known === words[0]);
    if (!name) throw new UsageError(`Which cron? One of: ${CRON_NAMES.join(", ")}.`);
    // Standard output is the report's alone.
    const log = createLogger({ level: env.LOG_LEVEL, name: "cron", destination: process.stderr });
    const container = createContainer(env, { name: "cron", log });
    try {
      print(JSON.stringify(await container.sync.runCron(name)));
    } finally {
      await container.close();
    }
  },
};
