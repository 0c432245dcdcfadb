import { expect, type Page, test } from "@playwright/test";
import { instantOf, workingDay } from "./support/days.ts";
import { keepScreen } from "./support/screens.ts";
import { book, chooseSlot, expectBookingAt, fillGuest, HOST } from "./support/web-pages.ts";

const DAY = workingDay(20);

const screen = (page: Page, name: string) => keepScreen(page, "obstacles", name);

test("of two guests who want one time, the second is told and can choose again with all typed text kept", async ({
  browser,
}) => {
  const start = instantOf(DAY, "11:00");
  const guests = [
    { name: "Quick Quentin", email: "quentin@example.net" },
    { name: "Slow Selma", email: "selma@example.net" },
  ] as const;
  const contexts = await Promise.all(guests.map(() => browser.newContext()));
  try {
    const [quick, slow] = await Promise.all(
      contexts.map(async (context, index) => {
        const page = await context.newPage();
        await page.goto(`/${HOST.username}/intro`);
        await chooseSlot(page, DAY, start);
        await fillGuest(page, guests[index === 0 ? 0 : 1]);
        return page;
      }),
    );
    if (!quick || !slow) throw new Error("The browser opens no pages.");
    await quick.getByRole("button", { name: "Confirm booking" }).click();
    await expect(quick.getByText("You are booked")).toBeVisible();

    await slow.getByRole("button", { name: "Confirm booking" }).click();
    await expect(slow.getByRole("alert").filter({ hasText: "has just been taken" })).toBeVisible();
    const other = instantOf(DAY, "11:30");
    await expect(slow.locator(`button[data-slot="${other}"]`), "the same day is shown").toBeVisible();
    await expect(slow.locator(`button[data-slot="${start}"]`)).toHaveCount(0);
    await screen(slow, "time-taken");
    await slow.locator(`button[data-slot="${other}"]`).click();
    await expect(slow.getByLabel("Your name")).toHaveValue(guests[1].name);
    await slow.getByRole("button", { name: "Confirm booking" }).click();
    await expectBookingAt(slow, other);
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
});

test("a wrong password is refused in words, and the right one leads to the page that was asked for", async ({
  page,
}) => {
  await page.goto("/settings/calendars");
  await expect(page).toHaveURL(/\/login/);
  await page.getByLabel("E-mail").fill(HOST.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "do not match" })).toBeVisible();
  await screen(page, "wrong-password");
  await page.getByLabel("Password").fill(HOST.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/settings\/calendars/);
});

test("a link that leads to no booking says so, and shows as little to a wrong token", async ({
  page,
  context,
}) => {
  const guest = { name: "Lena Link", email: "lena@example.net" };
  const start = instantOf(DAY, "14:00");
  const path = await book(page, { eventType: "Introduction", day: DAY, start, guest });
  const [own = ""] = path.split("?");
  for (const link of [
    "/booking/7d9f1f0e-3a52-4a5e-9a6c-000000000000?token=unknown",
    "/booking/not-a-booking?token=unknown",
    `${own}?token=${"x".repeat(43)}`,
    "/nobody-of-this-name",
    `/${HOST.username}/nothing-of-this-name`,
  ]) {
    const answer = await page.goto(link);
    expect(answer?.status(), link).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText(guest.name)).toHaveCount(0);
  }
  await screen(page, "no-such-page");
  // Without a token it is the host's page, who has to sign in first.
  await context.clearCookies();
  await page.goto(own);
  await expect(page).toHaveURL(/\/login/);
});
