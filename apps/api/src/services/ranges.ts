import { AppError } from "@calsync/lib";
import type { Interval } from "@calsync/types";
import { z } from "zod";

/** The longest stretch that one request about a calendar may ask for: two months with a margin. */
const LONGEST_RANGE_DAYS = 62;

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** The query of requests about a stretch of a calendar. */
export const rangeQuerySchema = z.object({
  from: instant.describe("Start of the range."),
  to: instant.describe(`End of the range, at most ${LONGEST_RANGE_DAYS} days later.`),
});

/** @throws AppError invalid `range_unusable` */
export function rangeOf({ from, to }: z.output<typeof rangeQuerySchema>): Interval {
  const days = (to.getTime() - from.getTime()) / 86_400_000;
  if (days > 0 && days <= LONGEST_RANGE_DAYS) return { start: from, end: to };
  throw new AppError("invalid", "range_unusable", `"to" is up to ${LONGEST_RANGE_DAYS} days after "from".`);
}
