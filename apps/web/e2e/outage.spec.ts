import { expect, type Page, test } from "@playwright/test";
import { instantOf, workingDay } from "./support/days.ts";
import { setFaults } from "./support/faults.ts";
import { GoogleCalendarPage } from "./support/GoogleCalendarPage.ts";
import { keepScreen } from "./support/screens.ts";
import {
  book,
  chooseDestination,
  connectGoogle,
  expectSync,
  signInWithoutCalendars,
  syncCard,
} from "./support/web-pages.ts";

const ACCOUNT = "outage@example.com";
const DAY = workingDay(24);
const GUEST = { name: "Olga Outage", email: "olga@example.net" };

test.afterEach(() => setFaults([]));

const screen = (page: Page, name: string) => keepScreen(page, "outage", name);

test("while Google fails, bookings go on and the host is told; afterwards the calendar catches up by itself", async ({
  page,
  browser,
}) => {
  await signInWithoutCalendars(page);
  await connectGoogle(page, ACCOUNT);
  await chooseDestination(page, ACCOUNT);
  await expectSync(page, "ok");

  await setFaults([{ fault: "serverError", account: ACCOUNT, status: 503 }]);
  const context = await browser.newContext();
  const guest = await context.newPage();
  await book(guest, { eventType: "Introduction", day: DAY, start: instantOf(DAY, "09:30"), guest: GUEST });
  const card = syncCard(page, ACCOUNT);
  await expect(card).toContainText("1 booking");
  await card.getByRole("button", { name: /^Sync now/ }).click();
  await expect(card).toHaveAttribute("data-sync-state", "retrying");
  await expect(card).toContainText("It is tried again by itself.");
  await expectSync(page, "again");
  await screen(page, "trying-again");

  await setFaults([]);
  const google = new GoogleCalendarPage(await context.newPage());
  await google.open(ACCOUNT, DAY);
  await expect(google.event(GUEST.name)).toBeVisible({ timeout: 30_000 });
  // Failures in a row are followed by longer pauses each.
  await expect(card).toHaveAttribute("data-sync-state", "healthy", { timeout: 60_000 });
  await expectSync(page, "ok");
  await screen(page, "in-sync-again");
  await context.close();
});
