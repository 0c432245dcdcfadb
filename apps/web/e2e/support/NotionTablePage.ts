import { expect, type Locator, type Page } from "@playwright/test";
import { stack } from "./stack.ts";

/** A database of the sandbox's Notion, used as a person uses it. Its dates are shown and typed in UTC. */
export class NotionTablePage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Shows an account's first database. */
  async open(account: string): Promise<void> {
    await this.page.goto(`${stack.sandbox}/notion?${new URLSearchParams({ account })}`);
    await expect(this.page.getByRole("table")).toBeVisible();
  }

  /** The row of a page. A title stands in an input, whose label names it. */
  row(title: string): Locator {
    return this.page.locator("tr").filter({ has: this.page.getByLabel(`Name of ${title}`, { exact: true }) });
  }

  /** Asserts that a page begins at this instant. */
  async expectAt(title: string, start: string): Promise<void> {
    await expect(this.row(title).getByLabel(/, start$/)).toHaveValue(start.slice(0, 16));
  }

  /** Types another beginning into a page's date; its end goes along. */
  async moveTo(title: string, start: string): Promise<void> {
    const field = this.row(title).getByLabel(/, start$/);
    await field.fill(start.slice(0, 16));
    await field.blur();
    await expect(this.page.getByText("Saved.").first()).toBeVisible();
  }

  /** Puts a page into the trash. */
  async trash(title: string): Promise<void> {
    await this.row(title).getByRole("button", { name: "to the trash" }).click();
    await expect(this.row(title)).toHaveCount(0);
  }

  /** Deletes a column of the database. */
  async deleteColumn(name: string): Promise<void> {
    await this.#unfold("Columns");
    await this.page.getByRole("button", { name: `Delete the column ${name}` }).click();
    await expect(this.page.getByRole("columnheader", { name })).toHaveCount(0);
  }

  /** Sends the integration's events to an address from now on. `token` gives what has arrived there. */
  async addWebhook(integration: string, address: string, token: () => Promise<string>): Promise<void> {
    await this.#unfold("Webhooks");
    await this.page.getByLabel("Integration").selectOption({ value: integration });
    await this.page.getByLabel("Address").fill(address);
    await this.page.getByRole("button", { name: "Create subscription" }).click();
    await this.page.getByLabel("Verification token").fill(await token());
    await this.page.getByRole("button", { name: "Verify" }).click();
    await expect(this.page.getByText(/: active$/)).toBeVisible();
  }

  async #unfold(summary: string): Promise<void> {
    const card = this.page.locator("details").filter({ has: this.page.getByText(summary, { exact: true }) });
    if ((await card.getAttribute("open")) === null) await card.locator("summary").click();
  }
}
