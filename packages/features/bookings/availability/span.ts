/** A half-open stretch of time in milliseconds since the epoch: numbers, because slots compare tens of thousands of them. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The same stretches without overlaps: sorted, touching ones joined, empty ones dropped.
 *
 * Starts and ends are sorted apart, as plain numbers, which is several times quicker than sorting pairs: when the next start
 * lies behind the end of the same rank, then as many stretches have ended as have begun, and a gap follows.
 */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const real = spans.filter(({ start, end }) => end > start);
  const starts = Float64Array.from(real, ({ start }) => start).sort();
  const ends = Float64Array.from(real, ({ end }) => end).sort();
  const merged: Span[] = [];
  let start = starts[0];
  for (const [rank, end] of ends.entries()) {
    const next = starts[rank + 1];
    if (start === undefined || (next !== undefined && next <= end)) continue;
    merged.push({ start, end });
    start = next;
  }
  return merged;
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
