export { CaldavClient } from "./CaldavClient.ts";
export type { CaldavHabits } from "./caldav-habits.ts";
export { CALDAV_PASSWORD, type CaldavTestServer } from "./caldav-test-server.ts";
export { InstalledCaldavServer, installedServers } from "./InstalledCaldavServer.ts";
export { MemoryCaldavServer } from "./MemoryCaldavServer.ts";
