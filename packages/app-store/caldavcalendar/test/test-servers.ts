import type { CaldavTestServer } from "@calsync/testing/caldav-server";
import { type ContractGap, testCalendarService } from "@calsync/testing/contract";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { metadata } from "../metadata.ts";
import { contractSubject } from "./dav-person.ts";

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
    });
  }
}
