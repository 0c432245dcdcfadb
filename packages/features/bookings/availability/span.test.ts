import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeSpans } from "./span.ts";

describe("mergeSpans", () => {
  test("joins what overlaps or touches, and drops what is empty", () => {
    const spans = [
      { start: 7, end: 9 },
      { start: 0, end: 2 },
      { start: 2, end: 3 },
      { start: 1, end: 2 },
      { start: 5, end: 5 },
    ];
    expect(mergeSpans(spans)).toEqual([
      { start: 0, end: 3 },
      { start: 7, end: 9 },
    ]);
    expect(mergeSpans([])).toEqual([]);
  });

  test("covers exactly the same points, with gaps between its stretches", () => {
    const span = fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 12 }))
      .map(([start, length]) => ({ start, end: start + length }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 15 }), (spans) => {
        const merged = mergeSpans(spans);
        for (let point = 0; point < 75; point++) {
          const holds = ({ start, end }: { start: number; end: number }) => start <= point && point < end;
          expect(merged.some(holds)).toBe(spans.some(holds));
        }
        for (const [index, { start }] of merged.slice(1).entries()) {
          expect(start).toBeGreaterThan(merged[index]?.end ?? 0);
        }
      }),
    );
  });
});
