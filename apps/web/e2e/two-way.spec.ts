import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { dayAfter, instantOf, workingDayBeforeAnother } from "./support/days.ts";
import { GoogleCalendarPage } from "./support/GoogleCalendarPage.ts";
import { watchForReload } from "./support/live.ts";
import { invitationTo, openNewestMail } from "./support/mailbox.ts";
import { keepScreen } from "./support/screens.ts";
import {
  book,
  chooseBusyTimes,
  chooseDestination,
  chooseSlot,
  connectGoogle,
  expectBookingAt,
  expectCancelled,
  expectSync,
  fillGuest,
  HOST,
  makeEventType,
  signInWithoutCalendars,
  syncCard,
} from "./support/web-pages.ts";

const ACCOUNT = "host@example.com";
const DAY = workingDayBeforeAnother(15);
// Also shown in that week, since the week begins on Monday.
const NEXT_DAY = dayAfter(DAY);
const GUEST = { name: "Gail Guest", email: "gail@example.net" };
const COURSE = { title: "Course", slug: "course", durationMinutes: 30 } as const;
// Later than the days of all other walks: all of its weeks have to be free.
const COURSE_DAY = workingDayBeforeAnother(35);
const COURSE_GUEST = { name: "Sera Series", email: "sera@example.net" };
const SECOND_GUEST = { name: "Noor Next", email: "noor@example.net" };

// One story: each chapter goes on where the one before has ended, in windows that stay open.
test.describe.configure({ mode: "serial" });

let contexts: BrowserContext[] = [];
let host: Page;
let guest: Page;
let mail: Page;
let google: GoogleCalendarPage;
/** What the browser complained of in our own pages: scripts that fail, markup that differs, rules of the page that are broken. */
const complaints: string[] = [];

test.beforeAll(async ({ browser }) => {
  contexts = await Promise.all([1, 2, 3, 4].map(() => browser.newContext()));
  const [first, second, third, fourth] = await Promise.all(contexts.map((context) => context.newPage()));
  if (!first || !second || !third || !fourth) throw new Error("The browser opens no pages.");
  [host, guest, mail] = [first, second, third];
  google = new GoogleCalendarPage(fourth);
  for (const page of [host, guest]) {
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  }
});
test.afterAll(() => Promise.all(contexts.map((context) => context.close())));

const screen = (page: Page, name: string) => keepScreen(page, "two-way", name);

test("a host signs in, connects Google, chooses calendars, and is told that all is in sync", async () => {
  await signInWithoutCalendars(host);
  await host.reload();
  await expectSync(host, "none");
  await screen(host, "signed-in");

  await connectGoogle(host, ACCOUNT);
  await screen(host, "connected");
  await chooseDestination(host, ACCOUNT);
  await chooseBusyTimes(host, ACCOUNT);
  await chooseBusyTimes(host, "Family");
  for (const calendar of [ACCOUNT, "Family"]) {
    await expect(syncCard(host, calendar)).toHaveAttribute("data-sync-state", "healthy");
    await expect(syncCard(host, calendar)).toContainText("Announced by the provider at once");
  }
  await expectSync(host, "ok");
  await screen(host, "in-sync");
});

test("what a guest books appears in the host's Google Calendar", async () => {
  const start = instantOf(DAY, "10:00");
  const path = await book(guest, { eventType: "Introduction", day: DAY, start, guest: GUEST });
  await expectBookingAt(guest, start);
  await screen(guest, "booked");

  await google.open(ACCOUNT, DAY);
  await google.expectAt(GUEST.name, DAY, "10:00");
  await screen(google.page, "event-of-the-booking");

  await host.goto(new URL(path, host.url()).pathname);
  await expectBookingAt(host, start);
  await expect(host.getByRole("region", { name: "In your calendars" })).toContainText("In sync");
  await screen(host, "booking-of-the-host");
  expect((await invitationTo(GUEST.email, { method: "REQUEST", start })).sequence).toBe(0);
});

test("an event dragged in Google moves the booking in the pages that are open, and the guest is told", async () => {
  const checks = [await watchForReload(host), await watchForReload(guest)];
  const invited = await invitationTo(GUEST.email, { method: "REQUEST", start: instantOf(DAY, "10:00") });

  await google.drag(GUEST.name, { time: "10:00" }, { day: NEXT_DAY, time: "14:30" });
  const moved = instantOf(NEXT_DAY, "14:30");
  await Promise.all([expectBookingAt(host, moved), expectBookingAt(guest, moved)]);
  for (const check of checks) await check();
  await expect(guest.getByText("This booking has just been moved")).toBeVisible();
  await screen(google.page, "dragged");
  await screen(guest, "moved-for-the-guest");

  const history = host.getByRole("region", { name: "History" });
  await expect(history).toContainText("The event was moved in the calendar, so the booking was rescheduled.");
  await expect(history.locator('[data-change-reason="remote-time-changed"]')).toContainText("10:00");
  await expect(history.locator('[data-change-reason="remote-time-changed"]')).toContainText("14:30");
  await screen(host, "moved-for-the-host");

  const update = await invitationTo(GUEST.email, { method: "REQUEST", start: moved });
  expect(update.uid).toBe(invited.uid);
  expect(update.sequence).toBeGreaterThan(invited.sequence);
  const invitation = await openNewestMail(mail, GUEST.email);
  await expect(invitation).toContainText("REQUEST");
  await expect(invitation.locator("time").first()).toHaveAttribute(
    "datetime",
    new RegExp(moved.slice(0, 19)),
  );
  await screen(mail, "mail-of-the-move");
});

test("an event deleted in Google cancels the booking with its reason, and the guest is told", async () => {
  const moved = instantOf(NEXT_DAY, "14:30");
  const checks = [await watchForReload(host), await watchForReload(guest)];
  await google.delete(GUEST.name);
  const reason = /deleted/i;
  await Promise.all([expectCancelled(host, reason), expectCancelled(guest, reason)]);
  for (const check of checks) await check();
  await screen(guest, "cancelled-for-the-guest");

  const history = host.getByRole("region", { name: "History" });
  for (const explanation of [
    "A guest booked.",
    "The booking was written to the calendar.",
    "The event was moved in the calendar, so the booking was rescheduled.",
    "The event was deleted in the calendar, so the booking was cancelled.",
  ]) {
    await expect(history).toContainText(explanation);
  }
  await screen(host, "cancelled-for-the-host");

  const update = await invitationTo(GUEST.email, { method: "REQUEST", start: moved });
  const cancel = await invitationTo(GUEST.email, { method: "CANCEL", start: moved });
  expect(cancel.uid).toBe(update.uid);
  expect(cancel.sequence).toBeGreaterThanOrEqual(update.sequence);
  await expect(await openNewestMail(mail, GUEST.email)).toContainText("CANCEL");
  await screen(mail, "mail-of-the-cancellation");
});

test("what is rescheduled and cancelled in the app happens to the event in Google", async () => {
  const start = instantOf(DAY, "11:00");
  const path = await book(guest, { eventType: "Introduction", day: DAY, start, guest: SECOND_GUEST });
  await google.expectAt(SECOND_GUEST.name, DAY, "11:00");

  // The guest moves it …
  const later = instantOf(DAY, "13:00");
  await guest.getByRole("button", { name: "Reschedule" }).click();
  await chooseSlot(guest, DAY, later);
  await guest.getByRole("button", { name: "Move booking" }).click();
  await expectBookingAt(guest, later);
  await google.expectAt(SECOND_GUEST.name, DAY, "13:00");
  await screen(google.page, "followed-the-guest");

  // … the host moves it on …
  await host.goto(new URL(path, host.url()).pathname);
  const check = await watchForReload(guest);
  const latest = instantOf(DAY, "15:30");
  await host.getByRole("button", { name: "Reschedule" }).click();
  await chooseSlot(host, DAY, latest);
  await host.getByRole("button", { name: "Move booking" }).click();
  await Promise.all([expectBookingAt(host, latest), expectBookingAt(guest, latest)]);
  await google.expectAt(SECOND_GUEST.name, DAY, "15:30");
  await invitationTo(SECOND_GUEST.email, { method: "REQUEST", start: latest });
  await screen(google.page, "followed-the-host");

  // … and calls it off.
  await host.getByRole("button", { name: "Cancel booking" }).click();
  const dialog = host.getByRole("dialog", { name: "Cancel this booking?" });
  await dialog.getByLabel("Reason").fill("The train is on strike.");
  await screen(host, "asked-before-cancelling");
  await dialog.getByRole("button", { name: "Cancel booking" }).click();
  const reason = "The train is on strike.";
  await Promise.all([expectCancelled(host, reason), expectCancelled(guest, reason)]);
  await check();
  await expect(google.event(SECOND_GUEST.name)).toHaveCount(0);
  await invitationTo(SECOND_GUEST.email, { method: "CANCEL", start: latest });
  await screen(google.page, "event-gone");

  const history = host.getByRole("region", { name: "History" });
  for (const reason of [
    "rescheduled-by-guest",
    "rescheduled-by-host",
    "cancelled-by-host",
    "event-deleted",
  ]) {
    await expect(history.locator(`[data-change-reason="${reason}"]`).first()).toBeVisible();
  }
  await screen(host, "history");
});

test("a guest moves one date of a series, those from a date on and all of them, and gives it up", async () => {
  await makeEventType(host, { ...COURSE, recurrence: { frequency: "weekly", interval: 1, maxCount: 4 } });
  const weeks = [0, 1, 2].map((week) => dayAfter(COURSE_DAY, 7 * week));
  const dates = () => guest.locator("[data-occurrence-uid] time[datetime]");
  const expectDates = async (times: string[]) => {
    for (const [index, time] of times.entries()) {
      await expect(dates().nth(index)).toHaveAttribute("datetime", instantOf(weeks[index] ?? "", time));
    }
  };
  const move = async (scope: string, day: string, time: string) => {
    await guest.getByRole("button", { name: "Reschedule" }).click();
    await guest.getByRole("radio", { name: scope }).check();
    await chooseSlot(guest, day, instantOf(day, time));
    await guest.getByRole("button", { name: "Move booking" }).click();
    await expectBookingAt(guest, instantOf(day, time));
  };

  await guest.goto(`/${HOST.username}/${COURSE.slug}`);
  await guest.getByLabel("How often").selectOption("3");
  await chooseSlot(guest, COURSE_DAY, instantOf(COURSE_DAY, "09:00"));
  await fillGuest(guest, COURSE_GUEST);
  await guest.getByRole("button", { name: "Confirm booking" }).click();
  await expect(guest.getByText("You are booked")).toBeVisible();
  await expectDates(["09:00", "09:00", "09:00"]);
  await screen(guest, "series-booked");
  await google.open(ACCOUNT, COURSE_DAY);
  await google.expectAt(COURSE_GUEST.name, COURSE_DAY, "09:00");

  await move("All that are still to come", COURSE_DAY, "12:00");
  await expectDates(["12:00", "12:00", "12:00"]);
  await google.expectAt(COURSE_GUEST.name, COURSE_DAY, "12:00");
  await move("Only this one", COURSE_DAY, "11:00");
  await expectDates(["11:00", "12:00", "12:00"]);
  await google.expectAt(COURSE_GUEST.name, COURSE_DAY, "11:00");
  await move("This and all later ones", COURSE_DAY, "14:00");
  await screen(guest, "series-moved");
  await google.expectAt(COURSE_GUEST.name, COURSE_DAY, "14:00");

  await dates().nth(1).click();
  await expectBookingAt(guest, instantOf(weeks[1] ?? "", "14:00"));
  await guest.goBack();
  await expectBookingAt(guest, instantOf(COURSE_DAY, "14:00"));

  await guest.getByRole("button", { name: "Cancel booking" }).click();
  const dialog = guest.getByRole("dialog", { name: "Cancel this booking?" });
  await dialog.getByRole("radio", { name: "All that are still to come" }).check();
  await dialog.getByRole("button", { name: "Cancel booking" }).click();
  await expectCancelled(guest, "No reason was given.");
  await expect(guest.locator("[data-occurrence-uid]").filter({ hasText: "Cancelled" })).toHaveCount(3);
  await expect(google.event(COURSE_GUEST.name)).toHaveCount(0);
  await screen(guest, "series-cancelled");
});

test("no page has failed behind the scenes", () => {
  expect(complaints).toEqual([]);
});
