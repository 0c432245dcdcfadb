import { readApi } from "../api/server.ts";
import type { Connection, MassChange, Question, QueueItem, SyncOverview, SyncStatus } from "../api/types.ts";

/** All that waits for the host. */
export interface Attention {
  questions: Question[];
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
  const [{ conflicts }, { massChanges }, { connections }, { calendars }, { items }] = await Promise.all([
    readApi<{ conflicts: Question[] }>("/v1/conflicts?state=open"),
    readApi<{ massChanges: MassChange[] }>("/v1/mass-changes?state=open"),
    readApi<{ connections: Connection[] }>("/v1/connections"),
    readApi<SyncOverview>("/v1/sync/status"),
    readApi<{ items: QueueItem[] }>("/v1/sync/queue?state=failed&limit=50"),
  ]);
  return {
    questions: conflicts,
    massChanges: massChanges.filter(({ status }) => status === "open"),
    connections: connections.filter(({ status }) => status === "invalid"),
    calendars: calendars.filter(
      ({ enabled, status, lastError }) =>
        enabled && status === "failed" && lastError !== "CREDENTIAL_INVALID",
    ),
    failed: items,
  };
}

/** How many things wait. */
export function countOf(attention: Attention): number {
  return Object.values(attention).reduce((sum: number, list: readonly unknown[]) => sum + list.length, 0);
}
