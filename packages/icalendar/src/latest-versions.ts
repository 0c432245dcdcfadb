import type { IcsEvent } from "./event.ts";

/** Names one event or one occurrence of a series in a file. */
export const versionKey = (event: Pick<IcsEvent, "uid" | "recurrenceId">): string =>
  `${event.uid}\n${event.recurrenceId ?? ""}`;

/**
 * Of several versions of one event or occurrence the one that counts: the higher SEQUENCE, then the later DTSTAMP
 * (RFC 5546 §2.1.5), then the later in the file.
 */
export function latestVersions(events: Iterable<IcsEvent>): IcsEvent[] {
  const latest = new Map<string, IcsEvent>();
  for (const event of events) {
    const before = latest.get(versionKey(event));
    if (!before || !isOlder(event, before)) latest.set(versionKey(event), event);
  }
  return [...latest.values()];
}

/** Whether `a` is an earlier version than `b`. */
export function isOlder(
  a: Pick<IcsEvent, "sequence" | "stampedAt">,
  b: Pick<IcsEvent, "sequence" | "stampedAt">,
): boolean {
  if (a.sequence !== b.sequence) return a.sequence < b.sequence;
  return (a.stampedAt ?? "") < (b.stampedAt ?? "");
}
