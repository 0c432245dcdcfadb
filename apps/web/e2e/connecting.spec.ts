import { expect, type Page, test } from "@playwright/test";
import { keepScreen } from "./support/screens.ts";
import { connectGoogle, signInWithoutCalendars, startConnecting } from "./support/web-pages.ts";

const ACCOUNT = "colleague@example.com";

test.beforeEach(async ({ page }) => {
  await signInWithoutCalendars(page);
});

const screen = (page: Page, name: string) => keepScreen(page, "connecting", name);

test("declining at the consent page connects nothing and says so", async ({ page }) => {
  await startConnecting(page);
  await screen(page, "consent");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page).toHaveURL(/\/settings\/calendars/);
  const message = page.getByRole("alert").filter({ hasText: "The account was not connected" });
  await expect(message).toContainText("Access was declined");
  await expect(page.getByText("No calendar is connected yet")).toBeVisible();
  await expect(page.getByRole("button", { name: "Connect Google Calendar" })).toBeVisible();
  await screen(page, "declined");
});

test("without a permission nothing is connected and the host is told how, and connecting again with it works", async ({
  page,
}) => {
  await startConnecting(page);
  await page.getByRole("radio", { name: ACCOUNT }).check();
  await page.getByRole("checkbox", { name: /View and edit events/ }).uncheck();
  await page.getByRole("button", { name: "Allow" }).click();
  const message = page.getByRole("alert").filter({ hasText: "The account was not connected" });
  await expect(message).toContainText("Not granted: to see and edit events");
  await expect(message).toContainText("leave all boxes ticked");
  await expect(page.getByText("No calendar is connected yet")).toBeVisible();
  await screen(page, "permission-missing");

  await connectGoogle(page, ACCOUNT);
  await expect(page.getByRole("group", { name: "Write bookings to" }).getByRole("radio")).not.toHaveCount(0);
});

test("an account is disconnected after a question, and only then", async ({ page }) => {
  await connectGoogle(page, ACCOUNT);
  const question = page.getByRole("dialog", { name: `Disconnect ${ACCOUNT}?` });
  await page.getByRole("button", { name: `Disconnect ${ACCOUNT}` }).click();
  await question.getByRole("button", { name: "Keep it" }).click();
  await expect(question).toBeHidden();
  await expect(page.getByRole("heading", { name: ACCOUNT, exact: true })).toBeVisible();

  await page.getByRole("button", { name: `Disconnect ${ACCOUNT}` }).click();
  await screen(page, "asked-before-disconnecting");
  await question.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByText("No calendar is connected yet")).toBeVisible();
});
