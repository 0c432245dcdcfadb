import { expect, test } from "vitest";
import { SeededRandom } from "../SeededRandom.ts";
import { api, HOST, hour, testSandbox, WEEKLY } from "./test-support.ts";
import type { GoogleEvent } from "./types.ts";

const LIST = "calendars/primary/events";

/** A client's copy of a calendar, kept by the sync protocol alone. */
class Mirror {
  readonly items = new Map<string, GoogleEvent>();
  syncToken: string | null = null;

  take(events: GoogleEvent[]): void {
    for (const event of events) this.items.set(event.id as string, event);
  }

  /** What lives, by id; times, titles and etags included. */
  live(): GoogleEvent[] {
    return liveOf([...this.items.values()]);
  }
}

function liveOf(events: GoogleEvent[]): GoogleEvent[] {
  const cancelled = new Set(events.filter(({ status }) => status === "cancelled").map(({ id }) => id));
  return events
    .filter(
      ({ status, recurringEventId }) => status !== "cancelled" && !cancelled.has(recurringEventId ?? ""),
    )
    .sort((a, b) => ((a.id as string) < (b.id as string) ? -1 : 1));
}

test.each([1, 2, 3, 4, 5])(
  "a mirror that only follows sync tokens equals the calendar, whatever is written between its pages (seed %i)",
  async (seed) => {
    const sandbox = await testSandbox({ randomSeed: seed });
    const { google } = sandbox;
    const random = new SeededRandom(seed);
    const { accessToken: token } = google.issueToken({ email: HOST });
    const mirror = new Mirror();
    let made = 0;

    const pick = (wanted: (event: GoogleEvent) => boolean): GoogleEvent | undefined => {
      const found = google.events(HOST).filter(wanted);
      return found[random.integer(0, Math.max(0, found.length - 1))];
    };
    const write = () => {
      const live = pick(({ status }) => status !== "cancelled");
      const series = pick(({ recurrence, status }) => Boolean(recurrence) && status !== "cancelled");
      const choice = random.integer(0, 7);
      made += 1;
      if (choice <= 1 || !live) {
        google.putEvent(HOST, "primary", { summary: `${made}`, ...hour(2, made % 23) });
      } else if (choice === 2) google.putEvent(HOST, "primary", { ...WEEKLY, summary: `${made}` });
      else if (choice === 3) google.deleteEvent(HOST, "primary", live.id as string);
      else if (choice === 4 && series) {
        google.patchEvent(HOST, "primary", `${series.id}_20260603T170000Z`, {
          summary: `${made}`,
          status: "confirmed",
        });
      } else if (choice === 5) {
        const dead = pick(({ status, recurringEventId }) => status === "cancelled" && !recurringEventId);
        if (dead) google.patchEvent(HOST, "primary", dead.id as string, { status: "confirmed" });
      } else if (choice === 6 && series) {
        const recurrence = [`RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=${random.integer(1, 5)}`];
        google.patchEvent(HOST, "primary", series.id as string, { recurrence });
      } else google.patchEvent(HOST, "primary", live.id as string, { summary: `${made}` });
    };
    const round = async (busy: boolean) => {
      let pageToken = "";
      for (;;) {
        const start = mirror.syncToken ? `&syncToken=${mirror.syncToken}` : "";
        const { body } = await api(sandbox, "GET", `${LIST}?maxResults=3${start}${pageToken}`, { token });
        mirror.take(body.items);
        if (busy && random.chance(0.3)) write();
        if (!body.nextPageToken) {
          mirror.syncToken = body.nextSyncToken;
          return;
        }
        pageToken = `&pageToken=${body.nextPageToken}`;
      }
    };

    for (let count = 0; count < 15; count += 1) {
      for (let writes = random.integer(0, 6); writes > 0; writes -= 1) write();
      await round(true);
    }
    await round(false);

    expect(mirror.live()).toEqual(liveOf(google.events(HOST)));
  },
);
