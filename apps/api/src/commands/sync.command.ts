import { RUN_DIRECTIONS, type SyncRunView } from "@calsync/calendar-sync";
import { type Command, UsageError, withContainer } from "./command.ts";
import { runCalendars } from "./run-calendars.ts";

/** `calsync sync`: a sync by hand, in this process. */
export const syncCommand: Command = {
  name: "sync",
  usage: [
    {
      call: "sync --calendar id | --user e-mail | --all [--direction d] [--dry-run] [--json]",
      does: `Sync calendars now; directions: ${RUN_DIRECTIONS.join(", ")}. A dry run says what it would do and changes nothing.`,
    },
  ],
  run(input) {
    const { options, print } = input;
    const wanted = options["direction"] ?? "both";
    const direction = RUN_DIRECTIONS.find((known) => known === wanted);
    if (!direction) throw new UsageError(`--direction takes ${RUN_DIRECTIONS.join(", ")}, not "${wanted}".`);
    const json = options["json"] === true;
    return withContainer(input, "sync", async (container) => {
      const request = { kind: "sync", direction, dryRun: options["dry-run"] === true } as const;
      const run = await runCalendars(container, input, request, (calendar) => {
        if (!json) for (const line of linesOf(calendar)) print(line);
      });
      if (json) print(JSON.stringify(run));
      else print(`${run.progress.done} of ${run.progress.total} calendars, ${run.progress.failed} failed.`);
      if (run.progress.failed > 0) process.exitCode = 1;
    });
  },
};

function linesOf({ name, provider, result, error }: SyncRunView["calendars"][number]): string[] {
  const head = `${name} (${provider}):`;
  if (error) return [`${head} ${error.code}: ${error.message}`];
  if (result?.type === "plan") {
    const more = result.total - result.changes.length;
    return [
      `${head} ${result.total} changes, ${result.mirrored} events of others`,
      ...result.changes.map(
        ({ side, action, result: outcome, booking, explanation }) =>
          `  ${side}: ${action} ${booking ? `"${booking.title}" ${booking.start}` : ""} (${outcome}) ${explanation}`,
      ),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ];
  }
  if (result?.type !== "synced") return [`${head} nothing`];
  const { pull, push } = result;
  return [
    head +
      (pull ? ` read ${pull.changes} changes, ${pull.applied} of bookings;` : "") +
      (push
        ? ` wrote ${push.created + push.updated + push.deleted} events, ${push.unchanged} were equal;`
        : ""),
  ];
}
