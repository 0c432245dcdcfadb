import { expect, type Page, test } from "@playwright/test";
import { CalendarViewPage } from "./support/CalendarViewPage.ts";
import { workingDay } from "./support/days.ts";
import { GoogleCalendarPage } from "./support/GoogleCalendarPage.ts";
import { keepScreen } from "./support/screens.ts";
import { chooseDestination, connectGoogle, expectSync, signInWithoutCalendars } from "./support/web-pages.ts";

const ACCOUNT = "host@example.com";
const DAY = workingDay(18);
// An earlier run that failed may have left one behind.
const TITLE = `Dentist ${Date.now() % 1_000}`;

const screen = (page: Page, name: string) => keepScreen(page, "calendar-view", name);

test("an entry made in the calendar view stands in Google, and both follow when it is dragged", async ({
  page,
  browser,
}) => {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await signInWithoutCalendars(page);
  await connectGoogle(page, ACCOUNT);
  await chooseDestination(page, ACCOUNT);
  await expectSync(page, "ok");

  const view = new CalendarViewPage(page);
  await view.open(DAY);
  await view.add({ title: TITLE, begins: `${DAY}T13:00`, ends: `${DAY}T14:00` });
  await screen(page, "entry-made");

  const context = await browser.newContext();
  const google = new GoogleCalendarPage(await context.newPage());
  await google.open(ACCOUNT, DAY);
  await google.expectAt(TITLE, DAY, "13:00");

  await view.drag(TITLE, { time: "13:00" }, { day: DAY, time: "15:00" });
  await google.expectAt(TITLE, DAY, "15:00");
  await screen(page, "entry-dragged");
  await screen(google.page, "event-followed");

  await google.drag(TITLE, { time: "15:00" }, { day: DAY, time: "11:00" });
  await expect(view.item(TITLE)).toContainText("11:00");
  await screen(page, "entry-followed");

  await view.item(TITLE).click();
  const dialog = page.getByRole("dialog", { name: TITLE });
  await dialog.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(view.item(TITLE)).toHaveCount(0);
  await expect(google.event(TITLE)).toHaveCount(0);
  expect(complaints).toEqual([]);
  await context.close();
});
