import type { CaldavTestServer } from "@calsync/testing/caldav-server";
import { type ContractGap, testCalendarService } from "@calsync/testing/contract";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { metadata } from "../metadata.ts";
import { contractSubject, WITH_ADDED_DATE } from "./dav-person.ts";

/** A server that the contract suite runs against. */
export interface TestedServer {
  name: string;
  start(): Promise<CaldavTestServer>;
  /** What it lacks that others have, each with its reason. */
  gaps?: Partial<Record<ContractGap, string>>;
}

/** Runs the contract suite against each of some servers. */
export function testServers(servers: readonly TestedServer[]): void {
  // Servers are processes and sockets: on a busy machine they take their time.
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
  for (const { name, start, gaps } of servers) {
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
          ...gaps,
        },
        create: () => contractSubject(server),
      });

      test("an added date makes its owner busy, whoever reckons it", async () => {
        const { service, calendarId, put } = await contractSubject(server);
        await put("added.ics", WITH_ADDED_DATE);
        const june = { start: new Date("2027-06-01T00:00:00Z"), end: new Date("2027-07-01T00:00:00Z") };
        const busy = await service.getFreeBusy([calendarId], june);
        expect(busy.map(({ start }) => start.toISOString())).toEqual([
          "2027-06-08T10:00:00.000Z",
          "2027-06-10T12:00:00.000Z",
        ]);
      });
    });
  }
}
