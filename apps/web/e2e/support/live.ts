import { expect, type Page } from "@playwright/test";

/**
 * Marks a page that stays open. What it gives asserts that the page has not been loaded anew since: a load would have forgotten
 * the mark.
 */
export async function watchForReload(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    document.documentElement.dataset["neverReloaded"] = "true";
  });
  return async () => {
    await expect(page.locator("html"), "the page was not loaded anew").toHaveAttribute(
      "data-never-reloaded",
      "true",
    );
  };
}
