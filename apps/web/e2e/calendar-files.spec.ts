import { expect, test } from "@playwright/test";
import { keepScreen } from "./support/screens.ts";
import { signInWithoutCalendars } from "./support/web-pages.ts";

/** Two days ahead: far enough for everything that looks at what is to come. */
const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");
const FILE = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "X-WR-CALNAME:Family",
  "BEGIN:VEVENT",
  "UID:dentist@walk",
  "DTSTAMP:20260101T000000Z",
  `DTSTART:${day}T070000Z`,
  `DTEND:${day}T080000Z`,
  "SUMMARY:Dentist",
  "END:VEVENT",
  "BEGIN:VEVENT",
  "UID:nothing@walk",
  "SUMMARY:No start",
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");

test("a calendar file is looked at, imported and taken back; a feed is made, read and withdrawn", async ({
  page,
}) => {
  const screen = (name: string) => keepScreen(page, "calendar-files", name);
  await signInWithoutCalendars(page);
  await page.goto("/settings/files");
  const upload = (name: string, content: string) =>
    page.getByLabel("Calendar file", { exact: true }).setInputFiles({
      name,
      mimeType: "text/calendar",
      buffer: Buffer.from(content),
    });
  await upload("page.ics", "<html>Sign in</html>");
  await expect(page.getByRole("alert").filter({ hasText: "The file was not imported" })).toContainText(
    "no iCalendar file",
  );
  await screen("refused");

  await upload("family.ics", FILE);
  await expect(page.getByRole("heading", { name: "Family (family.ics)" })).toBeVisible();
  await expect(page.getByText("The event has no start; it was left out.")).toBeVisible();
  await expect(page.getByText("Events: 1 new.")).toBeVisible();
  await screen("preview");
  await page.getByRole("button", { name: "Import without what cannot be read" }).click();
  await expect(page.getByText("Done: 1 new.")).toBeVisible();
  await page.goto(`/calendar?date=${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`);
  await expect(page.getByText("Dentist").first()).toBeVisible();
  await screen("in-the-calendar");
  await page.goto("/settings/files");
  await screen("imports");
  await page.getByRole("link", { name: "Family (family.ics)" }).click();
  await page.getByRole("button", { name: "Take it back" }).click();
  await page
    .getByRole("dialog", { name: "Take this import back?" })
    .getByRole("button", { name: "Take it back" })
    .click();
  await expect(page.getByText("Nothing of it counts any more.")).toBeVisible();

  await page.goto("/settings/files");
  await page.getByRole("button", { name: "New feed" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Phone");
  await screen("new-feed");
  await page.getByRole("button", { name: "Create feed" }).click();
  const address = await page.getByLabel("Address of the feed").inputValue();
  await screen("address-once");
  await page.getByRole("button", { name: "I have kept it" }).click();
  const path = new URL(address).pathname;
  const read = await page.request.get(path);
  expect(await read.text()).toContain("X-WR-CALNAME:Phone");
  await page.getByRole("button", { name: "Withdraw Phone" }).click();
  await page
    .getByRole("dialog", { name: "Withdraw this feed?" })
    .getByRole("button", { name: "Withdraw feed" })
    .click();
  await expect(page.getByRole("heading", { name: "Phone" })).toBeHidden();
  expect((await page.request.get(path)).status()).toBe(404);
});
