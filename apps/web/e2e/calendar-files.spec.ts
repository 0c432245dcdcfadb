import { expect, type Page, test } from "@playwright/test";
import { keepScreen } from "./support/screens.ts";
import { HOST, signInWithoutCalendars } from "./support/web-pages.ts";

/** A family's calendar: a dentist at this time, hours that are free the day after, and an event that cannot be read. */
const fileAt = (start: Date): string => {
  const stamp = (days: number, hours: number) =>
    `${new Date(start.getTime() + days * 86_400_000 + hours * 3_600_000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  const event = (uid: string, ...lines: string[]) =>
    ["BEGIN:VEVENT", `UID:${uid}@walk`, "DTSTAMP:20260101T000000Z"].concat(lines, "END:VEVENT");
  return ["BEGIN:VCALENDAR", "VERSION:2.0", "X-WR-CALNAME:Family"]
    .concat(event("dentist", `DTSTART:${stamp(0, 0)}`, `DTEND:${stamp(0, 1)}`, "SUMMARY:Dentist"))
    .concat(
      event("free", `DTSTART:${stamp(1, 0)}`, "DURATION:PT1H", "SUMMARY:Office hours", "TRANSP:TRANSPARENT"),
    )
    .concat(event("nothing", "SUMMARY:No start"), "END:VCALENDAR", "")
    .join("\r\n");
};

/** A guest takes the host's first free time of next week. @returns the booking's uid and its start */
async function bookFirstSlot(page: Page): Promise<{ uid: string; start: Date }> {
  const [from, to] = [7, 14].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
  const where = { username: HOST.username, eventType: "intro" };
  const query = new URLSearchParams({ ...where, from: from ?? "", to: to ?? "", timeZone: "UTC" });
  const { days } = await (await page.request.get(`/api/v1/slots?${query}`)).json();
  const start: string = days.flatMap((day: { slots: { start: string }[] }) => day.slots)[0].start;
  const guest = { name: "Fay Guest", email: "fay@guest.test" };
  const answer = await page.request.post("/api/v1/bookings", {
    headers: { "x-calsync-csrf": "1" },
    data: { ...where, start, timeZone: "UTC", guest },
  });
  expect(answer.status()).toBe(201);
  return { uid: (await answer.json()).booking.uid, start: new Date(start) };
}

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

  const { uid, start } = await bookFirstSlot(page);
  await upload("family.ics", fileAt(start));
  await expect(page.getByRole("heading", { name: "Family (family.ics)" })).toBeVisible();
  await expect(page.getByText("The event has no start; it was left out.")).toBeVisible();
  await expect(page.getByText("Events: 2 new.")).toBeVisible();
  const conflicts = page.getByText("Busy times of the file lie on bookings").locator("..");
  await expect(conflicts.getByRole("link", { name: /Fay Guest/ })).toHaveAttribute("href", `/booking/${uid}`);
  await expect(conflicts).toContainText("Dentist");
  await page.getByLabel("Guests can book me in its free events").check();
  await screen("preview");
  await page.getByRole("button", { name: "Import without what cannot be read" }).click();
  await expect(page.getByText("Done: 2 new.")).toBeVisible();
  await expect(page.getByText("1 event could not be read and was left out.")).toBeVisible();
  await page.goto(`/calendar?date=${start.toISOString().slice(0, 10)}`);
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
  const cancelled = await page.request.post(`/api/v1/bookings/${uid}/cancel`, {
    headers: { "x-calsync-csrf": "1" },
    data: {},
  });
  expect(cancelled.status()).toBe(200);

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
