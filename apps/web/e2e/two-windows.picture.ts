import fs from "node:fs";
import { expect, test } from "@playwright/test";
import { instantOf, workingDay } from "./support/days.ts";
import { GoogleCalendarPage } from "./support/GoogleCalendarPage.ts";
import {
  book,
  chooseBusyTimes,
  chooseDestination,
  connectGoogle,
  expectBookingAt,
  expectSync,
  signInWithoutCalendars,
  syncCard,
} from "./support/web-pages.ts";

const ACCOUNT = "host@example.com";
const FILE = "docs/images/two-windows.png";
/** What a window shows, and how large it is drawn: two of them and their frames are 1,400 wide. */
const WINDOW = { width: 940, height: 876 };
const DRAWN = { width: 676, height: 630 };

/**
 * The picture of the README: the host's page of a booking and their Google Calendar at one moment, just after the event was
 * dragged. `npm test -- --e2e --project=pictures` makes it anew.
 */
test("two windows side by side", async ({ browser }) => {
  const contexts = await Promise.all([WINDOW, WINDOW].map((viewport) => browser.newContext({ viewport })));
  const [host, calendar] = await Promise.all(contexts.map((context) => context.newPage()));
  if (!host || !calendar) throw new Error("The browser opens no pages.");
  const google = new GoogleCalendarPage(calendar);
  const day = mondayToWednesday();
  const guest = { name: "Mina Park", email: "mina@example.net" };

  await signInWithoutCalendars(host);
  await connectGoogle(host, ACCOUNT);
  await chooseDestination(host, ACCOUNT);
  await chooseBusyTimes(host, ACCOUNT);
  await expect(syncCard(host, ACCOUNT)).toContainText("Announced by the provider at once");

  const path = await book(host, { eventType: "Deep dive", day, start: instantOf(day, "10:00"), guest });
  await host.goto(new URL(path, host.url()).pathname);
  await google.open(ACCOUNT, day);
  await google.expectAt(guest.name, day, "10:00");
  await google.drag(guest.name, { time: "10:00" }, { day, time: "13:30" });
  await expectBookingAt(host, instantOf(day, "13:30"));
  await expectSync(host, "ok");
  await host.evaluate(() => scrollTo(0, 96));

  const shots = await Promise.all(
    [host, calendar].map((page) => page.screenshot({ animations: "disabled" })),
  );
  const [left = "", right = ""] = shots.map((shot) => `data:image/png;base64,${shot.toString("base64")}`);
  const picture = await browser.newPage({ viewport: { width: 1400, height: DRAWN.height + 66 } });
  await picture.setContent(
    sideBySide([left, "calsync: the host’s booking"], [right, "Google Calendar (sandbox)"]),
  );
  const image = await picture.screenshot({ fullPage: true });
  expect(image.length, "small enough for a README").toBeLessThan(300_000);
  fs.mkdirSync("docs/images", { recursive: true });
  fs.writeFileSync(FILE, image);

  await Promise.all(contexts.map((context) => context.close()));
});

/** Two pictures as two windows, each with a title. */
function sideBySide(...windows: [image: string, title: string][]): string {
  const figures = windows.map(
    ([image, title]) => `<figure>
      <figcaption><i></i><i></i><i></i><b>${title}</b></figcaption>
      <img src="${image}" width="${DRAWN.width}" height="${DRAWN.height}">
    </figure>`,
  );
  return `<!doctype html><style>
    body { margin: 0; padding: 16px; display: flex; gap: 16px; background: #dfe4ea; font: 13px/1 system-ui, sans-serif; }
    figure { margin: 0; border-radius: 10px; overflow: hidden; background: #fff; box-shadow: 0 2px 10px #0003; }
    figcaption { display: flex; align-items: center; gap: 7px; height: 34px; padding: 0 12px; background: #f3f4f6; color: #444; }
    figcaption b { margin: 0 auto; font-weight: 600; padding-right: 52px; }
    i { width: 11px; height: 11px; border-radius: 50%; background: #c8cdd4; }
    img { display: block; }
  </style>${figures.join("")}`;
}

/** Early in a week, so that the picture shows it whole. */
function mondayToWednesday(): string {
  const days = [15, 16, 17].map(workingDay);
  return days.find((day) => [1, 2, 3].includes(new Date(`${day}T12:00:00Z`).getUTCDay())) ?? workingDay(15);
}
