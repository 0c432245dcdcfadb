import type { AskingEdit, MassChange, Question } from "../api/question-types.ts";
import { readApi } from "../api/server.ts";
import type { Connection, QueueItem, SyncOverview, SyncStatus } from "../api/types.ts";

/** All that waits for the host. */
export interface Attention {
  questions: Question[];
  /** Edits of events that are not ours which met another change in the calendar. */
  externalEdits: AskingEdit[];
  massChanges: MassChange[];
  /** Accounts that have to be connected again. */
  connections: Connection[];
  /** Calendars that cannot be synced for another reason. */
  calendars: SyncStatus[];
  /** Work that was given up. */
  failed: QueueItem[];
}

/** Reads all that waits for the host; once per page. @throws ApiProblem */
export async function readAttention(): Promise<Attention> {
  const [{ conflicts }, { edits }, { massChanges }, { connections }, { calendars }, { items }] =
    await Promise.all([
      readApi<{ conflicts: Question[] }>("/v1/conflicts?state=open"),
      readApi<{ edits: AskingEdit[] }>("/v1/external-edits"),
      readApi<{ massChanges: MassChange[] }>("/v1/mass-changes?state=open"),
      readApi<{ connections: Connection[] }>("/v1/connections"),
      readApi<SyncOverview>("/v1/sync/status"),
      readApi<{ items: QueueItem[] }>("/v1/sync/queue?state=failed&limit=50"),
    ]);
  return {
    questions: conflicts,
    externalEdits: edits,
    massChanges: massChanges.filter(({ status }) => status === "open"),
    connections: connections.filter(({ status }) => status === "invalid"),
    calendars: calendars.filter(
      ({ enabled, status, lastError }) =>
        enabled && status === "failed" && lastError !== "CREDENTIAL_INVALID",
    ),
    failed: items,
  };
}

/** Whether anything waits. */
export function isEmpty(attention: Attention): boolean {
  return Object.values(attention).every((list: readonly unknown[]) => list.length === 0);
}

/** How many things wait, in one small question to the API: for every page. @throws ApiProblem */
export async function countAttention(): Promise<number> {
  return (await readApi<{ total: number }>("/v1/attention")).total;
}
