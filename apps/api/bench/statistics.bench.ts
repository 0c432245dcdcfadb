/** The middle value; the mean of the two middle ones of an even number. */
export const median = (values: readonly number[]): number => percentile(values, 50);

/**
 * The value below which `percent` of the values lie, interpolated between neighbours.
 * @throws RangeError when there are no values
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = ((sorted.length - 1) * percent) / 100;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) throw new RangeError("There are no values.");
  return low + (high - low) * (at % 1);
}
