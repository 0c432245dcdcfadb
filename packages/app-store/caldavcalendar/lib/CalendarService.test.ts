import {
  type CaldavTestServer,
  InstalledCaldavServer,
  installedServers,
  MemoryCaldavServer,
} from "@calsync/testing/caldav-server";
import { testCalendarService } from "@calsync/testing/contract";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { metadata } from "../metadata.ts";
import { contractSubject } from "../test/dav-person.ts";

// Servers are processes and sockets: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const servers: [name: string, start: () => Promise<CaldavTestServer>][] = [
  ["a server in memory", () => MemoryCaldavServer.start()],
  ...installedServers().map((kind): [string, () => Promise<CaldavTestServer>] => [
    kind,
    () => InstalledCaldavServer.start(kind),
  ]),
];

for (const [name, start] of servers) {
  describe(name, () => {
    let server: CaldavTestServer;
    beforeAll(async () => {
      server = await start();
    }, 60_000);
    afterAll(() => server.close(), 60_000);

    testCalendarService(`caldavcalendar on ${name}`, {
      capabilities: metadata.capabilities,
      gaps: {
        tombstones: "A deleted object is gone from a CalDAV server; nothing remembers it.",
        restore: "A deleted object is gone from a CalDAV server; it is created anew.",
      },
      create: () => contractSubject(server),
    });
  });
}
