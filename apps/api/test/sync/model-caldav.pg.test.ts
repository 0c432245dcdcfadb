import {
  type CaldavTestServer,
  InstalledCaldavServer,
  installedServers,
  MemoryCaldavServer,
} from "@calsync/testing/caldav-server";
import { describe } from "vitest";
import { testHttpModel } from "./model/http-model.ts";
import { caldavRemote } from "./remote/caldav.ts";

/** The real servers of this machine; the one in memory where there is none. */
const servers: [name: string, start: () => Promise<CaldavTestServer>][] = installedServers().map((kind) => [
  kind,
  () => InstalledCaldavServer.start(kind),
]);
if (servers.length === 0) servers.push(["a server in memory", () => MemoryCaldavServer.start()]);

/** Cyrus keeps a process for each connection and writes through to its disk, PHP begins anew with each request: fewer histories. */
const RUNS: Readonly<Record<string, number>> = { cyrus: 4, davical: 4, sabredav: 6 };

for (const [name, start] of servers) {
  describe(`CalDAV on ${name}`, () =>
    testHttpModel({
      remotes: [caldavRemote(start)],
      shapes: [
        { calendars: 1, destinations: 1 },
        { calendars: 2, destinations: 2 },
      ],
      runs: RUNS[name] ?? 12,
    }));
}
