import type { Page } from "@playwright/test";

const counts = new Map<string, number>();

/**
 * Keeps what a page shows as `test-results/screens/<walk>-<number>-<name>.png`, numbered in the order of the walk.
 */
export async function keepScreen(page: Page, walk: string, name: string): Promise<void> {
  const number = (counts.get(walk) ?? 0) + 1;
  counts.set(walk, number);
  const file = `${walk}-${String(number).padStart(2, "0")}-${name}.png`;
  await page.screenshot({ path: `test-results/screens/${file}`, animations: "disabled" });
}
