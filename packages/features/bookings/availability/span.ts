/** A half-open stretch of time in milliseconds since the epoch: numbers, because slots compare tens of thousands of them. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The same stretches without overlaps: sorted, touching ones joined, empty ones dropped.
 * Input that is sorted already, as databases give it, is not sorted again.
 */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const { start, end } of inOrder(spans)) {
    if (end <= start) continue;
    const last = merged.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

function inOrder(spans: readonly Span[]): readonly Span[] {
  let previous = Number.NEGATIVE_INFINITY;
  for (const { start } of spans) {
    if (start < previous) return spans.toSorted((a, b) => a.start - b.start);
    previous = start;
  }
  return spans;
}

/**
 * Answers questions about merged stretches for spans that come in order, by walking along: as many steps as there are
 * stretches, over all questions together.
 */
export class SpanWalker {
  readonly #merged: readonly Span[];
  #index = 0;

  /** @param merged what {@link mergeSpans} gave */
  constructor(merged: readonly Span[]) {
    this.#merged = merged;
  }

  /** Whether a stretch overlaps [start, end). Starts must not fall from one call to the next. */
  overlaps(start: number, end: number): boolean {
    const span = this.#at(start);
    return span !== undefined && span.start < end;
  }

  /** Whether one stretch holds all of [start, end). Starts must not fall from one call to the next. */
  holds(start: number, end: number): boolean {
    const span = this.#at(start);
    return span !== undefined && span.start <= start && span.end >= end;
  }

  #at(start: number): Span | undefined {
    let span = this.#merged[this.#index];
    while (span && span.end <= start) span = this.#merged[++this.#index];
    return span;
  }
}
