export { CaldavClient } from "./CaldavClient.ts";
export { CALDAV_PASSWORD, type CaldavTestServer } from "./caldav-test-server.ts";
export { InstalledCaldavServer, installedServers } from "./InstalledCaldavServer.ts";
export { type CaldavHabits, MemoryCaldavServer } from "./MemoryCaldavServer.ts";
