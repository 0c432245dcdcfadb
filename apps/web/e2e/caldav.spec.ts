import {
  CALDAV_PASSWORD,
  CaldavClient,
  type CaldavTestServer,
  InstalledCaldavServer,
  installedServers,
  MemoryCaldavServer,
} from "@calsync/testing/caldav-server";
import { expect, test } from "@playwright/test";
import { instantOf, workingDay } from "./support/days.ts";
import { keepScreen } from "./support/screens.ts";
import {
  book,
  chooseDestination,
  expectSync,
  signInWithoutCalendars,
  syncCard,
} from "./support/web-pages.ts";

const USER = "host1@people.example";
const DAY = workingDay(23);
const GUEST = { name: "Cleo Client", email: "cleo@example.net" };

let server: CaldavTestServer;
test.beforeAll(async () => {
  // A real one where the machine has it.
  server = installedServers().includes("radicale")
    ? await InstalledCaldavServer.start("radicale")
    : await MemoryCaldavServer.start();
});
test.afterAll(() => server.close());

/** An instant as an iCalendar property has it. */
const stamp = (instant: string) => `${instant.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;

test("an event edited with another CalDAV client moves the booking, before the eyes of its guest", async ({
  page,
  browser,
}) => {
  const other = await CaldavClient.makeCalendar(server, USER, "Work");
  // Radicale calls a calendar that nobody has named by its path.
  const calendar = server.kind === "radicale" ? `${USER}/Work` : "Work";
  await signInWithoutCalendars(page);
  await page.goto("/settings/calendars");
  await page.getByRole("button", { name: "Connect CalDAV" }).click();
  const dialog = page.getByRole("dialog", { name: "Connect CalDAV" });
  await dialog.getByLabel("Server address").fill(server.url);
  await dialog.getByLabel("User name").fill(USER);
  await dialog.getByLabel("Password").fill(CALDAV_PASSWORD);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(page.getByText(`${USER} is connected`)).toBeVisible();
  await chooseDestination(page, calendar);
  await expectSync(page, "ok");

  const context = await browser.newContext();
  const guest = await context.newPage();
  await book(guest, { eventType: "Introduction", day: DAY, start: instantOf(DAY, "10:00"), guest: GUEST });
  // The host has bookings from before, which are written there too.
  const find = async (): Promise<string | undefined> => {
    for (const name of await other.names()) {
      if ((await other.lines(name)).some((line) => line.includes(GUEST.email))) return name;
    }
    return undefined;
  };
  await expect.poll(find, { timeout: 60_000 }).toBeDefined();
  const name = (await find()) ?? "";
  const later = { start: stamp(instantOf(DAY, "13:00")), end: stamp(instantOf(DAY, "13:30")) };
  await other.edit(name, (lines) => {
    const inEvent = lines.indexOf("BEGIN:VEVENT");
    return lines.map((line, index) => {
      if (index < inEvent) return line;
      return line
        .replace(/^DTSTART[;:].*/, `DTSTART:${later.start}`)
        .replace(/^DTEND[;:].*/, `DTEND:${later.end}`);
    });
  });
  await syncCard(page, calendar)
    .getByRole("button", { name: /^Sync now/ })
    .click();
  await expect(guest.getByTestId("booking-time").locator("time")).toHaveAttribute(
    "datetime",
    instantOf(DAY, "13:00"),
    { timeout: 60_000 },
  );
  await keepScreen(guest, "caldav", "moved-by-another-client");
  await context.close();
});
