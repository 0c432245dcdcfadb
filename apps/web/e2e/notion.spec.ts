import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { dayAfter, instantOf, workingDayBeforeAnother } from "./support/days.ts";
import { invitationTo } from "./support/mailbox.ts";
import { NotionTablePage } from "./support/NotionTablePage.ts";
import { expectWebhook } from "./support/operator.ts";
import { keepScreen } from "./support/screens.ts";
import {
  book,
  chooseDestination,
  connectNotion,
  expectBookingAt,
  expectCancelled,
  expectSync,
  signInWithoutCalendars,
  syncCard,
} from "./support/web-pages.ts";

const ACCOUNT = "host@example.com";
const DATABASE = "Appointments";
const DAY = workingDayBeforeAnother(32);
const NEXT_DAY = dayAfter(DAY);
const GUEST = { name: "Nora Notion", email: "nora@example.net" };

test.describe.configure({ mode: "serial" });

let contexts: BrowserContext[] = [];
let host: Page;
let guest: Page;
let table: NotionTablePage;

test.beforeAll(async ({ browser }) => {
  contexts = await Promise.all([1, 2, 3].map(() => browser.newContext()));
  const [first, second, third] = await Promise.all(contexts.map((context) => context.newPage()));
  if (!first || !second || !third) throw new Error("The browser opens no pages.");
  [host, guest] = [first, second];
  table = new NotionTablePage(third);
});
test.afterAll(() => Promise.all(contexts.map((context) => context.close())));

const screen = (page: Page, name: string) => keepScreen(page, "notion", name);

test("a host connects Notion, whose webhook announces changes, and says what the columns hold", async () => {
  await table.open(ACCOUNT);
  const webhook = await expectWebhook("notioncalendar");
  await table.addWebhook(process.env["NOTION_CLIENT_ID"] ?? "", webhook.address, webhook.token);
  webhook.end();

  await signInWithoutCalendars(host);
  await connectNotion(host, ACCOUNT, () => screen(host, "consent"));
  await host.getByRole("button", { name: `Columns of ${DATABASE}` }).click();
  const dialog = host.getByRole("dialog", { name: `Columns of ${DATABASE}` });
  await expect(dialog.getByLabel("Date", { exact: true })).toHaveValue(/./);
  await dialog.getByLabel("Called off when the status is").selectOption("Cancelled");
  await dialog.getByLabel("Pages that other people make").selectOption("hidden");
  await screen(host, "columns");
  await dialog.getByRole("button", { name: "Save columns" }).click();
  await expect(dialog).toBeHidden();
  await chooseDestination(host, DATABASE);
  await expect(syncCard(host, DATABASE)).toContainText("Announced by the provider at once");
  await expectSync(host, "ok");
});

test("a guest's booking is a page of the database, and the date that is typed there moves the open booking", async () => {
  const start = instantOf(DAY, "10:00");
  const path = await book(guest, { eventType: "Introduction", day: DAY, start, guest: GUEST });
  const title = await pageOf(GUEST.name);
  await table.expectAt(title, start);
  await host.goto(new URL(path, host.url()).pathname);
  await expectBookingAt(host, start);

  const moved = instantOf(NEXT_DAY, "14:30");
  await table.moveTo(title, moved);
  await screen(table.page, "table");
  await Promise.all([expectBookingAt(host, moved), expectBookingAt(guest, moved)]);
  await screen(guest, "moved");
  await invitationTo(GUEST.email, { method: "REQUEST", start: moved });
});

test("a page put into the trash cancels the booking, and the guest is told", async () => {
  await table.trash(await pageOf(GUEST.name));
  await Promise.all([expectCancelled(host, /deleted/i), expectCancelled(guest, /deleted/i)]);
  await invitationTo(GUEST.email, { method: "CANCEL", start: instantOf(NEXT_DAY, "14:30") });
});

test("a column that is deleted stops the calendar with a sentence that names it, until another one is chosen", async () => {
  await host.goto("/settings/calendars");
  await table.deleteColumn("Place");
  await host.getByRole("button", { name: `Sync now ${DATABASE}` }).click();
  const card = syncCard(host, DATABASE);
  await expect(card).toContainText(/that held the place is gone; choose another one/);
  await screen(host, "column-gone");
  await host.getByRole("button", { name: `Columns of ${DATABASE}` }).click();
  const dialog = host.getByRole("dialog", { name: `Columns of ${DATABASE}` });
  await expect(dialog.getByText(/that held the place is gone/)).toBeVisible();
  await expect(dialog.getByLabel("Place", { exact: true })).toHaveValue("");
  await dialog.getByRole("button", { name: "Save columns" }).click();
  await expect(dialog).toBeHidden();
  await expectSync(host, "ok");
});

/** The title of the page that a guest's booking has become. */
async function pageOf(name: string): Promise<string> {
  const field = table.page.getByLabel(new RegExp(`^Name of .*${name}`));
  await expect(field).toBeVisible();
  return field.inputValue();
}
