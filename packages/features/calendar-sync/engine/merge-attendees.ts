import type { SnapshotAttendee } from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";

/** What the merge of two lists of attendees came to. Addresses are the identity; names are not compared. */
export interface AttendeeMerge {
  /** Addresses whose entry differs from what the calendar last held. Empty: nothing happened out there. */
  touched: string[];
  /** Everyone whom the booking has afterwards, sorted by address. */
  attendees: SnapshotAttendee[];
  added: SnapshotAttendee[];
  /** Addresses that are taken off the booking. */
  removed: string[];
  /** Those whose answer, or whose being optional, the booking takes over. */
  changed: SnapshotAttendee[];
  /** Addresses that both sides changed, to different ends. */
  contested: string[];
  /** Of them, those where the booking keeps its own. */
  kept: string[];
  /** The booking's side of what is agreed from now on: what it differs from this in, the calendar must be told. */
  agreed: SnapshotAttendee[];
  /** The same where nothing is taken over: those who came or went out there are put back, answers are left alone. */
  putBack: SnapshotAttendee[];
}

/** The people of an event on both sides, and as both last agreed on them. */
export interface AttendeeMergeInput {
  base: Pick<SyncedState, "local" | "remote">;
  local: readonly SnapshotAttendee[];
  remote: readonly SnapshotAttendee[];
  /** Addresses of the host and of the event's organizer: never guests, whatever a calendar lists. */
  own: ReadonlySet<string>;
  /** Who wins where both sides changed one person's answer. */
  calendarWins: boolean;
}

/**
 * Merges attendees address by address, three ways. Different people added on both sides: both stay. Taken off on one side
 * and answered on the other: taken off, for an answer does not invite anybody back. Answered differently on both sides:
 * the policy decides.
 */
export function mergeAttendees({
  base,
  local,
  remote,
  own,
  calendarWins,
}: AttendeeMergeInput): AttendeeMerge {
  const before = { here: byAddress(base.local.attendees), there: byAddress(base.remote.attendees) };
  const here = byAddress(local);
  const there = byAddress(remote);
  const merged = new Map(here);
  const agreed = new Map(before.here);
  const putBack = new Map(before.here);
  const result: AttendeeMerge = {
    touched: [],
    attendees: [],
    added: [],
    removed: [],
    changed: [],
    contested: [],
    kept: [],
    agreed: [],
    putBack: [],
  };
  for (const email of new Set([...before.there.keys(), ...there.keys()])) {
    if (own.has(email)) continue;
    const [was, is] = [before.there.get(email), there.get(email)];
    if (sameEntry(was, is)) continue;
    result.touched.push(email);
    const [had, has] = [before.here.get(email), here.get(email)];
    // Afterwards both sides stand as if this had been agreed to: what the booking keeps otherwise is pushed.
    assign(agreed, email, is);
    if (!was || !is) assign(putBack, email, is);
    if (!is) {
      if (!has) continue;
      if (!sameEntry(had, has)) result.contested.push(email);
      merged.delete(email);
      result.removed.push(email);
    } else if (!has) {
      // Known here before and gone: taken off by us, and our push is to come.
      if (had) continue;
      merged.set(email, is);
      result.added.push(is);
    } else if (!sameEntry(has, is)) {
      // What a calendar says of somebody whom both sides have just added counts when it is an answer.
      const untouched = sameEntry(had, has) || (!had && has.response === "needs-action");
      const says = was || is.response !== "needs-action";
      if (!untouched && says) result.contested.push(email);
      if (says && (untouched || calendarWins)) {
        const taken = { ...has, response: is.response, optional: is.optional };
        merged.set(email, taken);
        result.changed.push(taken);
      } else if (says) {
        result.kept.push(email);
      }
    }
  }
  result.attendees = sorted(merged);
  result.agreed = sorted(agreed);
  result.putBack = sorted(putBack);
  return result;
}

/** Addresses of those who answered one thing here and another out there; whoever is off on one side is not asked about. */
export function disputedAnswers(
  { contested }: Pick<AttendeeMerge, "contested">,
  remote: readonly SnapshotAttendee[],
): string[] {
  const there = byAddress(remote);
  return contested.filter((email) => there.has(email));
}

/**
 * The attendees to write: what the calendar holds, with the booking's own changes since the last agreement. So an answer
 * that is not followed, or a person whom somebody has added to an event whose attendees are not, stays there.
 */
export function attendeesToWrite(
  shown: readonly SnapshotAttendee[],
  base: Pick<SyncedState, "local" | "remote">,
): SnapshotAttendee[] {
  const before = byAddress(base.local.attendees);
  const wanted = byAddress(shown);
  const written = byAddress(base.remote.attendees);
  for (const email of before.keys()) if (!wanted.has(email)) written.delete(email);
  for (const [email, entry] of wanted) if (!sameEntry(before.get(email), entry)) written.set(email, entry);
  return sorted(written);
}

/**
 * What was agreed on, with every person as the last write of ours that the event shows: a write whose answer was lost is
 * no change of a person's.
 */
export function agreedAttendees(
  agreed: SyncedState,
  pending: readonly SyncedState[],
  remote: readonly SnapshotAttendee[],
): SyncedState {
  if (pending.length === 0) return agreed;
  const here = byAddress(agreed.local.attendees);
  const there = byAddress(agreed.remote.attendees);
  const shown = byAddress(remote);
  const writes = pending.map((write) => ({
    here: byAddress(write.local.attendees),
    there: byAddress(write.remote.attendees),
  }));
  const addresses = new Set([
    ...there.keys(),
    ...shown.keys(),
    ...writes.flatMap((one) => [...one.there.keys()]),
  ]);
  for (const email of addresses) {
    if (sameEntry(there.get(email), shown.get(email))) continue;
    const ours = writes.findLast((write) => sameEntry(write.there.get(email), shown.get(email)));
    if (!ours) continue;
    assign(here, email, ours.here.get(email));
    assign(there, email, ours.there.get(email));
  }
  return {
    ...agreed,
    local: { ...agreed.local, attendees: sorted(here) },
    remote: { ...agreed.remote, attendees: sorted(there) },
  };
}

/** Whether everyone who is invited has declined; false when nobody is. */
export function allDeclined(attendees: readonly SnapshotAttendee[]): boolean {
  return attendees.length > 0 && attendees.every(({ response }) => response === "declined");
}

function sameEntry(a: SnapshotAttendee | undefined, b: SnapshotAttendee | undefined): boolean {
  return a === undefined || b === undefined
    ? a === b
    : a.response === b.response && a.optional === b.optional;
}

const byAddress = (attendees: readonly SnapshotAttendee[]) =>
  new Map(attendees.map((one) => [one.email, one] as const));

function assign(
  map: Map<string, SnapshotAttendee>,
  email: string,
  entry: SnapshotAttendee | undefined,
): void {
  if (entry) map.set(email, entry);
  else map.delete(email);
}

function sorted(map: ReadonlyMap<string, SnapshotAttendee>): SnapshotAttendee[] {
  return [...map.values()].sort((a, b) => (a.email < b.email ? -1 : a.email > b.email ? 1 : 0));
}
