import type { Interval } from "@calsync/types";

/** What is left of `hours` in a range once `taken` is cut out: in order, without overlaps. */
export function subtract(
  hours: readonly Interval[],
  taken: readonly Interval[],
  range: Interval,
): Interval[] {
  const blocked = merged(taken);
  const left: Interval[] = [];
  for (const { start, end } of merged(hours)) {
    let from = Math.max(start.getTime(), range.start.getTime());
    const until = Math.min(end.getTime(), range.end.getTime());
    for (const block of blocked) {
      if (block.start.getTime() >= until) break;
      if (block.end.getTime() <= from) continue;
      if (block.start.getTime() > from) left.push({ start: new Date(from), end: block.start });
      from = Math.max(from, block.end.getTime());
    }
    if (from < until) left.push({ start: new Date(from), end: new Date(until) });
  }
  return left;
}

function merged(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const { start, end } of [...intervals].sort((a, b) => a.start.getTime() - b.start.getTime())) {
    const last = result.at(-1);
    if (!last || start > last.end) {
      if (start < end) result.push({ start, end });
    } else if (end > last.end) last.end = end;
  }
  return result;
}
