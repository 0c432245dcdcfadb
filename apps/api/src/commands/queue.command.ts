import { QUEUE_STATES, type QueueState } from "@calsync/calendar-sync";
import { jobStats } from "@calsync/jobs";
import type { Container } from "../container.ts";
import { type Command, type CommandInput, UsageError, withContainer } from "./command.ts";
import { table } from "./table.ts";
import { userIdByEmail } from "./user-by-email.ts";

/** `calsync queue`: what waits, runs and has failed, of all users or of one, and what to do about it. */
export const queueCommand: Command = {
  name: "queue",
  usage: [
    { call: "queue [--json]", does: "Count the work by state and jobs by name, and list the workers." },
    {
      call: "queue list [--state s] [--kind k] [--calendar id] [--user e-mail] [--limit n] [--cursor c] [--json]",
      does: `List the work, the latest first; states: ${QUEUE_STATES.join(", ")}.`,
    },
    { call: "queue failed [--json]", does: "List what was given up." },
    { call: "queue run <id>", does: "Do a piece of work now." },
    { call: "queue retry <id> | --all", does: "Try again what was given up." },
    { call: "queue discard <id>", does: "Put away what was given up." },
  ],
  run(input) {
    const [action, id, ...more] = input.words;
    if (more.length > 0) throw new UsageError(`"queue ${input.words.join(" ")}" is not known.`);
    return withContainer(input, "queue", async (container) => {
      switch (action) {
        case undefined:
          return count(container, input);
        case "list":
          return list(container, input, statesOf(input.options["state"]));
        case "failed":
          return list(container, input, ["failed"]);
        case "run":
          await container.queue.process(null, requiredId(id));
          return input.print("A worker will take it in a moment.");
        case "retry":
          if (input.options["all"] === true) {
            const retried = await container.queue.retryFailed(null);
            return input.print(`${retried} will be tried again.`);
          }
          await container.queue.process(null, requiredId(id));
          return input.print("A worker will take it in a moment.");
        case "discard":
          await container.queue.discard(null, requiredId(id));
          return input.print("Discarded.");
        default:
          throw new UsageError(`"queue ${action}" is not known.`);
      }
    });
  },
};

async function count({ queue, prisma }: Container, { options, print }: CommandInput): Promise<void> {
  const [work, { jobs, workers }] = await Promise.all([queue.statistics(null), jobStats(prisma)]);
  if (options["json"] === true) return print(JSON.stringify({ work, jobs, workers }));
  print(
    table(
      ["work", "count"],
      QUEUE_STATES.map((state) => [state, String(work[state])]),
    ),
  );
  print("");
  const rows = jobs.map((job) => [
    job.name,
    ...[job.running, job.due, job.scheduled, job.retrying, job.failed].map(String),
    job.oldestDueMs === null ? "" : `${(job.oldestDueMs / 1_000).toFixed(1)} s`,
  ]);
  print(
    rows.length === 0
      ? "There are no jobs."
      : table(["job", "running", "due", "scheduled", "retrying", "failed", "oldest due"], rows),
  );
  print(`Workers: ${workers.map(({ host, pid }) => `${host}/${pid}`).join(", ") || "none"}`);
}

async function list(
  { queue, prisma }: Container,
  { options, print }: CommandInput,
  states: readonly QueueState[] | undefined,
): Promise<void> {
  const text = (name: string) => (typeof options[name] === "string" ? String(options[name]) : undefined);
  const limit = Number(text("limit") ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw new UsageError("--limit is 1 to 1000.");
  const email = text("user");
  const page = await queue.list(email === undefined ? null : await userIdByEmail(prisma, email), {
    states,
    kind: text("kind"),
    calendarSyncId: text("calendar"),
    cursor: text("cursor"),
    limit,
  });
  if (options["json"] === true) return print(JSON.stringify(page));
  if (page.items.length === 0) return print("There is nothing.");
  const rows = page.items.map((item) => [
    item.id,
    item.kind,
    item.state,
    item.calendar?.name ?? "",
    item.booking?.title ?? "",
    String(item.attempts),
    item.nextAt?.toISOString() ?? "",
    item.error?.code ?? item.error?.message ?? "",
  ]);
  print(table(["id", "kind", "state", "calendar", "booking", "tries", "next", "error"], rows));
  if (page.nextCursor !== null) print(`There is more: --cursor ${page.nextCursor}`);
}

function statesOf(text: string | boolean | undefined): QueueState[] | undefined {
  if (typeof text !== "string") return undefined;
  return text.split(",").map((word) => {
    const state = QUEUE_STATES.find((known) => known === word.trim());
    if (state) return state;
    throw new UsageError(`--state takes ${QUEUE_STATES.join(", ")}, separated by commas, not "${word}".`);
  });
}

function requiredId(id: string | undefined): string {
  if (id !== undefined) return id;
  throw new UsageError("Which one? Give its id, from: calsync queue list.");
}
