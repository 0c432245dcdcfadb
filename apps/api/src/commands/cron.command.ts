import { CRON_NAMES } from "@calsync/calendar-sync";
import { type Command, UsageError, withContainer } from "./command.ts";

/** `calsync cron <name>`: one run, in this process. */
export const cronCommand: Command = {
  name: "cron",
  usage: [{ call: "cron <name>", does: `Run a cron once: ${CRON_NAMES.join(" or ")}.` }],
  async run(input) {
    const name = CRON_NAMES.find((known) => known === input.words[0]);
    if (!name) throw new UsageError(`Which cron? One of: ${CRON_NAMES.join(", ")}.`);
    await withContainer(input, "cron", async ({ sync }) => {
      input.print(JSON.stringify(await sync.runCron(name)));
    });
  },
};
