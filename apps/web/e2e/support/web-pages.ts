import { expect, type Locator, type Page } from "@playwright/test";

/** The host of the demo, as the seed makes them. */
export const HOST = { email: "demo@calsync.test", password: "demo-calsync", username: "demo" } as const;

/** Signs in by the form. */
async function signIn(page: Page, { email, password }: { email: string; password: string } = HOST) {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Signs in as the host, whom no test before has left an account: what they connected is unlinked. */
export async function signInWithoutCalendars(page: Page): Promise<void> {
  await signIn(page);
  await expect(page).toHaveURL(/\/bookings/);
  await disconnectAll(page);
}

/** Goes to the calendar settings and on to the provider's consent page. */
export async function startConnecting(page: Page): Promise<void> {
  await page.goto("/settings/calendars");
  await page.getByRole("button", { name: "Connect Google Calendar" }).click();
  await expect(page.getByRole("heading", { name: "wants to access your account" })).toBeVisible();
}

/** Connects an account of the sandbox's Google; one that it does not know is made. */
export async function connectGoogle(page: Page, account: string): Promise<void> {
  await startConnecting(page);
  const known = page.getByRole("radio", { name: account, exact: true });
  if ((await known.count()) > 0) {
    await known.check();
  } else {
    await page.getByRole("radio", { name: "Another account" }).check();
    await page.getByLabel("E-mail of the new account").fill(account);
  }
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByText(`${account} is connected`)).toBeVisible();
}

/** Connects an account of the sandbox's Microsoft. */
export async function connectOutlook(page: Page, account: string): Promise<void> {
  await page.goto("/settings/calendars");
  await page.getByRole("button", { name: "Connect Outlook Calendar" }).click();
  await expect(page.getByRole("heading", { name: "Permissions requested by" })).toBeVisible();
  await page.getByRole("radio", { name: account, exact: true }).check();
  await page.getByRole("button", { name: "Accept" }).click();
  await expect(page.getByText(`${account} is connected`)).toBeVisible();
}

/** Connects an account of the sandbox's Notion, with all that it can share. `look` is called while the consent page is shown. */
export async function connectNotion(page: Page, account: string, look: () => Promise<void>): Promise<void> {
  await page.goto("/settings/calendars");
  await page.getByRole("button", { name: "Connect Notion", exact: true }).click();
  await expect(page.getByRole("heading", { name: "wants to work with your workspace" })).toBeVisible();
  await page.getByRole("radio", { name: account, exact: true }).check();
  await look();
  await page.getByRole("button", { name: "Allow access" }).click();
  await expect(page.getByText(`${account} is connected`)).toBeVisible();
}

/** Chooses the calendar that bookings are written to. */
export async function chooseDestination(page: Page, calendar: string): Promise<void> {
  await page.getByRole("group", { name: "Write bookings to" }).getByRole("radio", { name: calendar }).click();
  await expect(page.getByText(`Bookings are now written to ${calendar}.`)).toBeVisible();
}

/** Ticks a calendar whose events make the host busy. */
export async function chooseBusyTimes(page: Page, calendar: string): Promise<void> {
  await page
    .getByRole("group", { name: "Busy when these have events" })
    .getByRole("checkbox", { name: calendar })
    .click();
  await expect(page.getByText(`${calendar} now makes you busy.`)).toBeVisible();
}

/** The sync card of one calendar in the settings. */
export function syncCard(page: Page, calendar: string): Locator {
  return page
    .locator("[data-calendar-sync-id]")
    .filter({ has: page.getByRole("heading", { name: calendar }) });
}

/** The word in the header for all calendars together. Waits less than it takes until the cron finds forgotten work: nothing may need that. */
export async function expectSync(
  page: Page,
  state: "ok" | "working" | "again" | "attention" | "none",
): Promise<void> {
  await expect(page.getByTestId("sync-status")).toHaveAttribute("data-state", state, { timeout: 30_000 });
}

/** Unlinks all accounts of the host who is signed in. */
async function disconnectAll(page: Page): Promise<void> {
  const answer = await page.request.get("/api/v1/connections");
  expect(answer.status()).toBe(200);
  const { connections } = (await answer.json()) as { connections: { id: number }[] };
  for (const { id } of connections) {
    const gone = await page.request.delete(`/api/v1/connections/${id}`, {
      headers: { "x-calsync-csrf": "1" },
    });
    expect(gone.status()).toBe(204);
  }
}

/** Switches sync on for all teams of the host who is signed in. */
export async function switchTeamsOn(page: Page): Promise<void> {
  const { teams } = (await (await page.request.get("/api/v1/teams")).json()) as { teams: { id: number }[] };
  for (const { id } of teams) {
    const answer = await page.request.patch(`/api/v1/teams/${id}/sync`, {
      headers: { "x-calsync-csrf": "1" },
      data: { enabled: true },
    });
    expect(answer.status()).toBe(200);
  }
}

/** Sets preferences of the host who is signed in, without their form. */
export async function setPreferences(page: Page, preferences: Record<string, unknown>): Promise<void> {
  const answer = await page.request.patch("/api/v1/preferences", {
    headers: { "x-calsync-csrf": "1" },
    data: preferences,
  });
  expect(answer.status()).toBe(200);
}

/** Makes an event type of the host who is signed in, without its form; one with its address that an earlier run has left is kept. */
export async function makeEventType(
  page: Page,
  eventType: { slug: string } & Record<string, unknown>,
): Promise<void> {
  const answer = await page.request.post("/api/v1/event-types", {
    headers: { "x-calsync-csrf": "1" },
    data: eventType,
  });
  expect([201, 409]).toContain(answer.status());
}

/** Chooses a free time in a calendar of free times, wherever it is shown. `start` is an instant, `day` its `yyyy-mm-dd`. */
export async function chooseSlot(page: Page, day: string, start: string): Promise<void> {
  await expect(page.getByRole("grid")).toHaveAttribute("aria-busy", "false");
  const button = page.locator(`button[data-day="${day}"]`);
  for (let months = 0; months < 4 && (await button.count()) === 0; months += 1) {
    await page.getByRole("button", { name: /^Next month/ }).click();
    await expect(page.getByRole("grid")).toHaveAttribute("aria-busy", "false");
  }
  await button.click();
  await page.locator(`button[data-slot="${start}"]`).click();
}

/** Books as a guest, from the host's page on. @returns path of the guest's own page of the booking, with their token */
export async function book(
  page: Page,
  wanted: { eventType: string; day: string; start: string; guest: { name: string; email: string } },
): Promise<string> {
  await page.goto(`/${HOST.username}`);
  await page.getByRole("link", { name: wanted.eventType }).click();
  await chooseSlot(page, wanted.day, wanted.start);
  await fillGuest(page, wanted.guest);
  await page.getByRole("button", { name: "Confirm booking" }).click();
  await expect(page.getByText("You are booked")).toBeVisible();
  const { pathname, search } = new URL(page.url());
  return pathname + search;
}

/** Says who books. */
export async function fillGuest(page: Page, guest: { name: string; email: string }): Promise<void> {
  await page.getByLabel("Your name").fill(guest.name);
  await page.getByLabel("Your e-mail").fill(guest.email);
}

/** Asserts when the booking that the page shows takes place. */
export async function expectBookingAt(page: Page, start: string): Promise<void> {
  await expect(page.getByTestId("booking-time").locator("time")).toHaveAttribute("datetime", start);
}

/** Asserts that the page's booking is cancelled, for this reason. */
export async function expectCancelled(page: Page, reason: string | RegExp): Promise<void> {
  await expect(page.locator("[data-booking-status]")).toHaveAttribute("data-booking-status", "cancelled");
  await expect(page.getByTestId("cancellation-reason")).toContainText(reason);
}
