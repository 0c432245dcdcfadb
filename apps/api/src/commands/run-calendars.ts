import { setTimeout as pause } from "node:timers/promises";
import type { RunRequest, SyncRunView } from "@calsync/calendar-sync";
import { RetryLater } from "@calsync/jobs";
import type { Container } from "../container.ts";
import { type CommandInput, UsageError } from "./command.ts";
import { userIdByEmail } from "./user-by-email.ts";

/** How long a calendar may be busy before the command gives up on it. */
const BUSY_LIMIT_MS = 60_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Runs a sync or a check in this process, one calendar after the other, and tells each one's end as it comes. */
export async function runCalendars(
  { sync, prisma }: Container,
  { options }: CommandInput,
  request: RunRequest,
  onDone: (calendar: SyncRunView["calendars"][number]) => void,
): Promise<SyncRunView> {
  const { calendar, user } = options;
  if (typeof calendar !== "string" && typeof user !== "string" && options["all"] !== true) {
    throw new UsageError("Which calendars? --calendar <id>, --user <e-mail>, or --all.");
  }
  const calendarIds = typeof calendar === "string" ? calendar.split(",").map((id) => id.trim()) : undefined;
  for (const id of calendarIds ?? [])
    if (!UUID.test(id)) throw new UsageError(`"${id}" is no calendar's id.`);
  const userId = typeof user === "string" ? await userIdByEmail(prisma, user) : null;
  const run = await sync.runs.start(userId, { ...request, calendarIds }, { inline: true });
  for (const { id } of run.calendars) {
    await carryOut(sync, run.id, id);
    const now = await sync.runs.find(userId, run.id);
    const done = now.calendars.find((one) => one.id === id);
    if (done) onDone(done);
  }
  return sync.runs.find(userId, run.id);
}

async function carryOut(sync: Container["sync"], runId: string, calendarId: string): Promise<void> {
  const deadline = Date.now() + BUSY_LIMIT_MS;
  for (;;) {
    try {
      return await sync.runs.carryOut(runId, calendarId);
    } catch (error) {
      if (!(error instanceof RetryLater) || Date.now() + error.afterMs > deadline) throw error;
      await pause(error.afterMs);
    }
  }
}
