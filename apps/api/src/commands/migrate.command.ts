import { migrateJobs } from "@calsync/jobs";
import { migrate } from "@calsync/prisma/migrate";
import type { Command } from "./command.ts";

/** `calsync migrate`: brings the database and the queue's tables up to date. */
export const migrateCommand: Command = {
  name: "migrate",
  usage: [{ call: "migrate", does: "Bring the database up to date." }],
  async run({ env, print }) {
    const { applied, unknown } = await migrate(env.DATABASE_URL, { log: print });
    await migrateJobs(env.DATABASE_URL);
    print(applied.length === 0 ? "The database is up to date." : `Applied ${applied.length} migrations.`);
    if (unknown.length > 0) print(`It holds migrations of a newer version: ${unknown.join(", ")}.`);
  },
};
