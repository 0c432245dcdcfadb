import { CaldavClient, MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { icsEvent, icsObject } from "@calsync/testing/contract";
import { openHost } from "../test/support/connected-host.ts";
import { hour, makeBookings } from "./bookings.bench.ts";
import type { BenchGroup } from "./group.bench.ts";
import { median } from "./statistics.bench.ts";
import { BenchWorker } from "./worker.bench.ts";

const EVENTS = 1_000;
const RUNS = 3;
const USER = "bench@people.example";

/**
 * What CalDAV costs, through the whole of one worker: from the server into our mirror, and from bookings to the server. The server is
 * a small one in this process.
 */
export const caldavBench: BenchGroup = {
  name: "caldav",
  async run({ open, say }) {
    const server = await MemoryCaldavServer.start();
    // What we allow ourselves of one account is another matter.
    const site = await open({ CALL_LIMIT_FACTOR: "1000" });
    const { prisma } = site.database;
    const worker = new BenchWorker(site.env);
    await worker.start();
    const pulls: number[] = [];
    const pushes: number[] = [];
    const nothing: number[] = [];
    const requests = { pull: 0, push: 0, nothing: 0 };
    const counted = async <T>(kind: keyof typeof requests, work: () => Promise<T>): Promise<T> => {
      const before = server.requests.length;
      const result = await work();
      // Choosing a calendar looks at the account first, which is no part of a pull.
      requests[kind] = server.requests.slice(before).filter((one) => /^(REPORT|PUT) /.test(one)).length;
      return result;
    };

    for (let run = 0; run <= RUNS; run++) {
      const client = await CaldavClient.makeCalendar(server, USER, `run${run}`);
      for (let index = 0; index < EVENTS; index++) {
        const [start, end] = [hour(index), new Date(hour(index).getTime() + 1_800_000)];
        const time = {
          allDay: false as const,
          start: start.toISOString(),
          end: end.toISOString(),
          timeZone: "UTC",
        };
        const event = { title: `Event ${index}`, description: "As people write it.", time };
        await client.put(
          `${index}.ics`,
          icsObject(icsEvent(`event-${run}-${index}`, event, USER)).join("\r\n"),
        );
      }
      const host = await openHost({ apiUrl: site.apiUrl, prisma, name: `dav${run}` });
      const { connectionId } = (await host.must("POST", "/v1/connections/caldavcalendar/form", {
        serverUrl: server.url,
        username: USER,
        password: "secret",
      })) as { connectionId: number };
      const { ms } = await counted("pull", () =>
        worker.time(
          () =>
            host.must("PUT", `/v1/connections/${connectionId}/selected`, {
              calendarIds: [client.calendarUrl],
            }),
          "pull finished",
          (lines) => lines.some((line) => Number(line["changes"]) === EVENTS),
        ),
      );
      const sync = await prisma.calendarSync.findFirstOrThrow({ where: { userId: host.userId } });
      const quiet: number[] = [];
      for (let poll = 0; poll < 10; poll++) {
        quiet.push((await counted("nothing", () => worker.pull(sync.id))).ms);
      }

      const empty = await CaldavClient.makeCalendar(server, USER, `destination${run}`);
      await worker.time(
        () => host.must("PUT", "/v1/destination", { connectionId, calendarId: empty.calendarUrl }),
        "pull finished",
        (lines) => lines.length > 0,
      );
      const pushed = await counted("push", () =>
        worker.push(() => makeBookings(prisma, worker.container.sync, [host], EVENTS), EVENTS),
      );
      say(
        `caldav: ${EVENTS} events pulled in ${Math.round(ms)} ms, pushed in ${Math.round(pushed)} ms, ` +
          `nothing in ${median(quiet).toFixed(1)} ms${run === 0 ? " (warm-up)" : ""}`,
      );
      if (run === 0) continue;
      pulls.push(ms);
      pushes.push(pushed);
      nothing.push(median(quiet));
    }
    await worker.close();
    await site.close();
    await server.close();
    return [
      {
        key: "caldav.noopRequests",
        label: "CalDAV: requests when nothing changed",
        value: requests.nothing,
        unit: "",
        note: "for one calendar",
      },
      {
        key: "caldav.noopMs",
        label: "CalDAV: a poll that finds nothing",
        value: median(nothing),
        unit: "ms",
        note: `a calendar of ${EVENTS}, asked for and finished; median of ${RUNS}`,
      },
      {
        key: "caldav.pull1000Seconds",
        label: "CalDAV: 1,000 events arrive",
        value: median(pulls) / 1_000,
        unit: "s",
        note: `from the choice of the calendar to the mirror, ${requests.pull} requests; median of ${RUNS}`,
      },
      {
        key: "caldav.push1000Seconds",
        label: "CalDAV: 1,000 bookings are written",
        value: median(pushes) / 1_000,
        unit: "s",
        note: `one at a time, ${requests.push} requests; median of ${RUNS}`,
      },
    ];
  },
};
