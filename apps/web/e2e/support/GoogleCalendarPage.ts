import { expect, type Locator, type Page } from "@playwright/test";
import { stack } from "./stack.ts";

/** The sandbox's Google Calendar, used as a person uses it: with the mouse. */
export class GoogleCalendarPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Shows the week of a day (`yyyy-mm-dd`) in an account's main calendar. */
  async open(account: string, day: string): Promise<void> {
    const query = new URLSearchParams({ account, calendar: account, date: day });
    await this.page.goto(`${stack.sandbox}/google?${query}`);
    await expect(this.page.getByLabel("Account", { exact: true })).toHaveValue(account);
  }

  /** The event as it is drawn; it is gone when the event is. */
  event(title: string | RegExp): Locator {
    return this.page.locator("[data-event-id]").filter({ hasText: title });
  }

  /** Asserts that an event is drawn on this day, beginning in the row of this time (`10:30`). */
  async expectAt(title: string, day: string, time: string): Promise<void> {
    await expect(async () => {
      const box = await boxOf(this.event(title), title);
      const column = await this.#column(day);
      const row = await this.#row(time);
      const middle = box.x + box.width / 2;
      expect(middle, `${title} is in the column of ${day}`).toBeGreaterThan(column.x);
      expect(middle, `${title} is in the column of ${day}`).toBeLessThan(column.x + column.width);
      expect(Math.abs(box.y - row.y), `${title} begins at ${time}`).toBeLessThan(row.height / 4);
    }).toPass({ timeout: 15_000 });
  }

  /** Drags an event that begins at `from` to another day and time of the same week. */
  async drag(title: string, from: { time: string }, to: { day: string; time: string }): Promise<void> {
    // A page in the background draws no frames, and the calendar moves an event frame by frame.
    await this.page.bringToFront();
    // Near its edge the calendar scrolls by itself, which would add to the way.
    await this.page
      .locator(`[data-time="${between(from.time, to.time)}:00"]`)
      .first()
      .evaluate((row) => row.scrollIntoView({ block: "center" }));
    const box = await boxOf(this.event(title), title);
    const [fromRow, toRow, column] = [
      await this.#row(from.time),
      await this.#row(to.time),
      await this.#column(to.day),
    ];
    // Below the handle that changes the length, in the row's first quarter of an hour …
    const grip = { x: box.x + box.width / 2, y: fromRow.y + fromRow.height * 0.3 };
    // … while the calendar goes by the middle of the row that was gripped: that one has to come to lie in a first quarter.
    const middle = fromRow.y + Math.min(box.height, fromRow.height) / 2;
    const target = { x: column.x + column.width / 2, y: toRow.y + toRow.height / 4 - (middle - grip.y) };
    const { mouse } = this.page;
    await mouse.move(grip.x, grip.y);
    await mouse.down();
    await mouse.move(grip.x + 4, grip.y + 6, { steps: 4 });
    await mouse.move(target.x, target.y, { steps: 12 });
    await mouse.move(target.x, target.y);
    await mouse.up();
    await expect(this.page.getByText("Moved", { exact: true })).toBeVisible();
  }

  /** Makes an event in the next full hour, with nobody else. */
  async create(title: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.getByRole("button", { name: "Create", exact: true }).click();
    const dialog = this.page.getByRole("dialog", { name: "New event" });
    await dialog.getByLabel("Title").fill(title);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(this.page.getByText("Saved", { exact: true })).toBeVisible();
  }

  /** Gives an event another title through its dialog. */
  async rename(title: string, to: string): Promise<void> {
    await this.page.bringToFront();
    await this.event(title).click();
    const dialog = this.page.getByRole("dialog", { name: "Edit event" });
    await dialog.getByLabel("Title").fill(to);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(this.event(to)).toHaveCount(1);
  }

  /** Deletes an event through its dialog. */
  async delete(title: string): Promise<void> {
    await this.page.bringToFront();
    await this.event(title).click();
    await this.page
      .getByRole("dialog", { name: "Edit event" })
      .getByRole("button", { name: "Delete" })
      .click();
    await expect(this.event(title)).toHaveCount(0);
  }

  /** The column of a day: beside its heading and the strip of all-day events, the tallest element of that date. */
  async #column(day: string) {
    const boxes = await Promise.all(
      (await this.page.locator(`[data-date="${day}"]`).all()).map((element) => element.boundingBox()),
    );
    const tallest = boxes
      .filter((box) => box !== null)
      .reduce((best, box) => (box.height > best.height ? box : best), { x: 0, y: 0, width: 0, height: 0 });
    if (tallest.height === 0) throw new Error(`The calendar does not show ${day}.`);
    return tallest;
  }

  /** The row that begins at a time. */
  #row(time: string) {
    return boxOf(this.page.locator(`[data-time="${time}:00"]`).first(), `the row of ${time}`);
  }
}

/** The half hour in the middle of two times of a day. */
function between(one: string, other: string): string {
  const [first, second] = [one, other].map((time) => {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    return hours * 60 + minutes;
  });
  const middle = Math.round(((first ?? 0) + (second ?? 0)) / 60) * 30;
  return [Math.floor(middle / 60), middle % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

async function boxOf(element: Locator, what: string) {
  const box = await element.boundingBox();
  if (!box) throw new Error(`${what} is not to be seen.`);
  return box;
}
