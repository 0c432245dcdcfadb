import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { Interval } from "@calsync/types";
import { importedEventRepository } from "../repositories/ImportedEventRepository.ts";
import { spansOf } from "./occurrences.ts";
import type { WorkSlices } from "./work-slices.ts";

const DAY_MS = 86_400_000;
/** How far back and ahead times are worked out; booking reaches a year ahead at most in practice, calendars are paged back. */
const BACK_DAYS = 90;
const AHEAD_DAYS = 731;
/** A series is worked out further when less than this is left. */
const LEAST_AHEAD_DAYS = 700;
/** UIDs whose events are worked out together. */
const UIDS_PER_PAGE = 400;
/** Times that are stored with one statement, at the least; those of one UID are never parted. */
const TIMES_PER_STATEMENT = 20_000;

/** The stretch in which times of imported events are kept. */
function timesWindow(now: Date): Interval {
  const at = now.getTime();
  return { start: new Date(at - BACK_DAYS * DAY_MS), end: new Date(at + AHEAD_DAYS * DAY_MS) };
}

/** Series whose times end before this are worked out further. */
export function extendBefore(now: Date): Date {
  return new Date(now.getTime() + LEAST_AHEAD_DAYS * DAY_MS);
}

/** What working out times came to. */
export interface TimesWorkedOut {
  times: number;
  /** Lines of events whose rule cannot be followed. */
  unfollowed: number[];
  /** Lines of changes of all later occurrences that cannot be followed. */
  unsplit: number[];
}

/**
 * Works out the times of all events of some UIDs and stores them in place of those that they had: a statement per page of UIDs,
 * and one per 20,000 times.
 * @param withImport an import that is not applied yet, whose events are to be worked out beside those that count; theirs alone
 *   are stored then
 * @param maxTimes beyond which the rest is not worked out
 */
export async function workOutTimes(
  sql: PrismaClient | PrismaTransaction,
  user: { id: number; own: ReadonlySet<string> },
  uids: readonly string[],
  now: Date,
  slices: WorkSlices,
  withImport: string | null = null,
  maxTimes = Number.POSITIVE_INFINITY,
): Promise<TimesWorkedOut> {
  const window = timesWindow(now);
  const done: TimesWorkedOut = { times: 0, unfollowed: [], unsplit: [] };
  let rows: string[] = [];
  let spans: ReturnType<typeof spansOf>["spans"] = [];
  let goingOn: string[] = [];
  const store = async () => {
    const stored = importedEventRepository.replaceTimes(sql, user.id, rows, spans, goingOn, window.end);
    [rows, spans, goingOn] = [[], [], []];
    await slices.waitFor(stored);
  };
  for (let at = 0; at < uids.length; at += UIDS_PER_PAGE) {
    const page = uids.slice(at, at + UIDS_PER_PAGE);
    const groups = await slices.waitFor(importedEventRepository.findGroups(sql, user.id, page, withImport));
    for (const group of groups.values()) {
      const found = spansOf(group, window, user.own);
      // What counts already keeps its times until the import is applied.
      const wanted = new Set(
        group.filter(({ current }) => withImport === null || !current).map(({ id }) => id),
      );
      for (const id of wanted) rows.push(id);
      const before = spans.length;
      for (const span of found.spans) if (wanted.has(span.id)) spans.push(span);
      done.times += spans.length - before;
      for (const id of found.goingOn) goingOn.push(id);
      for (const { id, event } of found.unfollowed) if (wanted.has(id)) done.unfollowed.push(event.line);
      for (const { id, event } of found.unsplit) if (wanted.has(id)) done.unsplit.push(event.line);
      if (done.times > maxTimes) return done;
      if (spans.length >= TIMES_PER_STATEMENT) await store();
      await slices.pause();
    }
    await store();
  }
  return done;
}
