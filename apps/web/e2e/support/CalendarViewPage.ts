import { expect, type Locator, type Page } from "@playwright/test";

/** The host's own calendar view, used with the mouse and by its dialogs. */
export class CalendarViewPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Shows the week of a day. */
  async open(day: string): Promise<void> {
    await this.page.goto(`/calendar?date=${day}`);
    await expect(this.page.locator(`[data-date="${day}"]`).first()).toBeVisible();
  }

  /** An item as it is drawn. */
  item(title: string): Locator {
    return this.page.locator("[data-item-kind]").filter({ hasText: title });
  }

  /** Makes an entry by the form. `begins` and `ends` are local times, `2026-06-03T09:00`. */
  async add(entry: { title: string; begins: string; ends: string }): Promise<void> {
    await this.page.getByRole("button", { name: "New entry" }).click();
    const dialog = this.page.getByRole("dialog", { name: "New entry" });
    await dialog.getByLabel("Title").fill(entry.title);
    await dialog.getByLabel("Begins").fill(entry.begins);
    await dialog.getByLabel("Ends").fill(entry.ends);
    await dialog.getByRole("button", { name: "Add to calendar" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(this.item(entry.title)).toBeVisible();
  }

  /** Drags an item that begins at `from` to another day and time of the same week. */
  async drag(title: string, from: { time: string }, to: { day: string; time: string }): Promise<void> {
    await this.page.bringToFront();
    const item = this.item(title);
    await item.scrollIntoViewIfNeeded();
    const box = await boxOf(item, title);
    const [fromRow, toRow, column] = [
      await this.#row(from.time),
      await this.#row(to.time),
      await this.#column(to.day),
    ];
    // As in the sandbox's calendar, the middle of the gripped row has to come to lie in a first quarter of an hour.
    const grip = fromRow.y + fromRow.height * 0.3;
    const middle = fromRow.y + Math.min(box.height, fromRow.height) / 2;
    const target = { x: column.x + column.width / 2, y: toRow.y + toRow.height / 4 - (middle - grip) };
    const { mouse } = this.page;
    await mouse.move(box.x + box.width / 2, grip);
    await mouse.down();
    await mouse.move(box.x + box.width / 2 + 4, grip + 6, { steps: 4 });
    await mouse.move(target.x, target.y, { steps: 12 });
    await mouse.move(target.x, target.y);
    await mouse.up();
  }

  /** The row that begins at a time. */
  #row(time: string) {
    return boxOf(this.page.locator(`[data-time="${time}:00"]`).first(), `the row of ${time}`);
  }

  /** The column of a day: the tallest element of that date. */
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
}

async function boxOf(element: Locator, what: string) {
  const box = await element.boundingBox();
  if (!box) throw new Error(`${what} is not to be seen.`);
  return box;
}
