import { InstalledCaldavServer, installedServers, MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { testServers } from "../test/test-servers.ts";

testServers([
  { name: "a server in memory", start: () => MemoryCaldavServer.start() },
  ...installedServers(["radicale", "xandikos", "cyrus"]).map((kind) => ({
    name: kind,
    start: () => InstalledCaldavServer.start(kind),
  })),
]);
