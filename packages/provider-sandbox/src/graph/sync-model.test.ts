import { expect, test } from "vitest";
import { SeededRandom } from "../SeededRandom.ts";
import { api, HOST, hour, type TestSandbox, testSandbox, WEEKLY } from "./test-support.ts";
import type { GraphEvent } from "./types.ts";

const WINDOW = "startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z";

type DeltaItem = GraphEvent & { "@removed"?: object };

/** A client's copy of a window, kept as the documentation and its readers' threads say one must. */
class Mirror {
  readonly items = new Map<string, DeltaItem>();
  link: string | null = null;

  /** Takes a whole round: the last of several wins, and a series' items replace those that were kept of it. */
  take(round: DeltaItem[]): void {
    for (const item of round) {
      const id = item.id as string;
      // A series that arrives brings all that is left of it; a removal, or a single event in its place, leaves nothing.
      if (item["@removed"] || item.type === "seriesMaster" || item.type === "singleInstance")
        this.#dropSeries(id);
    }
    for (const item of round) {
      if (item["@removed"]) this.items.delete(item.id as string);
      else this.items.set(item.id as string, item);
    }
  }

  /** What lies in the window: id, title and start, by id. Stubs have their title from their series. */
  lines(): string[] {
    return [...this.items.values()]
      .filter(({ type }) => type !== "seriesMaster")
      .map((item) => {
        const subject = item.subject ?? this.items.get(item.seriesMasterId ?? "")?.subject;
        return `${item.id} ${item.type} ${subject} ${item.start?.dateTime}`;
      })
      .sort();
  }

  #dropSeries(masterId: string): void {
    for (const [id, { seriesMasterId }] of this.items) if (seriesMasterId === masterId) this.items.delete(id);
  }
}

async function truth(sandbox: TestSandbox): Promise<string[]> {
  const { body } = await api(sandbox, "GET", `me/calendarView?${WINDOW}&$top=1000`);
  return body.value
    .map((item: GraphEvent) => `${item.id} ${item.type} ${item.subject} ${item.start?.dateTime}`)
    .sort();
}

test.each([1, 2, 3, 4, 5])(
  "a mirror that only follows delta links equals the window, whatever is written between its pages (seed %i)",
  async (seed) => {
    const sandbox = await testSandbox();
    const { graph } = sandbox;
    const random = new SeededRandom(seed);
    const { accessToken: token } = graph.issueToken({ email: HOST });
    const other = graph.createCalendar({ email: HOST, name: "Other" });
    const mirror = new Mirror();
    let made = 0;
    for (const fault of ["emptyPage", "repeatEntity", "replayChange"] as const) {
      graph.faults.add({ fault, probability: 0.1 });
    }

    const pick = <Item>(items: Item[]): Item | undefined => items[random.integer(0, items.length - 1)];
    const occurrence = () => {
      const stubs = [...mirror.items.values()].filter(
        ({ type }) => type === "occurrence" || type === "exception",
      );
      return pick(stubs)?.id as string | undefined;
    };
    const write = () => {
      made += 1;
      const subject = `${made}`;
      const anywhere = hour(random.integer(1, 40), random.integer(0, 22));
      const events = graph.events(HOST);
      const root = pick(events.filter(({ type }) => type !== "exception"))?.id as string | undefined;
      const series = pick(events.filter(({ type }) => type === "seriesMaster"))?.id as string | undefined;
      const choice = random.integer(0, 9);
      if (choice <= 2 || !root) graph.putEvent(HOST, "primary", { subject, ...anywhere });
      else if (choice === 3) graph.putEvent(HOST, "primary", { ...WEEKLY, subject });
      else if (choice === 4) graph.deleteEvent(HOST, root);
      else if (choice === 5 && series) {
        graph.patchEvent(HOST, series, {
          start: { dateTime: `2026-06-03T${10 + random.integer(0, 9)}:00:00`, timeZone: "Europe/Berlin" },
          end: { dateTime: "2026-06-03T21:00:00", timeZone: "Europe/Berlin" },
        });
      } else if (choice === 6) graph.moveEvent(HOST, root, other);
      else if (choice === 7) graph.patchEvent(HOST, root, { subject });
      else {
        const id = occurrence();
        try {
          if (id && choice === 8) graph.deleteEvent(HOST, id);
          else if (id) graph.patchEvent(HOST, id, { subject });
        } catch {
          // The mirror may name an occurrence that is gone by now, as any client may.
        }
      }
    };
    const round = async (busy: boolean) => {
      const items: DeltaItem[] = [];
      let next = mirror.link ?? `me/calendarView/delta?${WINDOW}`;
      for (;;) {
        const { body } = await api(sandbox, "GET", next, { token, prefer: "odata.maxpagesize=3" });
        items.push(...body.value);
        if (busy && random.chance(0.3)) write();
        if (body["@odata.deltaLink"]) {
          mirror.link = body["@odata.deltaLink"];
          mirror.take(items);
          return;
        }
        next = body["@odata.nextLink"];
      }
    };

    for (let count = 0; count < 10; count += 1) {
      for (let writes = random.integer(0, 5); writes > 0; writes -= 1) write();
      await round(true);
    }
    await round(false);

    expect(mirror.lines()).toEqual(await truth(sandbox));
  },
);
