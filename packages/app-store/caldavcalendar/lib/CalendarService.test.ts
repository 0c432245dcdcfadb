import { testCalendarService } from "@calsync/testing/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { metadata } from "../metadata.ts";
import { DavServer, type DavServerKind, isInstalled } from "../test/DavServer.ts";
import { contractSubject } from "../test/dav-person.ts";

const KINDS: DavServerKind[] = ["radicale", "xandikos"];
const present = KINDS.filter(isInstalled);
for (const kind of KINDS) {
  if (!present.includes(kind)) {
    process.stderr.write(
      `CalDAV is not tested against ${kind}, which is not installed (apt install ${kind}).\n`,
    );
  }
}

test("the provider names its capabilities, whether or not a server is there to prove them", () => {
  expect(metadata.capabilities.notifications).toBe("none");
});

for (const kind of present) {
  describe(kind, () => {
    let server: DavServer;
    beforeAll(async () => {
      server = await DavServer.start(kind);
    }, 60_000);
    afterAll(() => server.close());

    testCalendarService(`caldavcalendar on ${kind}`, {
      capabilities: metadata.capabilities,
      gaps: {
        tombstones: "A deleted object is gone from a CalDAV server; nothing remembers it.",
        restore: "A deleted object is gone from a CalDAV server; it is created anew.",
      },
      create: () => contractSubject(server),
    });
  });
}
