import { expect } from "@playwright/test";
import { GoogleCalendarPage } from "./GoogleCalendarPage.ts";
import { stack } from "./stack.ts";

/** The sandbox's Outlook, used as a person uses it. Both calendars are drawn by one script, so that only the way there differs. */
export class OutlookCalendarPage extends GoogleCalendarPage {
  /** Shows the week of a day (`yyyy-mm-dd`) in an account's default calendar. */
  override async open(account: string, day: string): Promise<void> {
    const query = new URLSearchParams({ account, date: day });
    await this.page.goto(`${stack.sandbox}/outlook?${query}`);
    await expect(this.page.getByLabel("Account", { exact: true })).toHaveValue(account);
  }
}
