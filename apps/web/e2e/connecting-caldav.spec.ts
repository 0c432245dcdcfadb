import { MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { expect, type Page, test } from "@playwright/test";
import { keepScreen } from "./support/screens.ts";
import { chooseDestination, signInWithoutCalendars } from "./support/web-pages.ts";

const USER = "cora@people.example";
const APP_PASSWORD = "abcd-efgh-ijkl";

let server: MemoryCaldavServer;
test.beforeEach(async ({ page }) => {
  server = await MemoryCaldavServer.start();
  server.setPassword(USER, APP_PASSWORD);
  await fetch(`${server.homeOf(USER)}/Work/`, {
    method: "MKCALENDAR",
    headers: { authorization: `Basic ${Buffer.from(`${USER}:${APP_PASSWORD}`).toString("base64")}` },
  });
  await signInWithoutCalendars(page);
});
test.afterEach(() => server.close());

const screen = (page: Page, name: string) => keepScreen(page, "connecting-caldav", name);

test("a CalDAV account is connected by its password, with what is wrong said beside the field, and gets a new one", async ({
  page,
}) => {
  await page.goto("/settings/calendars");
  await page.getByRole("button", { name: "Connect CalDAV" }).click();
  const dialog = page.getByRole("dialog", { name: "Connect CalDAV" });
  await dialog.getByLabel("Server address").fill("nowhere.invalid");
  await dialog.getByLabel("User name").fill(USER);
  await dialog.getByLabel("Password").fill("my main password");
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  const address = dialog.getByLabel("Server address");
  await expect(address).toHaveAttribute("aria-invalid", "true");
  await expect(address).toBeFocused();

  await address.fill(server.url);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  const password = dialog.getByLabel("Password");
  await expect(password).toHaveAttribute("aria-invalid", "true");
  await expect(address).not.toHaveAttribute("aria-invalid");
  await expect(dialog.getByRole("alert")).toContainText("app password");
  await screen(page, "password-refused");

  await password.fill(APP_PASSWORD);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(page.getByText(`${USER} is connected`)).toBeVisible();
  await chooseDestination(page, "Work");
  await screen(page, "connected");

  server.setPassword(USER, "a-new-one");
  await page.getByRole("button", { name: "New password" }).click();
  const again = page.getByRole("dialog", { name: `New password for ${USER}` });
  await expect(again.getByLabel("User name")).toHaveCount(0);
  await again.getByLabel("Password").fill("a-new-one");
  await again.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(again).toBeHidden();
  await expect(page.getByRole("group", { name: "Write bookings to" }).getByRole("radio")).toHaveCount(1);
});
