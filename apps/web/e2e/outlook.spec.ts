import { type BrowserContext, type Page, test } from "@playwright/test";
import { dayAfter, instantOf, workingDayBeforeAnother } from "./support/days.ts";
import { invitationTo } from "./support/mailbox.ts";
import { OutlookCalendarPage } from "./support/OutlookCalendarPage.ts";
import {
  book,
  chooseDestination,
  chooseSlot,
  connectOutlook,
  expectBookingAt,
  expectCancelled,
  expectSync,
  signInWithoutCalendars,
} from "./support/web-pages.ts";

const ACCOUNT = "host@contoso.example";
const DAY = workingDayBeforeAnother(26);
const NEXT_DAY = dayAfter(DAY);
const GUEST = { name: "Olga Outlook", email: "olga@example.net" };

test.describe.configure({ mode: "serial" });

let contexts: BrowserContext[] = [];
let host: Page;
let guest: Page;
let outlook: OutlookCalendarPage;

test.beforeAll(async ({ browser }) => {
  contexts = await Promise.all([1, 2, 3].map(() => browser.newContext()));
  const [first, second, third] = await Promise.all(contexts.map((context) => context.newPage()));
  if (!first || !second || !third) throw new Error("The browser opens no pages.");
  [host, guest] = [first, second];
  outlook = new OutlookCalendarPage(third);
});
test.afterAll(() => Promise.all(contexts.map((context) => context.close())));

test("a host connects Outlook, and what a guest books appears there", async () => {
  await signInWithoutCalendars(host);
  await connectOutlook(host, ACCOUNT);
  await chooseDestination(host, "Calendar");
  await expectSync(host, "ok");

  const start = instantOf(DAY, "10:00");
  const path = await book(guest, { eventType: "Introduction", day: DAY, start, guest: GUEST });
  await outlook.open(ACCOUNT, DAY);
  await outlook.expectAt(GUEST.name, DAY, "10:00");
  await host.goto(new URL(path, host.url()).pathname);
  await expectBookingAt(host, start);
});

test("an event dragged in Outlook moves the booking, and what is moved in the app moves in Outlook", async () => {
  await outlook.drag(GUEST.name, { time: "10:00" }, { day: NEXT_DAY, time: "14:30" });
  const moved = instantOf(NEXT_DAY, "14:30");
  await Promise.all([expectBookingAt(host, moved), expectBookingAt(guest, moved)]);
  await invitationTo(GUEST.email, { method: "REQUEST", start: moved });

  const later = instantOf(DAY, "13:00");
  await guest.getByRole("button", { name: "Reschedule" }).click();
  await chooseSlot(guest, DAY, later);
  await guest.getByRole("button", { name: "Move booking" }).click();
  await Promise.all([expectBookingAt(host, later), expectBookingAt(guest, later)]);
  await outlook.expectAt(GUEST.name, DAY, "13:00");
});

test("an event deleted in Outlook cancels the booking, and the guest is told", async () => {
  await outlook.delete(GUEST.name);
  await Promise.all([expectCancelled(host, /deleted/i), expectCancelled(guest, /deleted/i)]);
  await invitationTo(GUEST.email, { method: "CANCEL", start: instantOf(DAY, "13:00") });
});
