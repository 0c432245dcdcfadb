import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { dayOf, instantOf, workingDay } from "./support/days.ts";
import { setFaults } from "./support/faults.ts";
import { GoogleCalendarPage } from "./support/GoogleCalendarPage.ts";
import { keepScreen } from "./support/screens.ts";
import {
  book,
  chooseDestination,
  chooseSlot,
  connectGoogle,
  expectBookingAt,
  expectCancelled,
  expectSync,
  setPreferences,
  signInWithoutCalendars,
  switchTeamsOn,
  syncCard,
} from "./support/web-pages.ts";

const ACCOUNT = "host@example.com";
const DAY = workingDay(21);
const GUEST = { name: "Asha Asked", email: "asha@example.net" };

// One story: each chapter goes on where the one before has ended.
test.describe.configure({ mode: "serial" });

let contexts: BrowserContext[] = [];
let host: Page;
let guest: Page;
let google: GoogleCalendarPage;
let path = "";
let others: string[] = [];

test.beforeAll(async ({ browser }) => {
  contexts = await Promise.all([1, 2, 3].map(() => browser.newContext()));
  const [first, second, third] = await Promise.all(contexts.map((context) => context.newPage()));
  if (!first || !second || !third) throw new Error("The browser opens no pages.");
  [host, guest] = [first, second];
  google = new GoogleCalendarPage(third);
});
test.afterAll(async () => {
  await setFaults([]);
  await switchTeamsOn(host);
  await setPreferences(host, {
    outsideHours: "APPLY",
    massChangeLimit: 10,
    conflictPolicy: "LAST_WRITE_WINS",
  });
  await Promise.all(contexts.map((context) => context.close()));
});

const screen = (page: Page, name: string) => keepScreen(page, "asking", name);
const badge = () => host.getByTestId("attention");

test("preferences are chosen in the settings and hold", async () => {
  await signInWithoutCalendars(host);
  await connectGoogle(host, ACCOUNT);
  await chooseDestination(host, ACCOUNT);
  await host.goto("/settings/sync");
  const form = host.getByRole("region", { name: "All calendars" });
  await form.getByLabel("When both sides changed the same").selectOption("Ask me");
  await form.getByLabel("When an event is moved outside my hours").selectOption("Ask me first");
  await form.getByLabel("Ask when more change at once").fill("1");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("Saved. It holds from now on.")).toBeVisible();
  await host.reload();
  await expect(form.getByLabel("When both sides changed the same")).toHaveValue("ASK");
  await screen(host, "preferences");
});

test("a move to the evening waits for the host, who puts it back or lets it be", async () => {
  path = await book(guest, {
    eventType: "Introduction",
    day: DAY,
    start: instantOf(DAY, "10:00"),
    guest: GUEST,
  });
  await google.open(ACCOUNT, DAY);
  await google.expectAt(GUEST.name, DAY, "10:00");
  await google.drag(GUEST.name, { time: "10:00" }, { day: DAY, time: "19:00" });
  await expect(badge()).toHaveAttribute("data-count", "1", { timeout: 30_000 });
  await expectBookingAt(guest, instantOf(DAY, "10:00"));

  await badge().click();
  await screen(host, "needs-you");
  await host.getByRole("link", { name: /^Decide/ }).click();
  await expect(host.getByText("is outside your hours")).toBeVisible();
  await screen(host, "outside-hours");
  await host.getByRole("button", { name: "Put it back" }).click();
  await google.expectAt(GUEST.name, DAY, "10:00");
  await expect(badge()).toHaveCount(0);
});

test("when both sides move a booking the host is asked, and the choice holds everywhere", async () => {
  // Google cannot be reached while the booking is moved here and there.
  await setFaults([{ fault: "serverError", account: ACCOUNT, status: 503 }]);
  await guest.getByRole("button", { name: "Reschedule" }).click();
  await chooseSlot(guest, DAY, instantOf(DAY, "13:00"));
  await guest.getByRole("button", { name: "Move booking" }).click();
  await expectBookingAt(guest, instantOf(DAY, "13:00"));
  await google.drag(GUEST.name, { time: "10:00" }, { day: DAY, time: "15:00" });
  await setFaults([]);
  await expect(badge()).toHaveAttribute("data-count", "1", { timeout: 60_000 });

  await host.goto("/attention");
  await host.getByRole("link", { name: /^Decide/ }).click();
  const time = host.getByRole("group", { name: "Time" });
  await expect(time).toContainText("13:00");
  await expect(time).toContainText("15:00");
  await time.getByRole("radio", { name: /15:00/ }).check();
  await screen(host, "both-changed");
  await host.getByRole("button", { name: "Use this" }).click();
  await expectBookingAt(guest, instantOf(DAY, "15:00"));
  await google.expectAt(GUEST.name, DAY, "15:00");
});

test("a cancellation that came from the calendar is undone, and the event is back", async () => {
  await google.delete(GUEST.name);
  await expectCancelled(guest, /deleted/i);
  await host.goto(new URL(path, host.url()).pathname);
  const history = host.getByRole("region", { name: "History" });
  const cancelled = history.locator('[data-change-reason="remote-deleted"]');
  await cancelled.getByRole("button", { name: /^Undo/ }).click();
  await expect(host.locator("[data-booking-status]")).toHaveAttribute("data-booking-status", "accepted");
  await expectBookingAt(guest, instantOf(DAY, "15:00"));
  await google.expectAt(GUEST.name, DAY, "15:00");
  await expect(cancelled).toContainText("taken back");
  await screen(host, "undone");
  await host.goto("/changes");
  await expect(host.getByRole("link", { name: new RegExp(GUEST.name) }).first()).toBeVisible();
  await screen(host, "all-changes");
});

test("many cancellations at once are held, and the host keeps the bookings", async () => {
  others = [];
  for (const [index, time] of ["09:00", "11:00", "12:00"].entries()) {
    const name = `Mass ${["One", "Two", "Three"][index]}`;
    others.push(name);
    const wanted = { eventType: "Introduction", day: DAY, start: instantOf(DAY, time) };
    await book(guest, { ...wanted, guest: { name, email: `mass${index}@example.net` } });
    await google.expectAt(name, DAY, time);
  }
  await expectSync(host, "ok");
  await deleteAtOnce(others);
  await host.goto("/attention");
  await screen(host, "many-changes");
  await host.getByRole("link", { name: /^Look and decide/ }).click();
  for (const name of others) await expect(host.getByText(name).first()).toBeVisible();
  await screen(host, "mass-change");
  await host.getByRole("button", { name: "Keep my bookings" }).click();
  await expect(host.getByText("You kept your bookings.")).toBeVisible();
  for (const name of others) await expect(google.event(name)).toHaveCount(1, { timeout: 30_000 });
  await expect(badge()).toHaveCount(0);
});

test("many cancellations that the host lets happen are taken back as a whole", async () => {
  await deleteAtOnce(others);
  await host.goto("/attention");
  await host.getByRole("link", { name: /^Look and decide/ }).click();
  await host.getByRole("button", { name: "Do all of it" }).click();
  await host
    .getByRole("dialog", { name: "Do all of it?" })
    .getByRole("button", { name: "Do all of it" })
    .click();
  await host.getByRole("button", { name: "Take all of it back" }).click();
  await expect(host.getByText(`${others.length} restored.`)).toBeVisible({ timeout: 30_000 });
  await screen(host, "mass-change-taken-back");
  for (const name of others) await expect(google.event(name)).toHaveCount(1, { timeout: 30_000 });
  await host.goto("/changes");
  await expect(host.getByRole("link", { name: `${others.length} cancelled in ${ACCOUNT}` })).toBeVisible();
});

test("an event of the host's own calendar that both sides edit waits under Needs you", async () => {
  const title = `Choir ${Date.now() % 10_000}`;
  await google.open(ACCOUNT, dayOf(new Date(Date.now() + 3_600_000)));
  await google.create(title);
  const id = await mirroredId(title);
  await setFaults([{ fault: "serverError", account: ACCOUNT, status: 503 }]);
  const edited = await host.request.patch(`/api/v1/external-events/${id}`, {
    headers: { "x-calsync-csrf": "1" },
    data: { title: `${title} of ours` },
  });
  expect(edited.status()).toBe(202);
  await google.rename(title, `${title} of theirs`);
  await setFaults([]);
  await expect(badge()).toHaveAttribute("data-count", "1", { timeout: 60_000 });
  await host.goto("/attention");
  const question = host.getByRole("region", { name: title });
  await expect(question.getByRole("row", { name: /^Title/ })).toContainText(`${title} of theirs`);
  await screen(host, "both-edited-an-event");
  await question.getByRole("button", { name: /^Use mine/ }).click();
  await expect(host.getByText("Nothing needs you")).toBeVisible();
  await expect(google.event(`${title} of ours`)).toHaveCount(1, { timeout: 30_000 });
  await google.delete(`${title} of ours`);
});

test("an owner switches the sync of their team off and on, and learns what that means", async () => {
  await host.goto("/settings/teams");
  const team = host.getByRole("region", { name: "Demo Studio" });
  await team.getByRole("button", { name: /^Switch sync off/ }).click();
  const dialog = host.getByRole("dialog", { name: "Switch sync of Demo Studio off?" });
  await expect(dialog).toContainText("no calendar of all 2 members is read or written");
  await screen(host, "team-asked");
  await dialog.getByRole("button", { name: "Switch off for 2 members" }).click();
  await expect(team.getByText("Sync of Demo Studio is off.")).toBeVisible();
  await host.goto("/settings/status");
  await expect(host.getByText("Sync is switched off by Demo Studio")).toBeVisible();
  await screen(host, "team-off");
  await host.goto("/settings/teams");
  await team.getByRole("button", { name: /^Switch sync on/ }).click();
  await expect(team.getByText("Sync is on")).toBeVisible();
});

/** Deletes events so that one look at the calendar sees all of it. */
async function deleteAtOnce(names: readonly string[]): Promise<void> {
  await setFaults([{ fault: "serverError", account: ACCOUNT, status: 503 }]);
  for (const name of names) await google.delete(name);
  await setFaults([]);
  // Its own next try may be minutes away by now.
  await host.goto("/settings/calendars");
  await syncCard(host, ACCOUNT)
    .getByRole("button", { name: /^Sync now/ })
    .click();
  await expect(badge()).toHaveAttribute("data-count", "1", { timeout: 60_000 });
}

/** The id of an event of the host's calendar, once it is known here. */
async function mirroredId(title: string): Promise<string> {
  const range = { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 2 * 86_400_000) };
  const query = new URLSearchParams({ from: range.from.toISOString(), to: range.to.toISOString() });
  let id = "";
  await expect
    .poll(
      async () => {
        const answer = await host.request.get(`/api/v1/calendar?${query}`);
        const { busy } = (await answer.json()) as { busy: { id: string; title: string }[] };
        id = busy.find((event) => event.title === title)?.id ?? "";
        return id;
      },
      { timeout: 30_000 },
    )
    .not.toBe("");
  return id;
}
