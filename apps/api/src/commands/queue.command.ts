import { failedJobs, jobStats } from "@calsync/jobs";
import { createPrismaClient } from "@calsync/prisma";
import { type Command, UsageError } from "./command.ts";
import { table } from "./table.ts";

/** `calsync queue`: what waits, runs and has failed. */
export const queueCommand: Command = {
  name: "queue",
  usage: [
    { call: "queue [--json]", does: "Count jobs by name and state, and list the workers." },
    { call: "queue failed [--json]", does: "List jobs that were given up, newest first." },
  ],
  async run({ env, words, options, print }) {
    const prisma = createPrismaClient({ url: env.DATABASE_URL });
    try {
      if (words[0] === "failed") {
        const jobs = await failedJobs(prisma);
        if (options["json"] === true) return print(JSON.stringify(jobs));
        if (jobs.length === 0) return print("No job was given up.");
        const rows = jobs.map((job) => [
          job.id,
          job.name,
          job.failedAt.toISOString(),
          job.lastError.split("\n", 1)[0] ?? "",
        ]);
        return print(table(["id", "job", "given up", "last error"], rows));
      }
      if (words.length > 0) throw new UsageError(`"queue ${words.join(" ")}" is not known.`);
      const stats = await jobStats(prisma);
      if (options["json"] === true) return print(JSON.stringify(stats));
      const rows = stats.jobs.map((job) => [
        job.name,
        ...[job.running, job.due, job.scheduled, job.retrying, job.failed].map(String),
        job.oldestDueMs === null ? "" : `${(job.oldestDueMs / 1_000).toFixed(1)} s`,
      ]);
      print(
        rows.length === 0
          ? "The queue is empty."
          : table(["job", "running", "due", "scheduled", "retrying", "failed", "oldest due"], rows),
      );
      print(`Workers: ${stats.workers.map(({ host, pid }) => `${host}/${pid}`).join(", ") || "none"}`);
    } finally {
      await prisma.$disconnect();
    }
  },
};
