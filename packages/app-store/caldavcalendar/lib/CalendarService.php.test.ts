import { InstalledCaldavServer, installedServers, MemoryCaldavServer } from "@calsync/testing/caldav-server";
import type { ContractGap } from "@calsync/testing/contract";
import { testServers } from "../test/test-servers.ts";

/* The servers that are written in PHP: SabreDAV, whose children Nextcloud and Baïkal are, and DAViCal. */

const NO_TOKENS = {
  "cursor-expiry": "It gives out no tokens that it could forget: a cursor holds ETags.",
};
const GAPS: Readonly<Record<"davical" | "sabredav", Partial<Record<ContractGap, string>>>> = {
  sabredav: NO_TOKENS,
  davical: {
    "cursor-expiry":
      "It answers a token that it does not know with a list of everything, and says no word of it.",
    "no-repeats": "A token includes the change that it was made at, which is listed once more behind it.",
  },
};

testServers([
  {
    name: "a server in memory like SabreDAV 1.8",
    start: () => MemoryCaldavServer.start({ syncCollection: false, missingObject: "of-all" }),
    gaps: NO_TOKENS,
  },
  ...installedServers(["davical", "sabredav"]).map((kind) => ({
    name: kind,
    start: () => InstalledCaldavServer.start(kind),
    gaps: GAPS[kind],
  })),
]);
