import { performance } from "node:perf_hooks";
import { openHost } from "../test/support/connected-host.ts";
import { makeBookings } from "./bookings.bench.ts";
import {
  type CaldavReader,
  ownAdapter,
  Vdirsyncer,
  vdirsyncerVersion,
  wholeDownload,
} from "./caldav-clients.bench.ts";
import { CaldavResults, OURS } from "./caldav-results.bench.ts";
import { CaldavServerProcess, eventText, place } from "./caldav-server.bench.ts";
import type { BenchGroup } from "./group.bench.ts";
import { BenchWorker } from "./worker.bench.ts";

const EVENTS = 1_000;
const CHANGED = 10;
const RUNS = 3;

/**
 * What CalDAV costs, through the whole of one worker: from the server into our mirror, and from bookings to the server. Beside it, on the
 * same calendars of the same server, other ways to do the same.
 */
export const caldavBench: BenchGroup = {
  name: "caldav",
  async run({ open, say }) {
    const version = await vdirsyncerVersion();
    if (version === null)
      say("caldav: not compared with vdirsyncer, which is not installed (apt install vdirsyncer).");
    const server = await CaldavServerProcess.start();
    // What we allow ourselves of one account is another matter.
    const site = await open({ CALL_LIMIT_FACTOR: "1000" });
    const { prisma } = site.database;
    const worker = new BenchWorker(site.env);
    await worker.start();
    const results = new CaldavResults(server);

    for (let run = 0; run <= RUNS; run++) {
      results.run = run;
      // An account of its own, so that none has more calendars to find than another.
      const username = `bench${run}@people.example`;
      const calendar = await server.calendarOf(username, "events", EVENTS);
      const account = { serverUrl: server.url, username, calendarUrl: calendar.calendarUrl };
      const readers: CaldavReader[] = [
        await ownAdapter(account),
        wholeDownload(account),
        ...(version === null ? [] : [await Vdirsyncer.between(account)]),
      ];
      const host = await openHost({ apiUrl: site.apiUrl, prisma, name: `dav${run}` });
      const { connectionId } = (await host.must("POST", "/v1/connections/caldavcalendar/form", {
        serverUrl: server.url,
        username,
        password: "secret",
      })) as { connectionId: number };

      await results.measure(OURS, "first", async () => {
        const { ms } = await worker.time(
          () =>
            host.must("PUT", `/v1/connections/${connectionId}/selected`, {
              calendarIds: [calendar.calendarUrl],
            }),
          "pull finished",
          (lines) => lines.some((line) => Number(line["changes"]) === EVENTS),
        );
        return ms;
      });
      for (const reader of readers) await results.read(reader, "first", EVENTS);
      const sync = await prisma.calendarSync.findFirstOrThrow({ where: { userId: host.userId } });
      for (let poll = 0; poll < 10; poll++) {
        await results.measure(OURS, "nothing", async () => (await worker.pull(sync.id)).ms);
      }
      for (const reader of readers) await results.read(reader, "nothing");
      for (let index = 0; index < CHANGED; index++) await place(calendar, index, `Changed ${index}`);
      await results.measure(OURS, "changes", async () => {
        const { ms, changes } = await worker.pull(sync.id);
        if (changes !== CHANGED) throw new Error(`${changes} changes were pulled.`);
        return ms;
      });
      for (const reader of readers) await results.read(reader, "changes");

      const empty = await server.calendarOf(username, "destination", 0);
      await worker.time(
        () => host.must("PUT", "/v1/destination", { connectionId, calendarId: empty.calendarUrl }),
        "pull finished",
        (lines) => lines.length > 0,
      );
      await results.measure(OURS, "writes", async () => {
        let made = 0;
        const begun = performance.now();
        const ms = await worker.push(async () => {
          await makeBookings(prisma, worker.container.sync, [host], EVENTS);
          made = performance.now() - begun;
        }, EVENTS);
        return ms - made;
      });
      if (version !== null) {
        const copies = await server.calendarOf(username, "copies", 0);
        const files = Array.from({ length: EVENTS }, (_, index) => [
          `${index}.ics`,
          eventText(copies, index),
        ]);
        const writer = await Vdirsyncer.between(
          { ...account, calendarUrl: copies.calendarUrl },
          Object.fromEntries(files),
        );
        await results.read(writer, "writes", EVENTS);
        await writer.close();
      }
      for (const reader of readers) await reader.close();
      say(`caldav: ${results.lastRun()}${run === 0 ? " (warm-up)" : ""}`);
    }
    await worker.close();
    await site.close();
    await server.stop();
    return [...results.ownFigures(), ...results.comparison(version)];
  },
};
