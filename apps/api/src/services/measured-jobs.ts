import type { JobRegistration } from "@calsync/jobs";
import type { Metrics } from "./metrics.ts";

/** The same jobs, with the time and outcome of every run recorded. */
export function measuredJobs(metrics: Metrics, jobs: readonly JobRegistration[]): JobRegistration[] {
  return jobs.map(({ job, handler }) => ({
    job,
    handler: async (payload, context) => {
      const end = metrics.jobDuration.startTimer({ job: job.name });
      try {
        const result = await handler(payload, context);
        end({ outcome: result ? "again" : "done" });
        return result;
      } catch (error) {
        end({ outcome: "error" });
        throw error;
      }
    },
  }));
}
